// Scaled rotary positions: the angles against the formulas of the papers, and how config.json says them.
#include "architecture/architecture.h"

#include <QTest>

#include <cmath>

using namespace engine;

namespace {

RopeConfig rope_of(const std::string& family, const std::string& settings) {
    return parse_architecture(R"({"model_type": ")" + family + R"(", )" + settings + "}", "a test").rope;
}

double plain(const RopeConfig& rope, std::size_t pair) {
    return std::pow(rope.theta, -2.0 * static_cast<double>(pair) / static_cast<double>(rope.rotary_dim));
}

bool near(double a, double b) { return std::abs(a - b) <= 2e-6 * std::abs(b); }

std::string list(const char* value, int count) {
    std::string text = "[";
    for (int i = 0; i < count; ++i) text += std::string(i ? ", " : "") + value;
    return text + "]";
}

}  // namespace

class TstRope : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    // Llama 2, 4096 tokens, 128 wide, factor 16: pairs up to 20 turn more than 32 times in the original length and stay, those
    // from 46 on less than once and are divided.
    void yarnKeepsFastPairsAndDividesSlowOnes() {
        const RopeConfig rope = rope_of("llama", R"("max_position_embeddings": 65536, "rope_scaling": {"type": "yarn", "factor": 16.0,
            "original_max_position_embeddings": 4096, "finetuned": true})");
        QVERIFY(rope.scaling == RopeScaling::yarn && !rope.depends_on_length());
        QVERIFY(near(rope.attention_factor, 1.2772588722239782));
        const auto angles = inverse_frequencies(rope);
        QCOMPARE(angles.size(), std::size_t{64});
        for (std::size_t i = 0; i < 64; ++i) {
            const double mixed = std::clamp((static_cast<double>(i) - 20) / 26, 0.0, 1.0);
            const double expected = plain(rope, i) * (mixed / 16 + 1 - mixed);
            QVERIFY2(near(angles[i], expected), QByteArray::number(int(i)).constData());
        }
        QVERIFY(near(angles[20], plain(rope, 20)) && near(angles[46], plain(rope, 46) / 16));
        QVERIFY(angles[21] < plain(rope, 21) && angles[45] > plain(rope, 45) / 16);
    }

    void yarnTakesWhatTheFileSays() {
        const auto yarn = [](const std::string& more) {
            return rope_of("qwen2", R"("max_position_embeddings": 32768, "rope_scaling": {"rope_type": "yarn")" + more + "}");
        };
        // Qwen2.5: the factor counts, though both lengths are the same.
        const RopeConfig qwen = yarn(R"(, "factor": 4.0, "original_max_position_embeddings": 32768)");
        QCOMPARE(qwen.factor, 4.0);
        QCOMPARE(qwen.original_max_positions, std::int64_t{32768});
        QCOMPARE(yarn(R"(, "original_max_position_embeddings": 8192)").factor, 4.0);
        QCOMPARE(yarn(R"(, "factor": 4, "attention_factor": 0.5)").attention_factor, 0.5);
        QVERIFY(near(yarn(R"(, "factor": 40, "mscale": 1.0, "mscale_all_dim": 0.5)").attention_factor,
                     (0.1 * std::log(40.0) + 1) / (0.05 * std::log(40.0) + 1)));
        const RopeConfig other = yarn(R"(, "factor": 4, "beta_fast": 16, "beta_slow": 2, "truncate": false)");
        QCOMPARE(other.beta_fast, 16.0);
        QVERIFY(other.beta_slow == 2.0 && !other.truncate);
        // Not cut to whole pairs, the mixing begins and ends between two of them.
        const double low = 64 * std::log(32768 / (16 * 2 * M_PI)) / std::log(10000.0),
                     high = 64 * std::log(32768 / (2 * 2 * M_PI)) / std::log(10000.0);
        const auto angles = inverse_frequencies(other);
        for (std::size_t i = 0; i < angles.size(); ++i) {
            const double mixed = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
            QVERIFY(near(angles[i], plain(other, i) * (mixed / 4 + 1 - mixed)));
        }
    }

    // The fastest pair stays, the slowest one is divided by how far the text goes beyond the original length.
    void dynamicStretchesWithTheText() {
        const RopeConfig rope = rope_of("llama", R"("max_position_embeddings": 2048, "rope_scaling": {"type": "dynamic", "factor": 2.0})");
        QVERIFY(rope.depends_on_length() && rope.attention_factor == 1);
        for (const std::int64_t length : {0, 100, 2048})
            for (std::size_t i = 0; i < 64; ++i) QVERIFY(near(inverse_frequencies(rope, length)[i], plain(rope, i)));
        const auto twice = inverse_frequencies(rope, 4096);
        QCOMPARE(twice[0], 1.0F);
        QVERIFY(near(twice[63], plain(rope, 63) / 3));  // 2 * 4096 / 2048 - 1
        for (std::size_t i = 0; i < 64; ++i)
            QVERIFY(near(twice[i], std::pow(10000 * std::pow(3.0, 128.0 / 126), -static_cast<double>(i) / 64)));
    }

    // Phi-3 mini 128k, and Phi-4 mini, whose heads are turned by three quarters.
    void longRopeHasAListForEitherLength() {
        for (const char* type : {"longrope", "su", "yarn"}) {
            const RopeConfig rope = rope_of("phi3", R"("max_position_embeddings": 131072, "original_max_position_embeddings": 4096,
                "rope_scaling": {"type": ")" + std::string(type) + R"(", "short_factor": )" + list("1.25", 48) +
                R"(, "long_factor": )" + list("8", 48) + "}");
            QVERIFY(rope.scaling == RopeScaling::longrope && rope.depends_on_length());
            QVERIFY(near(rope.attention_factor, 1.1902380714238083));
            for (std::size_t i = 0; i < 48; ++i) {
                QVERIFY(near(inverse_frequencies(rope, 4096)[i], plain(rope, i) / 1.25));
                QVERIFY(near(inverse_frequencies(rope, 4097)[i], plain(rope, i) / 8));
            }
        }
        const RopeConfig partly = rope_of("phi3", R"("hidden_size": 3072, "num_attention_heads": 24, "num_key_value_heads": 8,
            "partial_rotary_factor": 0.75, "max_position_embeddings": 131072, "rope_scaling": {"type": "longrope", "short_factor": )" +
            list("1", 48) + R"(, "long_factor": )" + list("2", 48) + "}");
        QCOMPARE(partly.rotary_dim, std::int64_t{96});
        QCOMPARE(partly.original_max_positions, std::int64_t{4096});  // of the family
        QCOMPARE(rope_of("llama", R"("max_position_embeddings": 4096, "rope_scaling": {"rope_type": "longrope", "factor": 8.0, "short_factor": )" +
                                      list("1", 64) + R"(, "long_factor": )" + list("2", 64) + "}").factor, 8.0);
    }
};

QTEST_APPLESS_MAIN(TstRope)
#include "tst_rope.moc"
