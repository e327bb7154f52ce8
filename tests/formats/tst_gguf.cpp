// The GGUF container: what is written is read back, and what breaks a rule is refused with a sentence.
#include "engine/error.h"
#include "gguf/blocks.h"
#include "gguf/gguf_reader.h"
#include "gguf/gguf_writer.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <random>

using namespace engine;

namespace {

std::string file_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

template <class T>
std::string number(T value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}
std::string text(const std::string& value) {
    return number<std::uint64_t>(value.size()) + value;
}

std::string head(std::uint64_t tensors, std::uint64_t keys, std::uint32_t version = 3) {
    return "GGUF" + number(version) + number(tensors) + number(keys);
}

std::string info(const std::string& name, const std::vector<std::uint64_t>& sizes, std::uint32_t type,
                 std::uint64_t offset) {
    std::string bytes = text(name) + number(static_cast<std::uint32_t>(sizes.size()));
    for (const std::uint64_t size : sizes) bytes += number(size);
    return bytes + number(type) + number(offset);
}

std::string padded(std::string bytes, std::size_t data) {
    bytes.resize((bytes.size() + 31) / 32 * 32 + data, '\0');
    return bytes;
}

QString refusal(const std::string& bytes) {
    try {
        GgufHeader::parse(std::as_bytes(std::span(bytes)), "'x.gguf'");
        return QStringLiteral("accepted");
    } catch (const Failure& failure) {
        return QString::fromStdString(failure.error().message);
    }
}

std::vector<float> sample_values(std::size_t count) {
    std::mt19937 random(11);
    std::normal_distribution<float> normal(0, 0.3F);
    std::vector<float> values(count);
    for (float& value : values) value = normal(random);
    return values;
}

}  // namespace

