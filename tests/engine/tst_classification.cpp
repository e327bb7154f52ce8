// Classifiers from labelled rows to exports: training learns, what was saved and what was merged say the same.
#include <QTemporaryDir>
#include <QtTest>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "architecture/classifier.h"
#include "data/labelled.h"
#include "data/seeded.h"
#include "engine/compute.h"
#include "engine/data.h"
#include "engine/export.h"
#include "engine/runtime.h"
#include "engine/train.h"
#include "lora/attach.h"
#include "lora/new_adapters.h"
#include "model/load.h"
#include "model/tensor_io.h"
#include "runtime/device.h"
#include "train/batch_loss.h"
#include "train/run_state.h"

using namespace engine;
namespace fs = std::filesystem;

namespace {

const char* const bert = R"({"model_type": "bert", "architectures": ["BertForMaskedLM"], "num_hidden_layers": 2,
    "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 48, "vocab_size": 16, "max_position_embeddings": 24,
    "initializer_range": 0.2, "hidden_act": "gelu"})";
const char* const roberta = R"({"model_type": "roberta", "architectures": ["RobertaForMaskedLM"], "num_hidden_layers": 2,
    "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 48, "vocab_size": 16, "max_position_embeddings": 24,
    "type_vocab_size": 1, "initializer_range": 0.2})";
const char* const deberta = R"({"model_type": "deberta-v2", "architectures": ["DebertaV2ForMaskedLM"], "num_hidden_layers": 2,
    "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 48, "vocab_size": 16, "max_position_embeddings": 24,
    "relative_attention": true, "pos_att_type": "p2c|c2p", "share_att_key": true, "norm_rel_ebd": "layer_norm",
    "position_buckets": 8, "position_biased_input": false, "type_vocab_size": 0, "initializer_range": 0.2})";
const char* const llama = R"({"model_type": "llama", "architectures": ["LlamaForCausalLM"], "num_hidden_layers": 2,
    "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 48, "vocab_size": 16, "max_position_embeddings": 24,
    "initializer_range": 0.2})";

const char* const words[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "fine", "nice", "bad", "ugly", "poor",
                             "the",   "a",     "film",  "song",  "is",   "was"};

// A base model without a classifier: a folder with words for a vocabulary.
fs::path base_model(const fs::path& folder, const char* config) {
    fs::create_directories(folder);
    std::ofstream(folder / "config.json") << config;
    std::ofstream vocabulary(folder / "vocab.txt");
    for (const char* word : words) vocabulary << word << "\n";
    vocabulary.close();
    std::ofstream(folder / "tokenizer_config.json")
        << R"({"tokenizer_class": "BertTokenizer", "do_lower_case": true, "cls_token": "[CLS]", "sep_token": "[SEP]",
               "unk_token": "[UNK]", "pad_token": "[PAD]"})";
    const Decoder model =
        random_decoder(read_architecture(folder), Precision::f32, c10::kCPU, Precision::f32, 3);
    NamedTensors tensors;
    for (const auto& [name, tensor] : named_weights(model)) {
        if (name.starts_with("classifier") || name == "bert.pooler.dense.weight" || name == "bert.pooler.dense.bias") continue;
        tensors.emplace_back(name, tensor.contiguous());
    }
    save_tensors(folder / "model.safetensors", tensors);
    return folder;
}

// Rows whose adjective decides: kind "names", "numbers" or "lists".
fs::path rows(const fs::path& file, const std::string& kind) {
    std::ofstream out(file);
    SeededRandom random(5);
    for (int i = 0; i < 96; ++i) {
        const auto adjective = static_cast<std::size_t>(random.below(6));
        const bool good = adjective < 3;
        nlohmann::json row;
        const std::string text = std::string(words[10 + random.below(2)]) + " " + words[12 + random.below(2)] + " " +
                                 words[14 + random.below(2)] + " " + words[4 + adjective];
        row[kind == "pairs" ? "sentence1" : "text"] = text;
        if (kind == "pairs") row["sentence2"] = "the song";
        if (kind == "numbers") row["label"] = good ? 1.5 : -0.5;
        else if (kind == "lists") row["label"] = good ? nlohmann::json({"good", "any"}) : nlohmann::json({"any"});
        else row["label"] = good ? "good" : "bad";
        out << row.dump() << "\n";
    }
    return file;
}

