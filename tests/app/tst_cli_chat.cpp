// Conversations on the command line: checked, trained on, the template carried by the adapter, answered,
// exported.
#include "app/lwb_process.h"

#include <QDir>
#include <QtTest>

class TstCliChat : public QObject {
    Q_OBJECT

    LwbFolder folder_;
    QString rows_, template_, adapter_;

  private Q_SLOTS:
    void initTestCase() {
        if (!QFileInfo::exists(microModel())) QSKIP("tests/data/micro-llama is not there");
        QByteArray text;
        for (int i = 0; i < 24; ++i)
            text += "{\"messages\": [{\"role\": \"user\", \"content\": \"" + QByteArray::number(i) +
                    "\"}, {\"role\": \"assistant\", \"content\": \"row " + QByteArray::number(i) + "\"}]}\n";
        rows_ = folder_.write("chat.jsonl", text);
        template_ =
            folder_.write("mine.jinja",
                          "{% for m in messages %}{{ m.role ~ ': ' ~ m.content ~ eos_token }}{% endfor %}"
                          "{% if add_generation_prompt %}assistant: {% endif %}");
    }

    void aModelWithoutTemplateAsksForOne() {
        const auto data = folder_.run({"data", rows_, "--model", microModel()});
        QCOMPARE(data.exitCode, 2);
        QVERIFY2(data.err.contains("--chat-template"), data.err.constData());
        const auto train =
            folder_.run({"train", microModel(), "--data", rows_, "--steps", "1", "--seq-len", "48"});
        QCOMPARE(train.exitCode, 2);
        QVERIFY2(train.err.contains("--chat-template"), train.err.constData());
        QCOMPARE(folder_.run({"generate", microModel(), "--chat", "--prompt", "a"}).exitCode, 2);
        QCOMPARE(folder_.run({"generate", microModel()}).exitCode, 2);
    }

    void dataSaysWhatIsTrained() {
        const auto json =
            folder_.run({"data", rows_, "--model", microModel(), "--chat-template", template_, "--json"})
                .json();
        QCOMPARE(json["format"].toString(), QString("jsonl chat"));
        QCOMPARE(json["rows"].toInt(), 24);
        QVERIFY(json["trained_on"].toString().contains("assistant"));
        const int trained = json["tokens"].toObject()["trained"].toInt();
        QVERIFY(trained > 48 && trained < json["tokens"].toObject()["total"].toInt());
        const auto shown = folder_.run(
            {"data", rows_, "--model", microModel(), "--chat-template", template_, "--preview", "1"});
        QVERIFY2(shown.out.contains("user: 0<|eos|>assistant:« row 0<|eos|>»"), shown.out.constData());
    }

    void theAdapterCarriesItsTemplate() {
        const auto run =
            folder_.run({"train", microModel(), "--data", rows_, "--chat-template", template_, "--rank", "2",
                         "--steps", "2", "--batch-size", "2", "--seq-len", "48", "--name", "talk", "--json"});
        QVERIFY2(run.exitCode == 0, run.err.constData());
        adapter_ = run.json()["path"].toString();
        QVERIFY(QFileInfo::exists(adapter_ + "/chat_template.jinja"));
        const auto answer = folder_.run({"generate", microModel(), "--adapter", "talk", "--chat", "--prompt",
                                         "3", "--max-new-tokens", "4", "--json"});
        QVERIFY2(answer.exitCode == 0, answer.err.constData());
        QCOMPARE(answer.json()["outputs"].toArray().size(), 1);
        const QString messages = folder_.write(
            "m.json",
            R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}])");
        QCOMPARE(folder_
                     .run({"generate", microModel(), "--adapter", "talk", "--messages", messages,
                           "--max-new-tokens", "2"})
                     .exitCode,
                 0);
        const auto eval = folder_.run({"eval", microModel(), "--adapter", "talk", "--data", rows_, "--json"});
        QVERIFY2(eval.exitCode == 0, eval.err.constData());
    }

    void exportsCarryItToo() {
        if (adapter_.isEmpty()) QSKIP("nothing was trained");
        for (const QString& format : {QStringLiteral("hf"), QStringLiteral("peft")}) {
            const QString out = folder_.path("out-" + format);
            const auto result = folder_.run({"export", "talk", "--format", format, "--out", out, "--json"});
            QVERIFY2(result.exitCode == 0, result.err.constData());
            QFile written(out + "/chat_template.jinja"), given(template_);
            QVERIFY(written.open(QIODevice::ReadOnly) && given.open(QIODevice::ReadOnly));
            QCOMPARE(written.readAll(), given.readAll());
        }
    }
};

QTEST_APPLESS_MAIN(TstCliChat)
#include "tst_cli_chat.moc"