class TstGguf : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void halvesAreThoseOfIeee() {
        QCOMPARE(f16_from_float(1.0F), 0x3c00);
        QCOMPARE(f16_from_float(-2.0F), 0xc000);
        QCOMPARE(f16_from_float(65504.0F), 0x7bff);
        QCOMPARE(f16_from_float(65520.0F), 0x7c00);  // half way to the next step, rounds to infinity
        QCOMPARE(f16_from_float(1e9F), 0x7c00);
        QCOMPARE(f16_from_float(0x1p-24F), 0x0001);
        QCOMPARE(f16_from_float(0x1p-25F), 0x0000);  // a tie, to even
        QCOMPARE(f16_from_float(0x1.8p-24F), 0x0002);
        QCOMPARE(f16_from_float(1.0F + 0x1p-11F), 0x3c00);
        QCOMPARE(f16_from_float(1.0F + 0x1.8p-10F), 0x3c02);
        QVERIFY(std::isnan(float_from_f16(f16_from_float(std::numeric_limits<float>::quiet_NaN()))));
        for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
            const auto half = static_cast<std::uint16_t>(bits);
            const float value = float_from_f16(half);
            if (!std::isnan(value)) QCOMPARE(f16_from_float(value), half);
        }
    }

    void brainFloatsRoundToEven() {
        QCOMPARE(bf16_from_float(1.0F), 0x3f80);
        QCOMPARE(bf16_from_float(1.0F + 0x1p-8F), 0x3f80);
        QCOMPARE(bf16_from_float(1.0F + 0x1.8p-7F), 0x3f82);
        QVERIFY(std::isnan(float_from_bf16(bf16_from_float(std::numeric_limits<float>::signaling_NaN()))));
        for (const float value : sample_values(500))
            QVERIFY(std::abs(float_from_bf16(bf16_from_float(value)) - value) <= std::abs(value) * 0x1p-8F);
    }

    void eightBitBlocksScaleAndRound() {
        std::vector<float> block(32, 0.0F);
        block[0] = 127;   // the scale becomes 1
        block[1] = 2.5F;  // half away from zero
        block[2] = -2.5F;
        block[3] = 0.49F;
        std::vector<std::byte> stored;
        encode_values(GgufType::q8_0, block, stored);
        QCOMPARE(stored.size(), std::size_t{34});
        QCOMPARE(static_cast<int>(stored[1]) << 8 | static_cast<int>(stored[0]), 0x3c00);
        QCOMPARE(static_cast<std::int8_t>(stored[2]), std::int8_t{127});
        QCOMPARE(static_cast<std::int8_t>(stored[3]), std::int8_t{3});
        QCOMPARE(static_cast<std::int8_t>(stored[4]), std::int8_t{-3});
        QCOMPARE(static_cast<std::int8_t>(stored[5]), std::int8_t{0});
        stored.clear();
        encode_values(GgufType::q8_0, std::vector<float>(64, 0.0F), stored);
        std::vector<float> back(64, 1.0F);
        decode_values(GgufType::q8_0, stored, back);
        QVERIFY(std::all_of(back.begin(), back.end(), [](float value) { return value == 0; }));
    }

    void everyTypeComesBackWithinItsRounding_data() {
        QTest::addColumn<int>("type");
        QTest::addColumn<double>("rounding");
        QTest::newRow("F32") << static_cast<int>(GgufType::f32) << 0.0;
        QTest::newRow("F16") << static_cast<int>(GgufType::f16) << 0x1p-11;
        QTest::newRow("BF16") << static_cast<int>(GgufType::bf16) << 0x1p-8;
        QTest::newRow("Q8_0") << static_cast<int>(GgufType::q8_0) << 0.0055;
    }
    void everyTypeComesBackWithinItsRounding() {
        QFETCH(int, type);
        QFETCH(double, rounding);
        const auto stored_as = static_cast<GgufType>(type);
        const std::vector<float> values = sample_values(64 * 96);
        std::vector<std::byte> stored;
        encode_values(stored_as, values, stored);
        QCOMPARE(stored.size(), static_cast<std::size_t>(stored_bytes(stored_as, values.size())));
        std::vector<float> back(values.size());
        decode_values(stored_as, stored, back);
        float largest = 0;
        for (const float value : values) largest = std::max(largest, std::abs(value));
        for (std::size_t i = 0; i < values.size(); ++i)
            QVERIFY(std::abs(values[i] - back[i]) <= largest * rounding);
    }

    void filesComeBackAsTheyWereWritten() {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath(QStringLiteral("x.gguf")).toStdString();
        const GgufMetadata metadata = {{"a.u8", {std::uint8_t{200}}},
                                       {"a.i8", {std::int8_t{-3}}},
                                       {"a.u16", {std::uint16_t{60000}}},
                                       {"a.i16", {std::int16_t{-30000}}},
                                       {"a.u32", {std::uint32_t{4000000000}}},
                                       {"a.i32", {std::int32_t{-5}}},
                                       {"a.f32", {1.5F}},
                                       {"a.bool", {true}},
                                       {"a.text", {std::string("één\0zero", 10)}},
                                       {"a.words", gguf_array<std::string>({"x", "", "yy"})},
                                       {"a.floats", gguf_array<float>({1, -2})},
                                       {"a.none", gguf_array<std::int32_t>({})},
                                       {"a.u64", {std::uint64_t{1} << 60}},
                                       {"a.i64", {std::int64_t{-7}}},
                                       {"a.f64", {0.1}}};
        const std::vector<float> values = sample_values(3 * 32);
        {
            GgufWriter writer(path, metadata,
                              {{"first", GgufType::f32, {3, 32}, 0},
                               {"odd", GgufType::f16, {5}, 0},
                               {"none", GgufType::f32, {0, 4}, 0},
                               {"last", GgufType::q8_0, {3, 32}, 0}});
            for (const GgufTensor& tensor : writer.plan()) {
                std::vector<std::byte> bytes;
                encode_values(tensor.type, std::span(values).first(static_cast<std::size_t>(tensor.numel())),
                              bytes);
                const std::span<const std::byte> all(bytes);
                writer.append(tensor.name, all.first(all.size() / 2));  // in two pieces
                writer.append(tensor.name, all.subspan(all.size() / 2));
            }
            QVERIFY(!std::filesystem::exists(path));
            writer.commit();
        }
        const GgufFile file = GgufFile::open(path);
        QCOMPARE(file.header().metadata.size(), metadata.size());
        for (std::size_t i = 0; i < metadata.size(); ++i) {
            const auto& [key, value] = file.header().metadata[i];
            QCOMPARE(key, metadata[i].first);
            QCOMPARE(value.type(), metadata[i].second.type());
        }
        QCOMPARE(*file.header().find("a.text")->as<std::string>(), std::string("één\0zero", 10));
        QCOMPARE(*file.header().find("a.u64")->as<std::uint64_t>(), std::uint64_t{1} << 60);
        const auto* words = file.header().find("a.words")->as<GgufArray>();
        QCOMPARE(words->items.size(), std::size_t{3});
        QCOMPARE(*words->items[2].as<std::string>(), std::string("yy"));
        QVERIFY(file.find("none") && file.find("none")->shape == (std::vector<std::int64_t>{0, 4}));
        std::vector<float> back(96);
        file.read(*file.find("first"), 0, back);
        QCOMPARE(back, values);
        for (const GgufTensor& tensor : file.header().tensors) QCOMPARE(tensor.offset % 32, std::uint64_t{0});
        QCOMPARE(file_text(path).size() % 32, std::size_t{0});
    }

    void bytesOutOfTurnAreAFault() {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath(QStringLiteral("x.gguf")).toStdString();
        GgufWriter writer(path, {}, {{"a", GgufType::f32, {2}, 0}, {"b", GgufType::f32, {2}, 0}});
        const std::vector<std::byte> bytes(8);
        QVERIFY_THROWS_EXCEPTION(Failure, writer.append("b", bytes));
        writer.append("a", bytes);
        QVERIFY_THROWS_EXCEPTION(Failure, writer.append("a", bytes));
        QVERIFY_THROWS_EXCEPTION(Failure, writer.commit());
        QVERIFY(!std::filesystem::exists(path));
    }

    void brokenFilesAreRefused_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("why");
        const auto row = [](const char* name, const std::string& bytes, const char* why) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QString::fromLatin1(why);
        };
        const std::string key = text("k");
        row("empty", "", "ends inside");
        row("another file", "GGML" + std::string(40, '\0'), "does not begin");
        row("version 1", head(0, 0, 1), "version 1");
        row("cut in front", head(0, 0).substr(0, 20), "ends inside");
        row("endless keys", head(0, ~0ULL), "ends inside its keys");
        row("endless tensors", head(~0ULL, 0), "list of tensors");
        row("endless key", head(0, 1) + number(~0ULL) + "k" + std::string(16, ' '), "ends inside a key");
        row("unknown type", head(0, 1) + key + number<std::uint32_t>(13) + std::string(8, '\0'),
            "unknown type 13");
        row("endless array",
            head(0, 1) + key + number<std::uint32_t>(9) + number<std::uint32_t>(4) + number(~0ULL >> 2),
            "ends inside the array");
        row("array of arrays",
            head(0, 1) + key + number<std::uint32_t>(9) + number<std::uint32_t>(9) + number<std::uint64_t>(1),
            "not supported");
        row("neither true nor false", head(0, 1) + key + number<std::uint32_t>(7) + "\2",
            "neither true nor false");
        row("key twice",
            head(0, 2) + key + number<std::uint32_t>(7) + "\1" + key + number<std::uint32_t>(7) + "\1",
            "twice");
        row("alignment 0",
            head(0, 1) + text("general.alignment") + number<std::uint32_t>(4) + number<std::uint32_t>(0),
            "power of two");
        row("alignment 48",
            head(0, 1) + text("general.alignment") + number<std::uint32_t>(4) + number<std::uint32_t>(48),
            "power of two");
        row("name too long", padded(head(1, 0) + info(std::string(64, 'n'), {1}, 0, 0), 4), "longer than 63");
        row("five dimensions", padded(head(1, 0) + info("t", {1, 1, 1, 1, 1}, 0, 0), 4), "5 dimensions");
        row("overflow", padded(head(1, 0) + info("t", {1ULL << 40, 1ULL << 40}, 0, 0), 4), "more values");
        row("unknown quantisation", padded(head(1, 0) + info("t", {32}, 2, 0), 64), "type 2");
        row("half a block", padded(head(1, 0) + info("t", {33}, 8, 0), 64), "whole blocks");
        row("data missing", padded(head(1, 0) + info("t", {8}, 0, 0), 28), "beyond the end");
        row("offset beyond", padded(head(1, 0) + info("t", {8}, 0, 32), 64), "does not begin where");
        row("overlap", padded(head(2, 0) + info("a", {16}, 0, 0) + info("b", {16}, 0, 32), 128),
            "does not begin where");
        row("hole", padded(head(2, 0) + info("a", {8}, 0, 0) + info("b", {8}, 0, 64), 128),
            "does not begin where");
        row("name twice", padded(head(2, 0) + info("a", {8}, 0, 0) + info("a", {8}, 0, 32), 64), "twice");
    }
    void brokenFilesAreRefused() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, why);
        const QString sentence = refusal(bytes.toStdString());
        QVERIFY2(sentence.contains(why), qPrintable(sentence));
        QVERIFY(sentence.contains(QStringLiteral("x.gguf")));
    }

    void everyPrefixOfAFileIsRefused() {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath(QStringLiteral("x.gguf")).toStdString();
        GgufWriter writer(path, {{"a", gguf_array<std::string>({"x", "yy"})}, {"b", {2.0}}},
                          {{"t", GgufType::f32, {8}, 0}});
        writer.append("t", std::vector<std::byte>(32));
        writer.commit();
        const std::string whole = file_text(path);
        QCOMPARE(refusal(whole), QStringLiteral("accepted"));
        for (std::size_t length = 0; length < whole.size(); ++length)
            QVERIFY2(refusal(whole.substr(0, length)) != QStringLiteral("accepted"),
                     std::to_string(length).c_str());
    }
};

QTEST_GUILESS_MAIN(TstGguf)
#include "tst_gguf.moc"