struct Recorder : RunObserver {
    void on_event(const Event& event) override {
        if (const auto* eval = std::get_if<EvalMetrics>(&event)) evaluations.push_back(*eval);
    }
    std::vector<EvalMetrics> evaluations;
};

TrainRequest request_for(const fs::path& model, const fs::path& data, const fs::path& run, Task task) {
    TrainRequest request;
    request.model_dir = model;
    request.run_dir = run;
    request.spec.model = model.string();
    request.spec.task = task;
    request.spec.lora.targets = parse_targets("q,v");
    request.spec.lora.rank = 4;
    request.spec.data.train_path = data.string();
    request.spec.data.held_out = 0.25;
    request.spec.data.seq_len = 16;
    request.spec.optimizer.learning_rate = 1e-2;
    request.spec.steps = 60;
    request.spec.eval_interval = 30;
    request.spec.batch_size = 16;
    return request;
}

double metric(const std::vector<NamedValue>& metrics, const std::string& name) {
    for (const NamedValue& each : metrics)
        if (each.name == name) return each.value;
    return std::nan("");
}

}  // namespace

class TstClassification : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { initialize_runtime(); }

    void learns_data() {
        QTest::addColumn<QString>("config");
        QTest::addColumn<QString>("kind");
        QTest::addColumn<int>("task");
        const int classes = static_cast<int>(Task::classification);
        QTest::newRow("bert") << bert << "names" << classes;
        QTest::newRow("bert pairs") << bert << "pairs" << classes;
        QTest::newRow("roberta") << roberta << "names" << classes;
        QTest::newRow("deberta-v2") << deberta << "names" << classes;
        QTest::newRow("llama") << llama << "names" << classes;
        QTest::newRow("several labels") << roberta << "lists" << static_cast<int>(Task::multi_label);
        QTest::newRow("regression") << bert << "numbers" << static_cast<int>(Task::regression);
    }

    // A base model gets a head, learns, and both exports give the same scores as the run's own folder.
    void learns() {
        QFETCH(QString, config);
        QFETCH(QString, kind);
        QFETCH(int, task);
        QTemporaryDir folder;
        const fs::path root = folder.path().toStdString();
        const auto model = base_model(root / "base", config.toUtf8().constData());
        const auto data = rows(root / "rows.jsonl", kind.toStdString());
        const auto request = request_for(model, data, root / "run", static_cast<Task>(task));
        Recorder recorder;
        RunControl control;
        const auto result = train(request, recorder, control);
        QVERIFY2(result.ok(), result.ok() ? "" : result.error().message.c_str());
        QVERIFY2(result->eval_loss < result->base_eval_loss / 2, std::to_string(result->eval_loss).c_str());
        const bool regression = static_cast<Task>(task) == Task::regression;
        const double good = metric(result->eval_metrics, regression ? "pearson" : "accuracy");
        QVERIFY2(good > 0.9, std::to_string(good).c_str());
        QCOMPARE(recorder.evaluations.back().metrics.size(), result->eval_metrics.size());

        EvaluateRequest again;
        again.model = model;
        again.adapter = result->last;
        again.data = data;
        again.seq_len = 16;
        const auto evaluated = evaluate(again);
        QVERIFY2(evaluated.ok(), evaluated.ok() ? "" : evaluated.error().message.c_str());
        QVERIFY(metric(evaluated->metrics, regression ? "pearson" : "accuracy") > 0.9);

        ClassifyRequest ask;
        ask.model = model;
        ask.adapter = result->last;
        ask.texts = {{"the film was nice", std::nullopt}, {"a song is ugly", std::nullopt}};
        if (kind == "pairs") for (auto& text : ask.texts) text.second = "the song";
        const auto first = classify(ask);
        QVERIFY2(first.ok(), first.ok() ? "" : first.error().message.c_str());
        if (!regression) QVERIFY(first->front().labels != first->back().labels);
        for (const ExportFormat format : {ExportFormat::hf, ExportFormat::peft}) {
            ExportRequest out;
            out.model = model;
            out.adapter = result->last;
            out.format = format;
            out.out = root / name_of(format);
            const auto report = export_adapter(out);
            QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
            QVERIFY2(report->self_test.passed, report->self_test.verdict.c_str());
            ClassifyRequest other = ask;
            other.model = format == ExportFormat::hf ? out.out : model;
            other.adapter = format == ExportFormat::hf ? fs::path() : out.out;
            const auto second = classify(other);
            QVERIFY2(second.ok(), second.ok() ? "" : second.error().message.c_str());
            for (std::size_t i = 0; i < first->size(); ++i) {
                QCOMPARE((*second)[i].labels, (*first)[i].labels);
                for (std::size_t j = 0; j < (*first)[i].scores.size(); ++j)
                    QVERIFY(std::abs((*second)[i].scores[j].value - (*first)[i].scores[j].value) < 1e-5);
            }
        }
    }

    // PEFT keeps the head among its tensors and says nowhere how many labels it has.
    void aFolderOfOtherSoftwareBringsItsLabels_data() {
        QTest::addColumn<QString>("config");
        QTest::newRow("bert") << bert;
        QTest::newRow("roberta") << roberta;
        QTest::newRow("llama") << llama;
    }

    void aFolderOfOtherSoftwareBringsItsLabels() {
        QFETCH(QString, config);
        QTemporaryDir folder;
        const fs::path root = folder.path().toStdString();
        const auto model = base_model(root / "base", config.toUtf8().constData());
        std::ofstream data(root / "rows.jsonl");
        const char* const kinds[] = {"cold", "mild", "warm"};
        for (int i = 0; i < 30; ++i)
            data << nlohmann::json{{"text", std::string("the film is ") + words[4 + i % 6]}, {"label", kinds[i % 3]}}.dump() << "\n";
        data.close();
        auto request = request_for(model, root / "rows.jsonl", root / "run", Task::classification);
        request.spec.steps = 4;
        Recorder recorder;
        RunControl control;
        const auto run = train(request, recorder, control);
        QVERIFY2(run.ok(), run.ok() ? "" : run.error().message.c_str());
        ClassifyRequest question;
        question.model = model;
        question.adapter = run->last;
        question.texts = {{"the film is good", std::nullopt}};
        const auto own = classify(question);
        QVERIFY2(own.ok(), own.ok() ? "" : own.error().message.c_str());
        QCOMPARE((*own)[0].scores.size(), std::size_t{3});
        fs::remove(run->last / classifier_file);
        const auto foreign = classify(question);
        QVERIFY2(foreign.ok(), foreign.ok() ? "" : foreign.error().message.c_str());
        QCOMPARE((*foreign)[0].scores.size(), std::size_t{3});
        for (std::size_t i = 0; i < 3; ++i) {
            QCOMPARE((*foreign)[0].scores[i].name, "LABEL_" + std::to_string(i));
            QCOMPARE((*foreign)[0].scores[i].value, (*own)[0].scores[i].value);
        }
        // A description beside it names them.
        const nlohmann::json names = {{"0", "a"}, {"1", "b"}, {"2", "c"}};
        std::ofstream(run->last / "config.json") << nlohmann::json{{"id2label", names}}.dump();
        const auto named = classify(question);
        QVERIFY2(named.ok(), named.ok() ? "" : named.error().message.c_str());
        QCOMPARE((*named)[0].scores[2].name, std::string("c"));
    }

    // Of equal figures the lower loss is better; regression goes by its correlation.
    void theBestStateIsThatOfTheMainFigure_data() {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<int>("task");
        QTest::newRow("classes") << "names" << static_cast<int>(Task::classification);
        QTest::newRow("numbers") << "numbers" << static_cast<int>(Task::regression);
    }
    void theBestStateIsThatOfTheMainFigure() {
        QFETCH(QString, kind);
        QFETCH(int, task);
        QTemporaryDir folder;
        const fs::path root = folder.path().toStdString();
        TrainRequest request = request_for(base_model(root / "base", bert), rows(root / "rows.jsonl", kind.toStdString()), root / "run",
                                           static_cast<Task>(task));
        request.spec.steps = 24;
        request.spec.eval_interval = 2;
        Recorder recorder;
        RunControl control;
        const auto result = train(request, recorder, control);
        QVERIFY2(result.ok(), result.ok() ? "" : result.error().message.c_str());
        const EvalMetrics* best = nullptr;
        for (const EvalMetrics& each : recorder.evaluations) {
            if (each.global_step == 0) continue;
            const double figure = each.metrics.front().value, most = best ? best->metrics.front().value : -2;
            const bool better = figure > most || (figure == most && each.loss < best->loss);
            QCOMPARE(each.best, better);
            if (better) best = &each;
        }
        QCOMPARE(result->best_step, best->global_step);
        QCOMPARE(result->best_eval_loss, best->loss);
        RunState state;
        state.best_step = 3, state.best_eval_loss = 0.5, state.best_metrics = {{"accuracy", 0.8}};
        QVERIFY(is_better(0.9, {{"accuracy", 0.9}}, state) && !is_better(0.1, {{"accuracy", 0.7}}, state));
        QVERIFY(is_better(0.4, {{"accuracy", 0.8}}, state) && !is_better(0.5, {{"accuracy", 0.8}}, state));
        QVERIFY(is_better(0.4, {}, state) && !is_better(0.6, {}, state));
    }

    void stopsAndResumesToTheSameValues() {
        QTemporaryDir folder;
        const fs::path root = folder.path().toStdString();
        const auto model = base_model(root / "base", bert);
        auto request = request_for(model, rows(root / "rows.jsonl", "names"), root / "whole", Task::classification);
        request.spec.steps = 8;
        request.spec.eval_interval = 4;
        Recorder recorder;
        RunControl control;
        const auto whole = train(request, recorder, control);
        QVERIFY(whole.ok());
        struct StopAtFive : RunObserver {
            explicit StopAtFive(RunControl& c) : control(c) {}
            void on_event(const Event& event) override {
                if (const auto* step = std::get_if<StepMetrics>(&event); step && step->global_step == 5) control.stop();
            }
            RunControl& control;
        };
        request.run_dir = root / "parts";
        RunControl stopped, resumed;
        StopAtFive observer(stopped);
        QVERIFY(train(request, observer, stopped)->stopped);
        request.resume = true;
        const auto parts = train(request, recorder, resumed);
        QVERIFY(parts.ok());
        // The figures of the best evaluation are known, whichever part of the run it fell into.
        QCOMPARE(whole->best_eval_metrics.size(), std::size_t{3});
        QCOMPARE(parts->best_step, whole->best_step);
        for (std::size_t i = 0; i < whole->best_eval_metrics.size(); ++i) {
            QCOMPARE(parts->best_eval_metrics[i].name, whole->best_eval_metrics[i].name);
            QCOMPARE(parts->best_eval_metrics[i].value, whole->best_eval_metrics[i].value);
            QCOMPARE(parts->eval_metrics[i].value, whole->eval_metrics[i].value);
        }
        const auto bytes = [](const fs::path& file) {
            std::ifstream in(file, std::ios::binary);
            return std::string(std::istreambuf_iterator<char>(in), {});
        };
        QCOMPARE(bytes(root / "parts/last/adapter_model.safetensors"), bytes(root / "whole/last/adapter_model.safetensors"));
    }

    void gradientsAreThoseOfFiniteDifferences_data() {
        QTest::addColumn<QString>("config");
        QTest::newRow("bert") << bert;
        QTest::newRow("deberta-v2") << deberta;
    }

    void gradientsAreThoseOfFiniteDifferences() {
        QFETCH(QString, config);
        Architecture a = parse_architecture(config.toStdString(), "a test");
        a.classifier->problem = Problem::single_label;
        const Decoder base = random_decoder(a, Precision::f32, c10::kCPU, Precision::f32, 7);
        LoraConfig lora;
        lora.targets = parse_targets("q,k,v,o,up,down");
        lora.rank = 2;
        lora.modules_to_save = {"classifier"};
        AdapterSet adapters = new_adapters(base, lora, 9);
        {
            at::NoGradGuard no_grad;
            at::Generator generator = make_generator(c10::kCPU, 10);
            for (AdapterSite& site : adapters.sites()) site.B.normal_(0, 0.1, generator);
        }
        Batch batch;
        batch.ids = {2, 4, 12, 5, 3, 2, 7, 3};
        batch.offsets = {0, 5, 8};
        batch.second_types = {2, 0};
        batch.targets = {1, 0};
        const auto loss = [&] { return batch_loss(attached(base, adapters), &adapters, batch).sum; };
        for (const auto& parameter : adapters.parameters()) parameter.tensor->set_requires_grad(true);
        loss().backward();
        at::NoGradGuard no_grad;
        at::Generator generator = make_generator(c10::kCPU, 11);
        for (const auto& parameter : adapters.parameters()) {
            at::Tensor values = parameter.tensor->detach();
            const at::Tensor direction = at::empty_like(values).normal_(0, 1, generator), old = values.clone();
            const double slope = (parameter.tensor->grad() * direction).sum().item<double>(), step = 1e-3;
            values.copy_(old + step * direction);
            const double above = loss().item<double>();
            values.copy_(old - step * direction);
            const double below = loss().item<double>();
            values.copy_(old);
            const double measured = (above - below) / (2 * step);
            QVERIFY2(std::abs(measured - slope) < 2e-3 + 2e-2 * std::abs(slope),
                     (parameter.name + ": " + std::to_string(measured) + " and " + std::to_string(slope)).c_str());
        }
    }

    void labelsAreCountedBeforeTraining() {
        QTemporaryDir folder;
        const fs::path root = folder.path().toStdString();
        DataRequest request;
        request.file = rows(root / "rows.jsonl", "names");
        request.model = base_model(root / "base", bert);
        request.seq_len = 16;
        request.task = Task::classification;
        const auto report = inspect_data(request);
        QVERIFY2(report.ok(), report.ok() ? "" : report.error().message.c_str());
        QCOMPARE(report->rows, int64_t{96});
        QCOMPARE(report->labels.size(), std::size_t{2});
        QCOMPARE(report->labels[0].name, std::string("bad"));
        QCOMPARE(report->labels[0].rows + report->labels[1].rows, int64_t{96});
        QCOMPARE(report->longest_row, int64_t{6});
        QVERIFY(report->labels_suit == Task::classification);
        QCOMPARE(report->length_histogram.back().rows, int64_t{96});
        request.preview_rows = 3;
        const auto shown = inspect_data(request)->preview;
        QCOMPARE(shown.size(), std::size_t{3});
        QVERIFY(shown.front().label == "good" || shown.front().label == "bad");
        QCOMPARE(shown.front().tokens.front().text, std::string("[CLS]"));
        request.seq_len = 4;
        QCOMPARE(inspect_data(request)->preview.front().cut_tokens, int64_t{2});
        request.seq_len = 16;
        request.file = rows(root / "numbers.jsonl", "numbers");
        QVERIFY(inspect_data(request)->labels_suit == Task::regression);
        request.task = Task::regression;
        const auto numbers = inspect_data(request);
        QVERIFY(numbers->labels.empty() && numbers->label_range);
        QCOMPARE(numbers->label_range->least, -0.5);
        QCOMPARE(numbers->label_range->most, 1.5);
        request.file = rows(root / "lists.jsonl", "lists");
        QVERIFY(inspect_data(request)->labels_suit == Task::multi_label);
        request.file = root / "rows.jsonl";
        QCOMPARE(inspect_data(request)->bad_rows.size(), std::size_t{96});
    }

    void pairsAreFramedAsTheTokenizerSays() {
        QTemporaryDir folder;
        const auto tokenizer = Tokenizer::load(base_model(folder.path().toStdString(), bert));
        const EncodedTexts pair = encode_texts(tokenizer.value(), "the film", std::string("is good"), 16);
        QCOMPARE(pair.ids, (std::vector<int32_t>{2, 10, 12, 3, 14, 4, 3}));
        QCOMPARE(pair.second_type, int64_t{3});
        const EncodedTexts cut = encode_texts(tokenizer.value(), "the film is fine", std::string("good"), 6);
        QCOMPARE(cut.ids, (std::vector<int32_t>{2, 10, 12, 3, 4, 3}));
        QCOMPARE(cut.cut, int64_t{2});
        const EncodedTexts data = encode_texts(tokenizer.value(), "[SEP]", std::nullopt, 16);
        QVERIFY(std::count(data.ids.begin(), data.ids.end(), 3) == 1);
    }

    void correlationsAreThoseOfTheFormulas() {
        Classifier regression;
        regression.labels = 1;
        regression.problem = Problem::regression;
        const auto figures = classification_metrics(regression, at::tensor({1.0F, 2.0F, 2.0F, 40.0F}).view({-1, 1}),
                                                    at::tensor({1.0F, 3.0F, 2.0F, 4.0F}).view({-1, 1}));
        // Pearson by hand: means 11.25 and 2.5; sum of products 58.5, of squares 1102.75 and 5.
        QVERIFY(std::abs(metric(figures, "pearson") - 58.5 / std::sqrt(1102.75 * 5)) < 1e-12);
        // Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: 4.5 / sqrt(4.5 * 5).
        QVERIFY(std::abs(metric(figures, "spearman") - 4.5 / std::sqrt(4.5 * 5)) < 1e-12);
        // Without spread there is no correlation, and no NaN.
        const auto flat = classification_metrics(regression, at::ones({4, 1}), at::tensor({1.0F, 3.0F, 2.0F, 4.0F}).view({-1, 1}));
        QCOMPARE(metric(flat, "pearson"), 0.0);
        QCOMPARE(metric(flat, "spearman"), 0.0);
    }

    void tablesTrainLikeLines() {
        QTemporaryDir folder;
        const fs::path root = folder.path().toStdString();
        const auto model = base_model(root / "base", bert);
        // The same rows as JSON lines and as a table.
        const auto lines = rows(root / "rows.jsonl", "pairs");
        std::ifstream in(lines);
        std::ofstream table(root / "rows.tsv");
        table << "index\tsentence1\tsentence2\tlabel\n";
        int index = 0;
        for (std::string line; std::getline(in, line);) {
            const auto row = nlohmann::json::parse(line);
            table << index++ << "\t" << row["sentence1"].get<std::string>() << "\t" << row["sentence2"].get<std::string>()
                  << "\t" << row["label"].get<std::string>() << "\n";
        }
        table.close();
        RunResult results[2];
        for (int i = 0; i < 2; ++i) {
            auto request = request_for(model, i ? root / "rows.tsv" : lines, root / ("run" + std::to_string(i)),
                                       Task::classification);
            request.spec.steps = 6;
            Recorder recorder;
            RunControl control;
            auto run = train(request, recorder, control);
            QVERIFY2(run.ok(), run.ok() ? "" : run.error().message.c_str());
            results[i] = *run;
        }
        QCOMPARE(results[0].train_loss, results[1].train_loss);
        QCOMPARE(results[0].eval_loss, results[1].eval_loss);
    }

    void wrongRowsAreNamed() {
        QTemporaryDir folder;
        const fs::path root = folder.path().toStdString();
        const auto model = base_model(root / "base", bert);
        std::ofstream(root / "rows.jsonl") << R"({"text": "good", "label": "yes"})" << "\n"
                                           << R"({"text": "", "label": "no"})" << "\n"
                                           << R"({"text": "bad"})" << "\n";
        Recorder recorder;
        RunControl control;
        auto request = request_for(model, root / "rows.jsonl", root / "run", Task::classification);
        const auto result = train(request, recorder, control);
        QVERIFY(!result.ok());
        QVERIFY2(result.error().message.find("rows.jsonl:2: text") != std::string::npos, result.error().message.c_str());
        QVERIFY2(result.error().message.find("rows.jsonl:3: label is missing") != std::string::npos, result.error().message.c_str());
        request.spec.task = Task::causal_lm;
        QVERIFY(!train(request, recorder, control).ok());
        GenerateRequest generate_request;
        generate_request.model = model;
        generate_request.prompt = "good";
        const auto text = generate(generate_request);
        QVERIFY(!text.ok() && text.error().message.find("puts texts into classes") != std::string::npos);
        ClassifyRequest ask;
        ask.model = model;
        ask.texts = {{"good", std::nullopt}};
        QVERIFY(!classify(ask).ok());
    }
};

QTEST_GUILESS_MAIN(TstClassification)
#include "tst_classification.moc"
