// Data files: every bad row is reported, the mask is exact, and the order of training is reproducible.
#include "data/dataset.h"
#include "data/seeded.h"
#include "formats/byte_tokenizer.h"
#include "formats/golden.h"

#include <engine/data.h>

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <numeric>
#include <set>

using namespace engine;
using golden::failure_of;

namespace {

std::string text_of(const PreviewRow& row, bool trained) {
    std::string text;
    for (const PreviewToken& token : row.tokens)
        if (token.trained == trained) text += token.text;
    return text;
}

}  // namespace

class TstData : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> temporary_;
    std::filesystem::path folder() const { return temporary_->path().toStdString(); }

    std::filesystem::path write(const std::string& text, const std::string& name = "rows.jsonl") {
        atomic_write_text(folder() / name, text);
        return folder() / name;
    }
    DataReport report(const std::string& text, std::int64_t seq_len = 64,
                      const std::string& name = "rows.jsonl") {
        DataRequest request;
        request.file = write(text, name);
        request.model = folder();
        request.seq_len = seq_len;
        return inspect_data(request).value();
    }
    Dataset load(const std::string& text, std::int64_t seq_len = 64, const std::string& name = "rows.jsonl") {
        return load_dataset(write(text, name), Tokenizer::load(folder()).value(), {.model = folder()}, seq_len);
    }

  private Q_SLOTS:
    void init() {
        temporary_ = std::make_unique<QTemporaryDir>();
        write_byte_tokenizer(folder());
    }

    void badRowsAreNamed_data() {
        QTest::addColumn<QByteArray>("row");
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("reason");
        QTest::newRow("cut off JSON") << QByteArray("{\"prompt\": \"a\", \"compl") << "row"
                                      << "JSON at column";
        QTest::newRow("not an object") << QByteArray("[1, 2]") << "row"
                                       << "JSON array";
        QTest::newRow("a bare word") << QByteArray("hello") << "row"
                                     << "column 1";
        QTest::newRow("two objects in a line") << QByteArray("{} {}") << "row"
                                               << "column 4";
        QTest::newRow("no completion") << QByteArray(R"({"prompt": "a", "answer": "b"})") << "completion"
                                       << "answer, prompt";
        QTest::newRow("no prompt") << QByteArray(R"({"completion": "b"})") << "prompt"
                                   << "missing";
        QTest::newRow("a number as prompt") << QByteArray(R"({"prompt": 3, "completion": "b"})") << "prompt"
                                            << "JSON number";
        QTest::newRow("null as completion")
            << QByteArray(R"({"prompt": "a", "completion": null})") << "completion"
            << "JSON null";
        QTest::newRow("an empty completion")
            << QByteArray(R"({"prompt": "a", "completion": ""})") << "completion"
            << "empty";
        QTest::newRow("a blank completion")
            << QByteArray(R"({"prompt": "a", "completion": " \n"})") << "completion"
            << "empty";
        QTest::newRow("invalid UTF-8")
            << QByteArray("{\"prompt\": \"a\xff\", \"completion\": \"b\"}") << "row"
            << "UTF-8 at byte 14";
        QTest::newRow("half a surrogate pair")
            << QByteArray(R"({"prompt": "\ud800", "completion": "b"})") << "row"
            << "JSON";
        QTest::newRow("a prompt that fills the length")
            << QByteArray(R"({"prompt": "123456789012345", "completion": "b"})") << "prompt"
            << "16 tokens";
        QTest::newRow("nesting without end") << QByteArray(5000, '[') << "row"
                                             << "";
    }
    void badRowsAreNamed() {
        QFETCH(QByteArray, row);
        QFETCH(QString, field);
        QFETCH(QString, reason);
        const std::string good = R"({"prompt": "p", "completion": "c"})";
        const DataReport result = report(good + "\n" + row.toStdString() + "\n" + good + "\n", 16);
        QCOMPARE(result.rows, std::int64_t{2});
        QCOMPARE(result.bad_rows.size(), std::size_t{1});
        QCOMPARE(result.bad_rows[0].line, std::int64_t{2});
        QCOMPARE(QString::fromStdString(result.bad_rows[0].field), field);
        QVERIFY2(QString::fromStdString(result.bad_rows[0].reason).contains(reason),
                 result.bad_rows[0].reason.c_str());
    }

    void allBadRowsComeAtOnceInOrder() {
        const DataReport result = report(
            "{\"prompt\": \"12345678\", \"completion\": \"c\"}\nx\n{\"prompt\": 1, \"completion\": 2}\n", 8);
        std::vector<std::pair<std::int64_t, std::string>> found;
        for (const BadRow& row : result.bad_rows) found.emplace_back(row.line, row.field);
        const std::vector<std::pair<std::int64_t, std::string>> expected = {
            {1, "prompt"}, {2, "row"}, {3, "prompt"}, {3, "completion"}};
        QCOMPARE(found, expected);
    }

    void loadingRefusesAFileWithBadRows() {
        const std::string failure =
            failure_of([&] { load("{\"prompt\": \"a\", \"completion\": \"b\"}\n\nx\ny\nz\nw\n"); });
        for (const char* part : {"4 problems", "rows.jsonl:3: row", "rows.jsonl:5", "1 more"})
            QVERIFY2(failure.find(part) != std::string::npos, failure.c_str());
    }

    void unusableFilesAreRefused_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("named");
        QTest::newRow("empty") << QByteArray() << "a.jsonl"
                               << "is empty";
        QTest::newRow("only blank lines") << QByteArray("\n \r\n\n") << "a.jsonl"
                                          << "is empty";
        QTest::newRow("only a byte order mark") << QByteArray("\xef\xbb\xbf") << "a.txt"
                                                << "is empty";
        QTest::newRow("one JSON array") << QByteArray("[{\"text\": \"a\"}]") << "a.json"
                                        << "one object per line";
        QTest::newRow("UTF-16") << QByteArray("\xff\xfe{\0", 4) << "a.jsonl"
                                << "UTF-16";
        QTest::newRow("binary") << QByteArray("ab\0cd", 5) << "a.bin"
                                << "not text";
        QTest::newRow("a table") << QByteArray("a,b\n1,2\n") << "a.csv"
                                 << "Convert it to JSONL";
    }
    void unusableFilesAreRefused() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, name);
        QFETCH(QString, named);
        DataRequest request;
        request.file = write(bytes.toStdString(), name.toStdString());
        const auto result = inspect_data(request);
        QVERIFY(!result.ok());
        QCOMPARE(result.error().code, ErrorCode::bad_input);
        const QString message = QString::fromStdString(result.error().message);
        QVERIFY2(message.contains(named) && message.contains(name), qPrintable(message));
    }

    void aMissingFileIsNamed() {
        DataRequest request;
        request.file = folder() / "nowhere.jsonl";
        const auto result = inspect_data(request);
        QVERIFY(!result.ok());
        QVERIFY(result.error().message.find("nowhere.jsonl") != std::string::npos);
    }

    void aByteOrderMarkCarriageReturnsAndBlankLinesAreAccepted() {
        const DataReport result = report(
            "\xef\xbb\xbf{\"prompt\": \"p\", \"completion\": \"c\"}\r\n\r\n{\"prompt\": \"q\", "
            "\"completion\": \"d\"}");
        QVERIFY(result.bad_rows.empty());
        QCOMPARE(result.rows, std::int64_t{2});
        QCOMPARE(result.preview[1].line, std::int64_t{3});
    }

    void formatsAreDetected_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("format");
        const QString pair = R"({"prompt": "a", "completion": "b"})", text = R"({"text": "ab"})";
        QTest::newRow("prompt and completion") << "a.jsonl" << pair << "jsonl prompt/completion";
        QTest::newRow("text") << "a.jsonl" << text << "jsonl text";
        QTest::newRow("prompt wins over text") << "a.jsonl"
                                               << R"({"prompt": "a", "completion": "b", "text": "c"})"
                                               << "jsonl prompt/completion";
        QTest::newRow("by content without a known ending") << "a.data" << text << "jsonl text";
        QTest::newRow("plain text by ending") << "a.txt" << pair << "plain text";
        QTest::newRow("plain text by content") << "a"
                                               << "Once upon a time"
                                               << "plain text";
    }
    void formatsAreDetected() {
        QFETCH(QString, name);
        QFETCH(QString, text);
        QFETCH(QString, format);
        const DataReport result = report(text.toStdString(), 64, name.toStdString());
        QCOMPARE(QString::fromStdString(result.format), format);
        QVERIFY(result.bad_rows.empty());
    }

    void withoutATokenizerRowsAreCountedOnly() {
        DataRequest request;
        request.file = write("{\"text\": \"a\"}\n{\"text\": \"b\"}\n");
        const DataReport result = inspect_data(request).value();
        QCOMPARE(result.rows, std::int64_t{2});
        QVERIFY(!result.tokenized && result.preview.empty() && result.total_tokens == 0);
    }

    void onlyCompletionAndEndAreTrained() {
        const Dataset data = load(R"({"prompt": "ab", "completion": "xyz"})");
        const Example& example = data.examples.at(0);
        QCOMPARE(example.ids, (std::vector<std::int32_t>{'a', 'b', '\n', 'x', 'y', 'z', end_of_text}));
        QCOMPARE(example.trained, (std::vector<std::uint8_t>{0, 0, 0, 1, 1, 1, 1}));
        QCOMPARE(data.trained_tokens, std::int64_t{4});
        QCOMPARE(data.largest_id, end_of_text);
        QCOMPARE(data.content_hash.size(), std::size_t{64});
    }

    void everythingButTheFirstTokenOfATextIsTrained() {
        const Example example = load(R"({"text": "abc"})").examples.at(0);
        QCOMPARE(example.ids, (std::vector<std::int32_t>{'a', 'b', 'c', end_of_text}));
        QCOMPARE(example.trained, (std::vector<std::uint8_t>{0, 1, 1, 1}));
    }

    void aTokenizerThatAddsBosAddsItOnce() {
        write_byte_tokenizer(folder(), true);
        const Example example = load(R"({"prompt": "a", "completion": "b"})").examples.at(0);
        QCOMPARE(example.ids, (std::vector<std::int32_t>{end_of_text, 'a', '\n', 'b', end_of_text}));
        QCOMPARE(example.trained, (std::vector<std::uint8_t>{0, 0, 0, 1, 1}));
        const auto prompt = encode_prompt(Tokenizer::load(folder()).value(), "a\n");
        QVERIFY(std::equal(prompt.begin(), prompt.end(), example.ids.begin()));
    }

    void specialTokensWrittenInDataStayText() {
        const Example example = load(R"({"prompt": "<|endoftext|>", "completion": "b"})").examples.at(0);
        QCOMPARE(example.ids.size(), std::size_t{13 + 1 + 1 + 1});
        QCOMPARE(std::count(example.ids.begin(), example.ids.end(), end_of_text), 1);
    }

    void longRowsAreCutOnTheRight() {
        const DataReport result = report(
            "{\"prompt\": \"ab\", \"completion\": \"vwxyz\"}\n"
            "{\"prompt\": \"ab\", \"completion\": \"v\"}\n",
            5);
        QCOMPARE(result.total_tokens, std::int64_t{9 + 5});
        QCOMPARE(result.truncated_tokens, std::int64_t{4});
        QCOMPARE(result.truncated_rows, std::int64_t{1});
        QCOMPARE(result.trained_tokens, std::int64_t{4});
        QCOMPARE(result.longest_row, std::int64_t{9});
        const auto& tokens = result.preview.at(0).tokens;
        QCOMPARE(tokens.size(), std::size_t{9});
        QVERIFY(tokens[4].trained && !tokens[4].cut && tokens[5].cut && !tokens[5].trained);
        const Dataset data = load("{\"prompt\": \"ab\", \"completion\": \"vwxyz\"}", 5);
        QCOMPARE(data.examples[0].ids.size(), std::size_t{5});
        QCOMPARE(data.examples[0].cut, std::int64_t{4});
        QCOMPARE(data.trained_tokens, std::int64_t{2});
    }

    void thePreviewIsReadable() {
        const DataReport result = report(R"({"prompt": "é", "completion": "a b"})");
        QCOMPARE(text_of(result.preview.at(0), false), std::string("\\xC3\\xA9\n"));
        QCOMPARE(text_of(result.preview.at(0), true), std::string("a b<|endoftext|>"));
    }

    void thePreviewShowsAsManyRowsAsAsked() {
        DataRequest request;
        request.file = write("{\"text\": \"ab\"}\n{\"text\": \"cd\"}\n{\"text\": \"ef\"}\n");
        request.model = folder();
        request.preview_rows = 2;
        QCOMPARE(inspect_data(request).value().preview.size(), std::size_t{2});
    }

    void theHistogramCountsEveryRowInRoundBins() {
        std::string text;
        for (int length = 1; length <= 300; ++length)
            text += "{\"text\": \"" + std::string(static_cast<std::size_t>(length), 'a') + "\"}\n";
        const DataReport result = report(text);
        const auto& bins = result.length_histogram;
        QVERIFY(bins.size() >= 10 && bins.size() <= 24);
        QCOMPARE(bins[0].from, std::int64_t{0});
        std::int64_t rows = 0;
        for (std::size_t i = 0; i < bins.size(); ++i) {
            QCOMPARE(bins[i].to - bins[i].from, std::int64_t{20});
            if (i > 0) QCOMPARE(bins[i].from, bins[i - 1].to);
            rows += bins[i].rows;
        }
        QCOMPARE(rows, std::int64_t{300});
        QCOMPARE(bins[1].rows, std::int64_t{20});
    }

    void plainTextBecomesWindowsThatTrainEveryTokenOnce() {
        const std::string text = "0123\n56789abcdef";
        const Dataset data = load(text, 6, "a.txt");
        QCOMPARE(data.format, std::string("plain text"));
        std::vector<std::int32_t> trained;
        for (const Example& window : data.examples) {
            QVERIFY(window.ids.size() <= 6);
            for (std::size_t i = 0; i < window.ids.size(); ++i)
                if (window.trained[i]) trained.push_back(window.ids[i]);
        }
        std::vector<std::int32_t> expected(text.begin() + 1, text.end());
        expected.push_back(end_of_text);
        QCOMPARE(trained, expected);
        QCOMPARE(data.examples[0].line, std::int64_t{1});
        QCOMPARE(data.examples[1].line, std::int64_t{2});
        QCOMPARE(data.examples[1].ids.front(), data.examples[0].ids.back());
    }

    void invalidBytesInPlainTextAreReportedByLine() {
        const DataReport result = report(
            "good\nb\xff"
            "d\nalso \xc3\n",
            64, "a.txt");
        QCOMPARE(result.bad_rows.size(), std::size_t{2});
        QCOMPARE(result.bad_rows[0].line, std::int64_t{2});
        QCOMPARE(result.bad_rows[1].line, std::int64_t{3});
        QVERIFY(result.bad_rows[1].reason.find("byte 6") != std::string::npos);
    }

    void templatesAreFilledOnceAndChecked() {
        QCOMPARE(apply_template("Q: {prompt}\nA: ", "why?"), std::string("Q: why?\nA: "));
        QCOMPARE(apply_template("{prompt}|{prompt}", "a"), std::string("a|a"));
        QCOMPARE(apply_template("<{prompt}>", "{prompt}"), std::string("<{prompt}>"));
        QVERIFY(failure_of([] { apply_template("Q:", "a"); }).find("{prompt}") != std::string::npos);
        DataRequest request;
        request.file = write(R"({"text": "ab"})");
        request.model = folder();
        request.prompt_template = "no place";
        QVERIFY(!inspect_data(request).ok());
        request.prompt_template = "{prompt}";
        request.seq_len = 1;
        QVERIFY(!inspect_data(request).ok());
    }

    void readingStopsOnRequest() {
        DataRequest request;
        request.file = write(R"({"text": "ab"})");
        request.model = folder();
        std::stop_source stop;
        stop.request_stop();
        const auto result = inspect_data(request, stop.get_token());
        QVERIFY(!result.ok());
        QCOMPARE(result.error().code, ErrorCode::interrupted);
    }

    void heldOutPromptsAreNeverTrained() {
        std::string text;
        for (int i = 0; i < 400; ++i)
            text += "{\"prompt\": \"p" + std::to_string(i / 4) + "\", \"completion\": \"c" +
                    std::to_string(i) + "\"}\n";
        const Dataset all = load(text);
        const Split split = split_held_out(all, 0.1, 1);
        QCOMPARE(split.held_out.examples.size(), std::size_t{40});
        QCOMPARE(split.train.examples.size(), std::size_t{360});
        QCOMPARE(split.train.trained_tokens + split.held_out.trained_tokens, all.trained_tokens);
        std::set<std::uint64_t> trained;
        for (const Example& example : split.train.examples) trained.insert(example.group);
        for (const Example& example : split.held_out.examples) QVERIFY(!trained.contains(example.group));
        const auto lines = [](const Dataset& data) {
            std::vector<std::int64_t> list;
            for (const Example& example : data.examples) list.push_back(example.line);
            return list;
        };
        const auto kept = lines(split.train);
        QVERIFY(std::is_sorted(kept.begin(), kept.end()));
        QCOMPARE(lines(split_held_out(all, 0.1, 1).held_out), lines(split.held_out));
        QVERIFY(lines(split_held_out(all, 0.1, 2).held_out) != lines(split.held_out));
    }

    void heldOutPartsAreNeverEmptyByAccident_data() {
        QTest::addColumn<int>("prompts");
        QTest::addColumn<double>("fraction");
        QTest::addColumn<int>("held");
        QTest::newRow("nothing asked") << 10 << 0.0 << 0;
        QTest::newRow("less than a row") << 10 << 0.001 << 1;
        QTest::newRow("one prompt only") << 1 << 0.5 << 0;
        QTest::newRow("two prompts") << 2 << 0.9 << 1;
    }
    void heldOutPartsAreNeverEmptyByAccident() {
        QFETCH(int, prompts);
        QFETCH(double, fraction);
        QFETCH(int, held);
        std::string text;
        for (int i = 0; i < prompts; ++i) text += "{\"text\": \"row " + std::to_string(i) + "\"}\n";
        const Split split = split_held_out(load(text), fraction, 3);
        QCOMPARE(split.held_out.examples.size(), static_cast<std::size_t>(held));
        QCOMPARE(split.train.examples.size(), static_cast<std::size_t>(prompts - held));
    }

    void batchesHoldRowsEndToEnd() {
        const Dataset data = load(
            "{\"prompt\": \"a\", \"completion\": \"xyz\"}\n{\"prompt\": \"b\", \"completion\": \"u\"}\n");
        const Batch batch = pack(data, std::vector<std::int64_t>{1, 0});
        QCOMPARE(batch.rows(), std::int64_t{2});
        QCOMPARE(batch.tokens(), std::int64_t{10});
        QCOMPARE(batch.ids, (std::vector<std::int64_t>{'b', '\n', 'u', 256, 'a', '\n', 'x', 'y', 'z', 256}));
        QCOMPARE(batch.labels,
                 (std::vector<std::int64_t>{-100, -100, 'u', 256, -100, -100, 'x', 'y', 'z', 256}));
        QCOMPARE(batch.offsets, (std::vector<std::int64_t>{0, 4, 10}));
        QCOMPARE(batch.trained_tokens, std::int64_t{6});
    }

    void realTextIsReadWhole() {
        const auto file = golden::folder("..") / "data" / "e2e" / "train.jsonl";
        SKIP_WITHOUT_GOLDEN(file);
        DataRequest request;
        request.file = file;
        request.model = folder();
        request.seq_len = 256;
        const DataReport result = inspect_data(request).value();
        QVERIFY(result.bad_rows.empty());
        QVERIFY(result.rows > 1000);
        QVERIFY(result.trained_tokens > 0 && result.trained_tokens < result.total_tokens);
    }
};

QTEST_APPLESS_MAIN(TstData)
#include "tst_data.moc"
