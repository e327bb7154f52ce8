// Exact counts of adapters against the LoRA paper and against the files that the writer makes.
#include "formats/golden.h"
#include "io/json.h"
#include "io/safetensors_writer.h"

#include <engine/plan.h>

#include <QTemporaryDir>
#include <QTest>

#include <limits>

using namespace engine;

namespace {

ExperimentSpec lora_spec(const std::string& targets, std::int64_t rank, const std::string& layers = {}) {
    ExperimentSpec spec;
    spec.lora.targets = parse_targets(targets, layers);
    spec.lora.rank = rank;
    return spec;
}

Plan plan_shape(const std::string& shape, const ExperimentSpec& spec) {
    return plan(inspect_shape(shape).value(), spec).value();
}

}  // namespace

class TstPlan : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void countsOfTheLoraPaper_data() {
        QTest::addColumn<QString>("shape");
        QTest::addColumn<QString>("targets");
        QTest::addColumn<int>("rank");
        QTest::addColumn<qint64>("params");
        QTest::newRow("RoBERTa base q,v") << "roberta-base"
                                          << "q,v" << 8 << qint64{294'912};
        QTest::newRow("RoBERTa large q,v") << "roberta-large"
                                           << "q,v" << 8 << qint64{786'432};
        QTest::newRow("DeBERTa XXL q,v") << "deberta-v2-xxlarge"
                                         << "q,v" << 16 << qint64{4'718'592};
        QTest::newRow("GPT-2 M q,v") << "gpt2-medium"
                                     << "q,v" << 4 << qint64{393'216};
        QTest::newRow("GPT-2 M all") << "gpt2-medium"
                                     << "q,k,v,o,up,down" << 8 << qint64{3'538'944};
        QTest::newRow("GPT-3 v") << "gpt3-175b"
                                 << "v" << 2 << qint64{4'718'592};
        QTest::newRow("GPT-3 q,v") << "gpt3-175b"
                                   << "q,v" << 64 << qint64{301'989'888};
        QTest::newRow("GPT-3 q,k,v,o") << "gpt3-175b"
                                       << "q,k,v,o" << 4 << qint64{37'748'736};
        QTest::newRow("Llama 2 q,v") << "llama-2-7b"
                                     << "q,v" << 8 << qint64{4'194'304};
        QTest::newRow("Llama 3 all, grouped keys") << "llama-3-8b"
                                                   << "q,k,v,o,gate,up,down" << 16 << qint64{41'943'040};
    }
    void countsOfTheLoraPaper() {
        QFETCH(QString, shape);
        QFETCH(QString, targets);
        QFETCH(int, rank);
        QFETCH(qint64, params);
        const Plan result = plan_shape(shape.toStdString(), lora_spec(targets.toStdString(), rank));
        QCOMPARE(qint64{result.trainable_params}, params);
        QCOMPARE(result.percent,
                 100.0 * static_cast<double>(params) / static_cast<double>(result.total_params));
    }

    void everyLoraVectorOfTheReferenceTable() {
        const auto path = golden::folder("..") / "lora-facts.json";
        SKIP_WITHOUT_GOLDEN(path);
        const Json facts = read_json_file(path);
        int compared = 0;
        for (const Json& vector : facts.at("vectors")) {
            const auto method = vector.at("method").get<std::string>();
            const auto model = vector.at("model").get<std::string>();
            const auto expected = vector.at("expected_params").get<std::int64_t>();
            const auto id = vector.at("id").get<std::string>();
            if (method == "full") {
                QVERIFY2(inspect_shape(model).value().total_params == expected, id.c_str());
                ++compared;
            }
            if (method != "lora") continue;
            std::string targets;
            for (const Json& kind : vector.at("hyper").at("targets"))
                targets += "," + kind.get<std::string>();
            const auto rank = vector.at("hyper").at("r").get<std::int64_t>();
            const Plan result = plan_shape(model, lora_spec(targets.substr(1), rank));
            QVERIFY2(result.trainable_params == expected, id.c_str());
            ++compared;
        }
        QVERIFY(compared >= 25);
    }

    // Batches are packed: what counts is the longest row there is, not where longer ones would be cut.
    void rowsShorterThanTheLengthNeedLess() {
        const ModelInfo model = inspect_shape("gpt2").value();
        ExperimentSpec spec = lora_spec("q,v", 4);
        spec.data.seq_len = 512;
        const auto total = [&](int64_t longest) { return plan(model, spec, 0, {.longest_row = longest}).value().memory.total; };
        const int64_t whole = total(0);
        QCOMPARE(total(512), whole);
        QCOMPARE(total(2000), whole);
        const int64_t rows_of_64 = total(64);
        spec.data.seq_len = 64;
        QCOMPARE(total(0), rows_of_64);
        QVERIFY(rows_of_64 < whole);
    }

    void layersNarrowTheCount() {
        const Plan all = plan_shape("gpt2", lora_spec("q,v", 4));
        const Plan some = plan_shape("gpt2", lora_spec("q,v", 4, "0-2,11"));
        QCOMPARE(all.matrices, std::int64_t{24});
        QCOMPARE(some.matrices, std::int64_t{8});
        QCOMPARE(some.trainable_params * 3, all.trainable_params);
    }

    void fileSizeIsThatOfTheWrittenFile_data() {
        QTest::addColumn<QString>("shape");
        QTest::addColumn<QString>("targets");
        QTest::addColumn<QString>("layers");
        QTest::addColumn<int>("rank");
        QTest::newRow("one slice of a fused matrix") << "gpt2"
                                                     << "v"
                                                     << "" << 4;
        QTest::newRow("two slices share a block") << "gpt2"
                                                  << "q,v"
                                                  << "" << 4;
        QTest::newRow("everything") << "gpt2"
                                    << "q,k,v,o,up,down"
                                    << "" << 3;
        QTest::newRow("one layer") << "gpt2"
                                   << "down"
                                   << "10" << 1;
        QTest::newRow("separate matrices") << "tiny-llama-1b"
                                           << "q,k,gate,down"
                                           << "0-11" << 2;
    }
    void fileSizeIsThatOfTheWrittenFile() {
        QFETCH(QString, shape);
        QFETCH(QString, targets);
        QFETCH(QString, layers);
        QFETCH(int, rank);
        const ModelInfo model = inspect_shape(shape.toStdString()).value();
        const ExperimentSpec spec = lora_spec(targets.toStdString(), rank, layers.toStdString());

        // The tensors of the adapter, found independently: per module the ticked slices stacked.
        std::map<std::string, std::int64_t> rows, slices, inputs;
        for (const MatrixInfo& matrix : model.matrices) {
            rows[matrix.name] += matrix.out_features;
            inputs[matrix.name] = matrix.in_features;
            const auto target = spec.lora.targets.find(matrix.kind);
            if (target == spec.lora.targets.end()) continue;
            const auto& list = target->second;
            if (list.empty() || std::count(list.begin(), list.end(), matrix.layer)) ++slices[matrix.name];
        }
        std::vector<PlannedTensor> tensors;
        for (const auto& [name, count] : slices) {
            tensors.push_back(
                {"base_model.model." + name + ".lora_A.weight", Dtype::f32, {count * rank, inputs[name]}});
            tensors.push_back(
                {"base_model.model." + name + ".lora_B.weight", Dtype::f32, {rows[name], count * rank}});
        }
        const QTemporaryDir temporary;
        const std::filesystem::path file = temporary.filePath("adapter_model.safetensors").toStdString();
        SafetensorsWriter writer(file, {}, tensors);
        for (const TensorEntry& entry : writer.plan())
            writer.append(entry.name, std::vector<std::byte>(entry.byte_size()));
        writer.commit();
        QCOMPARE(qint64{plan(model, spec).value().adapter_bytes}, qint64(std::filesystem::file_size(file)));
    }

    void scalingIsShown() {
        ExperimentSpec spec = lora_spec("q", 16);
        spec.lora.alpha = 8;
        QCOMPARE(plan_shape("gpt2", spec).scaling, 0.5);
        spec.lora.use_rslora = true;
        QCOMPARE(plan_shape("gpt2", spec).scaling, 2.0);
    }

    void fullTrainingCountsEveryWeight() {
        ExperimentSpec spec;
        spec.method = Method::full;
        const Plan result = plan_shape("gpt2", spec);
        QCOMPARE(result.trainable_params, result.total_params);
        QCOMPARE(result.percent, 100.0);
        QCOMPARE(result.memory.optimizer, 8 * result.total_params);
    }

    void badChoicesAreNamed_data() {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<int>("layer");
        QTest::addColumn<int>("rank");
        QTest::addColumn<QString>("named");
        QTest::newRow("rank 0") << "q" << 0 << 0 << "rank is 0";
        QTest::newRow("rank above the matrix") << "k" << 3 << 257 << "k of layer 3 (256 x 2048)";
        QTest::newRow("a layer too high") << "q" << 22 << 4 << "Layer 22";
        QTest::newRow("a matrix that is not there") << "x" << 0 << 4 << "no matrix x";
    }
    void badChoicesAreNamed() {
        QFETCH(QString, kind);
        QFETCH(int, layer);
        QFETCH(int, rank);
        QFETCH(QString, named);
        ExperimentSpec spec;
        spec.lora.rank = rank;
        spec.lora.targets = {{kind.toStdString(), {layer}}};
        const auto result = plan(inspect_shape("tiny-llama-1b").value(), spec);
        QVERIFY(!result.ok());
        QCOMPARE(result.error().code, ErrorCode::bad_input);
        QVERIFY2(QString::fromStdString(result.error().message).contains(named),
                 result.error().message.c_str());
    }

    void nothingTickedIsRefused() {
        const auto result = plan(inspect_shape("gpt2").value(), ExperimentSpec{});
        QVERIFY(!result.ok());
        QVERIFY(result.error().message.find("No matrix") != std::string::npos);
    }

    void theLargestRankIsAllowed() {
        QVERIFY(plan(inspect_shape("tiny-llama-1b").value(), lora_spec("k", 256)).ok());
    }

    void memoryFollowsWhatIsChosen() {
        const ExperimentSpec base = lora_spec("q,v", 8);
        const auto memory = [](const ExperimentSpec& spec) { return plan_shape("gpt2", spec).memory; };
        const MemoryForecast plain = memory(base);
        QCOMPARE(plain.weights, std::int64_t{4} * 124'439'808);
        QCOMPARE(plain.adapters, std::int64_t{8} * 294'912);
        QVERIFY(plain.total >=
                plain.weights + plain.adapters + plain.optimizer + plain.activations + plain.logits);

        ExperimentSpec half = base;
        half.precision = Precision::bf16;
        QCOMPARE(memory(half).weights * 2, plain.weights);
        ExperimentSpec longer = base;
        longer.data.seq_len = 512;
        // The attention keeps no scores: twice the tokens, at most twice the memory.
        QVERIFY(memory(longer).activations > 1.8 * plain.activations && memory(longer).activations <= 2.2 * plain.activations);
        QVERIFY(memory(longer).logits < 2 * plain.logits);            // the rows of logits are made in chunks
        QVERIFY(memory(lora_spec("q,v,down", 8)).activations > plain.activations);  // down keeps its input
        ExperimentSpec beyond = base;
        beyond.data.seq_len = 4096;  // the model ends at 1024
        ExperimentSpec limit = base;
        limit.data.seq_len = 1024;
        QCOMPARE(memory(beyond).total, memory(limit).total);
        const MemoryForecast top = memory(lora_spec("q,v", 8, "11"));
        QVERIFY(top.activations < plain.activations / 4);  // nothing is kept below the lowest adapter
    }

    // Classifiers of 12 layers of 768 (or 6 of 512) with 32,000 words; peaks as below.
    void memoryOfEncodersCoversWhatWasMeasured_data() {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("targets");
        QTest::addColumn<int>("batch");
        QTest::addColumn<int>("length");
        QTest::addColumn<QString>("precision");
        QTest::addColumn<int>("peak");
        QTest::newRow("roberta 4x512") << "roberta" << "q,v" << 4 << 512 << "f32" << 1509;
        QTest::newRow("roberta 4x512 bf16") << "roberta" << "q,v" << 4 << 512 << "bf16" << 953;
        QTest::newRow("roberta everything 2x512 bf16") << "roberta" << "q,k,v,o,up,down" << 2 << 512 << "bf16" << 873;
        QTest::newRow("roberta full 4x128") << "roberta" << "" << 4 << 128 << "f32" << 2408;
        QTest::newRow("distances 4x256") << "bert" << "q,v" << 4 << 256 << "f32" << 1109;
        QTest::newRow("distances 4x256 bf16") << "bert" << "q,v" << 4 << 256 << "bf16" << 736;
        QTest::newRow("deberta 4x256") << "deberta-v2" << "q,v" << 4 << 256 << "f32" << 1137;
        QTest::newRow("deberta 4x64 bf16") << "deberta-v2" << "q,v" << 4 << 64 << "bf16" << 511;
        QTest::newRow("deberta 4x256 bf16") << "deberta-v2" << "q,v" << 4 << 256 << "bf16" << 781;
        QTest::newRow("roberta 4x256 bf16 recomputed") << "roberta" << "q,v" << 4 << 256 << "bf16 recomputed" << 519;
        QTest::newRow("deberta 4x256 recomputed") << "deberta-v2" << "q,v" << 4 << 256 << "f32 recomputed" << 837;
        QTest::newRow("deberta 4x256 bf16 recomputed") << "deberta-v2" << "q,v" << 4 << 256 << "bf16 recomputed" << 587;
        QTest::newRow("convolution 8x256") << "convolution" << "q,v" << 8 << 256 << "f32" << 700;
        QTest::newRow("convolution 2x512 bf16") << "convolution" << "q,v" << 2 << 512 << "bf16" << 491;
        QTest::newRow("convolution full 4x128 bf16") << "convolution" << "" << 4 << 128 << "bf16" << 924;
    }
    void memoryOfEncodersCoversWhatWasMeasured() {
        QFETCH(QString, kind);
        QFETCH(QString, targets);
        QFETCH(int, batch);
        QFETCH(int, length);
        QFETCH(QString, precision);
        QFETCH(int, peak);
        const bool small = kind == "convolution", relative = small || kind == "deberta-v2";
        QString config = QStringLiteral(R"({"model_type": "%1", "architectures": ["%2ForSequenceClassification"], "vocab_size": 32000,)")
                             .arg(relative ? "deberta-v2" : kind, relative ? "DebertaV2" : kind == "bert" ? "Bert" : "Roberta");
        config += small ? R"("hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 6, "num_attention_heads": 8,
                            "max_position_embeddings": 512, "conv_kernel_size": 3, "conv_act": "gelu")"
                        : R"("hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
                            "max_position_embeddings": 514)";
        if (kind == "roberta") config += R"(, "pad_token_id": 1)";
        if (kind == "bert") config += R"(, "position_embedding_type": "relative_key_query")";
        if (relative)
            config += R"(, "relative_attention": true, "position_buckets": 256, "norm_rel_ebd": "layer_norm", "share_att_key": true,
                        "pos_att_type": "p2c|c2p", "position_biased_input": false, "type_vocab_size": 0)";
        QTemporaryDir folder;
        QFile file(folder.filePath("config.json"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write((config + "}").toUtf8()) > 0);
        file.close();
        ExperimentSpec spec;
        spec.method = Method::full;
        if (!targets.isEmpty()) spec = lora_spec(targets.toStdString(), targets == "q,v" ? 8 : 16);
        spec.task = Task::classification;
        spec.batch_size = batch;
        spec.data.seq_len = length;
        spec.device = "cpu";
        spec.precision = precision_from(precision.split(' ').front().toStdString()).value();
        if (precision.contains("recomputed")) spec.recompute_layers = recompute_all;
        const ModelInfo model = inspect_model(folder.path().toStdString()).value();
        const MemoryForecast memory = plan(model, spec).value().memory;
        const double ratio = static_cast<double>(memory.total) / (1e6 * peak);
        QVERIFY2(ratio >= 1 && ratio < 1.1, std::to_string(ratio).c_str());
        QVERIFY(static_cast<double>(memory.floor) < 1e6 * peak);
        // Nothing of the size of length x length stays: half the texts of twice the length keep the same.
        spec.batch_size = batch / 2;
        spec.data.seq_len = 2 * length;
        if (kind == "roberta" && 2 * length <= 512)
            QVERIFY(static_cast<double>(plan(model, spec).value().memory.activations) < 1.1 * static_cast<double>(memory.activations));
    }

    // Peaks of the process on 2 cores, in MB, by tests/bench/memory; the forecast must not promise less.
    void memoryCoversWhatWasMeasured_data() {
        QTest::addColumn<QString>("targets");
        QTest::addColumn<int>("rank");
        QTest::addColumn<int>("batch");
        QTest::addColumn<int>("length");
        QTest::addColumn<QString>("precision");
        QTest::addColumn<int>("peak");
        QTest::newRow("q,v 4x256") << "q,v" << 4 << 4 << 256 << "f32" << 1093;
        QTest::newRow("q,v 4x256 bf16") << "q,v" << 4 << 4 << 256 << "bf16" << 702;
        QTest::newRow("q,v 1x1024") << "q,v" << 4 << 1 << 1024 << "f32" << 1097;
        QTest::newRow("q,v 8x512") << "q,v" << 4 << 8 << 512 << "f32" << 2156;
        QTest::newRow("q,v 8x512 bf16") << "q,v" << 4 << 8 << 512 << "bf16" << 1355;
        QTest::newRow("q,v 2x64") << "q,v" << 4 << 2 << 64 << "f32" << 757;
        QTest::newRow("everything 4x256") << "q,k,v,o,up,down" << 16 << 4 << 256 << "f32" << 1192;
        QTest::newRow("everything 1x1024 r=64") << "q,k,v,o,up,down" << 64 << 1 << 1024 << "f32" << 1365;
        QTest::newRow("q,v 4x256 int8") << "q,v" << 4 << 4 << 256 << "f32 int8" << 957;
        QTest::newRow("q,v 4x256 nf4") << "q,v" << 4 << 4 << 256 << "f32 nf4" << 915;
        QTest::newRow("everything 2x512 int8") << "q,k,v,o,up,down" << 16 << 2 << 512 << "f32 int8" << 1160;
        QTest::newRow("full 2x128") << "" << 0 << 2 << 128 << "f32" << 2679;
        QTest::newRow("full 4x256") << "" << 0 << 4 << 256 << "f32" << 2949;
        QTest::newRow("q,v 4x256 recomputed") << "q,v" << 4 << 4 << 256 << "f32 recomputed" << 815;
        QTest::newRow("q,v 4x256 bf16 recomputed") << "q,v" << 4 << 4 << 256 << "bf16 recomputed" << 545;
        QTest::newRow("q,v 8x512 recomputed") << "q,v" << 4 << 8 << 512 << "f32 recomputed" << 1140;
        QTest::newRow("full 4x256 recomputed") << "" << 0 << 4 << 256 << "f32 recomputed" << 2688;
    }
    void memoryCoversWhatWasMeasured() {
        QFETCH(QString, targets);
        QFETCH(int, rank);
        QFETCH(int, batch);
        QFETCH(int, length);
        QFETCH(QString, precision);
        QFETCH(int, peak);
        ExperimentSpec spec;
        spec.method = Method::full;
        if (rank > 0) spec = lora_spec(targets.toStdString(), rank);
        spec.batch_size = batch;
        spec.data.seq_len = length;
        spec.device = "cpu";
        const QStringList types = precision.split(' ');
        spec.precision = precision_from(types[0].toStdString()).value();
        if (types.contains("recomputed"))
            spec.recompute_layers = recompute_all;
        else if (types.size() > 1)
            spec.base_type = base_type_from(types[1].toStdString()).value();
        const double ratio = static_cast<double>(plan_shape("gpt2", spec).memory.total) / (1e6 * peak);
        QVERIFY2(ratio >= 1 && ratio < 1.08, std::to_string(ratio).c_str());
        // The least that it could be done with is less, and near to what it takes with every layer computed twice.
        const MemoryForecast memory = plan_shape("gpt2", spec).memory;
        QVERIFY(memory.floor > memory.weights + memory.adapters + memory.optimizer);
        QVERIFY(static_cast<double>(memory.floor) < 1e6 * peak);
        spec.recompute_layers = recompute_all;
        const MemoryForecast least = plan_shape("gpt2", spec).memory;
        QCOMPARE(least.floor, memory.floor);
        const double allowance = static_cast<double>(least.total - least.floor);
        QVERIFY2(allowance > 0 && allowance < 150e6, std::to_string(allowance).c_str());
    }

    void aQuantizedBaseIsCountedExactly() {
        const auto weights = [](BaseType type) {
            ExperimentSpec spec = lora_spec("q,v", 8);
            spec.base_type = type;
            return plan_shape("gpt2", spec).memory.weights;
        };
        constexpr int64_t layers = 12 * (4 + 8) * 768 * 768, rows = 12 * (3 * 768 + 768 + 3072 + 768);
        const int64_t plain = weights(BaseType::as_computed);
        QCOMPARE(weights(BaseType::int8), plain - 3 * layers + 4 * rows);
        // Four bits, one byte for 64 values, one f32 for 256 of those.
        QCOMPARE(weights(BaseType::nf4), plain - 4 * layers + layers / 2 + layers / 64 + layers / 4096);
    }

    void absurdSizesDoNotOverflow() {
        ExperimentSpec spec = lora_spec("q", 1);
        spec.batch_size = std::numeric_limits<int64_t>::max();
        spec.data.seq_len = std::numeric_limits<int64_t>::max();
        QVERIFY(plan_shape("gpt3-175b", spec).memory.total > 0);
    }

    void layersAreComputedTwiceWhereMemoryAsksForIt() {
        const ModelInfo gpt2 = inspect_shape("gpt2").value();
        ExperimentSpec spec = lora_spec("q,v", 8);
        const Plan roomy = plan(gpt2, spec, int64_t{1} << 40).value();
        QCOMPARE(roomy.recomputed_layers, int64_t{0});
        const Plan tight = plan(gpt2, spec, roomy.memory.total).value();
        QVERIFY(tight.recomputed_layers > 0 && tight.recomputed_layers < 12);
        QVERIFY(tight.memory.total <= 0.9 * static_cast<double>(tight.memory.available));
        // No more of them than needed.
        spec.recompute_layers = tight.recomputed_layers - 1;
        QVERIFY(plan(gpt2, spec).value().memory.total > 0.9 * static_cast<double>(tight.memory.available));
        spec.recompute_layers = recompute_all;
        const Plan all = plan(gpt2, spec).value();
        QCOMPARE(all.recomputed_layers, int64_t{12});
        QVERIFY(all.memory.activations < roomy.memory.activations / 2);
        spec.recompute_layers = 0;  // as the person says, whether it fits or not
        QCOMPARE(plan(gpt2, spec, 1).value().memory.total, roomy.memory.total);
        QCOMPARE(plan(gpt2, spec, 1).value().recomputed_layers, int64_t{0});
    }

    void availableMemoryIsPassedOn() {
        QCOMPARE(plan(inspect_shape("gpt2").value(), lora_spec("q", 1), 123).value().memory.available,
                 std::int64_t{123});
    }
};

QTEST_APPLESS_MAIN(TstPlan)
#include "tst_plan.moc"
