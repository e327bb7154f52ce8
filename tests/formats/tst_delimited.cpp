// Tables with labelled rows: what tabs, commas and quotes mean, and that every fault is named with its line.
#include "data/delimited.h"
#include "data/labelled_rows.h"

#include <engine/error.h>

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace engine;

namespace {

using Cells = std::vector<std::string>;

std::vector<DelimitedRecord> all(std::string_view text, Delimited kind) {
    std::vector<DelimitedRecord> records;
    DelimitedReader reader(text, kind);
    for (DelimitedRecord record; reader.next(record);) records.push_back(record);
    return records;
}

}  // namespace

class TstDelimited : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;

    LabelledRows read(const char* name, const std::string& text) {
        const auto file = std::filesystem::path(folder_.path().toStdString()) / name;
        std::ofstream(file, std::ios::binary) << text;
        return read_labelled_rows(file);
    }
    std::string refusal(const char* name, const std::string& text) {
        try {
            read(name, text);
        } catch (const Failure& failure) {
            return failure.what();
        }
        return {};
    }

  private Q_SLOTS:
    void tabsSeparateAndQuotesAreText() {
        const auto records = all("a\tb\n\"x\ty\"\tz\"\r\n\n\t\n", Delimited::tsv);
        QCOMPARE(records.size(), std::size_t{3});
        QCOMPARE(records[0].cells, (Cells{"a", "b"}));
        QCOMPARE(records[1].cells, (Cells{"\"x", "y\"", "z\""}));
        QCOMPARE(records[1].line, int64_t{2});
        QCOMPARE(records[2].cells, (Cells{"", ""}));
        QCOMPARE(records[2].line, int64_t{4});
    }

    void quotedCellsHoldCommasQuotesAndLines() {
        const auto records = all("a,\"b, \"\"c\"\"\"\r\n\"two\nlines\",\"\"\nlast,", Delimited::csv);
        QCOMPARE(records.size(), std::size_t{3});
        QCOMPARE(records[0].cells, (Cells{"a", "b, \"c\""}));
        QCOMPARE(records[1].cells, (Cells{"two\nlines", ""}));
        QCOMPARE(records[1].line, int64_t{2});
        QCOMPARE(records[2].cells, (Cells{"last", ""}));
        QCOMPARE(records[2].line, int64_t{4});
        for (const auto& record : records) QVERIFY(record.problem.empty());
    }

    void faultsOfQuotingAreNamed_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("problem");
        QTest::addColumn<int>("line");
        QTest::newRow("inside") << QByteArray("a,b\nx\"y,z\nc,d\n") << QByteArray("inside") << 2;
        QTest::newRow("behind") << QByteArray("a,b\n\"x\"y,z\nc,d\n") << QByteArray("behind") << 2;
        QTest::newRow("open") << QByteArray("a,b\nc,d\n\"x,z\n") << QByteArray("never closed") << 3;
        QTest::newRow("bytes") << QByteArray("a,b\n\xff,z\nc,d\n") << QByteArray("UTF-8") << 2;
    }
    void faultsOfQuotingAreNamed() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, problem);
        QFETCH(int, line);
        int bad = 0;
        const auto records = all(std::string_view(text.constData(), static_cast<std::size_t>(text.size())), Delimited::csv);
        for (const auto& record : records) {
            if (record.problem.empty()) continue;
            ++bad;
            QVERIFY2(QByteArray::fromStdString(record.problem).contains(problem), record.problem.c_str());
            QCOMPARE(record.line, int64_t{line});
        }
        QCOMPARE(bad, 1);
        QCOMPARE(records.size(), std::size_t{3});  // the others are read
    }

    void tablesOfGlueAreRead_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("pair");
        QTest::addColumn<QByteArray>("label");
        QTest::addColumn<int>("task");
        const auto is = [](Task task) { return static_cast<int>(task); };
        QTest::newRow("sst-2") << QByteArray("sentence\tlabel\nhide \"new\" secretions \t0\n") << false << QByteArray("0")
                               << is(Task::classification);
        QTest::newRow("rte") << QByteArray("index\tsentence1\tsentence2\tlabel\n0\ta\tb\tnot_entailment\n") << true
                             << QByteArray("\"not_entailment\"") << is(Task::classification);
        QTest::newRow("qnli") << QByteArray("index\tquestion\tsentence\tlabel\n0\ta\tb\tentailment\n") << true
                              << QByteArray("\"entailment\"") << is(Task::classification);
        QTest::newRow("qqp") << QByteArray("id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\ta\tb\t1\n") << true
                             << QByteArray("1") << is(Task::classification);
        QTest::newRow("mrpc") << QByteArray("Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t2\t3\ta\tb\n") << true
                              << QByteArray("1") << is(Task::classification);
        QTest::newRow("mnli") << QByteArray("index\tsentence1\tsentence2\tlabel1\tgold_label\n0\ta\tb\tneutral\tneutral\n") << true
                              << QByteArray("\"neutral\"") << is(Task::classification);
        QTest::newRow("sts-b") << QByteArray("index\tsentence1\tsentence2\tscore\n0\ta\tb\t3.800\n1\tc\td\t5\n") << true
                               << QByteArray("3.8") << is(Task::regression);
    }
    void tablesOfGlueAreRead() {
        QFETCH(QByteArray, text);
        QFETCH(bool, pair);
        QFETCH(QByteArray, label);
        QFETCH(int, task);
        const LabelledRows file = read("glue.tsv", "\xef\xbb\xbf" + text.toStdString());
        QCOMPARE(file.format, std::string("tsv labelled"));
        QVERIFY(file.bad_rows.empty());
        QCOMPARE(file.rows[0].line, int64_t{2});
        QCOMPARE(file.rows[0].second.has_value(), pair);
        QCOMPARE(dump_json(file.rows[0].label, -1), label.toStdString());
        QCOMPARE(static_cast<int>(task_of_labels(file).value()), task);
        QCOMPARE(static_cast<int>(task_of_labels(file.path).value()), task);
    }

    void namesAreNoNumbers() {
        const auto file = read("names.csv", "text,label\na,007\nb,-1\nc,nan\nd,1e2\ne,1.\nf,\"x, y\"\n");
        Cells labels;
        for (const auto& row : file.rows) labels.push_back(dump_json(row.label, -1));
        QCOMPARE(labels, (Cells{"\"007\"", "-1", "\"nan\"", "100.0", "\"1.\"", "\"x, y\""}));
    }

    void badRowsKeepTheirLines() {
        const auto file = read("bad.csv", "text,label\ngood,1\nthree,1,2\n,1\nlast,\n\"a\nb\",0\nfine,1\n");
        QCOMPARE(file.rows.size(), std::size_t{3});
        QCOMPARE(file.rows[2].line, int64_t{8});
        QCOMPARE(file.bad_rows.size(), std::size_t{3});
        QCOMPARE(file.bad_rows[0].line, int64_t{3});
        QVERIFY(file.bad_rows[0].reason.find("3 cells") != std::string::npos);
        QCOMPARE(file.bad_rows[1].field, std::string("text"));
        QCOMPARE(file.bad_rows[2].field, std::string("label"));
    }

    void headersThatSayTooLittleAreRefused() {
        // CoLA has none.
        QVERIFY(refusal("cola.tsv", "gj04\t1\t\tOur friends.\n").find("sentence1") != std::string::npos);
        QVERIFY(refusal("twice.csv", "text,label,label\na,1,1\n").find("twice") != std::string::npos);
        QVERIFY(refusal("none.csv", "text,kind\na,1\n").find("\"kind\"") != std::string::npos);
        QVERIFY(refusal("empty.csv", "text,label\n").find("empty") != std::string::npos);
        QVERIFY(refusal("table.xml", "text,label\n").find("TSV") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TstDelimited)
#include "tst_delimited.moc"
