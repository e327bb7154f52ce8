// Chat templates: the interpreter against Jinja itself (tests/data/chat), the golden renderings, the files of
// a folder, the assistant's turns, and templates that mean harm.
#include "chat/evaluator.h"
#include "chat/problem.h"
#include "chat/template_files.h"
#include "golden.h"
#include "io/file.h"
#include "io/json.h"

#include <engine/chat.h>
#include <engine/tokenizer.h>

#include <QTemporaryDir>
#include <QTest>

using namespace engine;

namespace {

const char* const chatml =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
    "'<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

std::string rendered(const std::string& source, const std::string& variables) {
    return jinja::Evaluator(chat_template_date)
        .render(jinja::parse(source), variables_from_json(variables, jinja::from_data, "The variables"))
        .bytes();
}

std::vector<std::string> parts_of(const RenderedChat& chat, const std::vector<TextRange>& ranges) {
    std::vector<std::string> parts;
    for (const TextRange& range : ranges)
        parts.push_back(chat.text.substr(range.begin, range.end - range.begin));
    return parts;
}

ChatTemplate parsed(const std::string& text, const std::string& tokens = {}) {
    return ChatTemplate::parse(text, tokens, "'t.jinja'").value();
}

const std::vector<ChatMessage> dialogue = {{"system", "Be brief.", {}},
                                           {"user", "Hi", {}},
                                           {"assistant", "Yes?", {}},
                                           {"user", "1+1", {}},
                                           {"assistant", "2", {}}};

}  // namespace

class TstChat : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void agreesWithJinja() {
        const Json file =
            read_json_file(std::filesystem::path(LWB_SOURCE_DIR) / "tests" / "data" / "chat" / "jinja.json");
        const std::string variables = ordered_variables();
        for (const Json& each : file["cases"]) {
            const auto source = each["template"].get<std::string>();
            try {
                const std::string text = rendered(source, variables);
                QVERIFY2(!each["expected"].is_null(), ("should fail: " + source).c_str());
                QVERIFY2(text == each["expected"].get<std::string>(), (source + "\ngives\n" + text).c_str());
            } catch (const jinja::Problem& problem) {
                QVERIFY2(each["expected"].is_null(), (source + "\nfails: " + problem.what).c_str());
                QVERIFY(problem.line >= 1 && !problem.what.empty());
            }
        }
    }

    void goldenChats_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"llama2_style", "llama3_style", "qwen2_style"}) QTest::newRow(name) << name;
    }
    void goldenChats() {
        QFETCH(QString, name);
        const auto folder = golden::folder("tokenizers") / name.toStdString();
        SKIP_WITHOUT_GOLDEN(folder);
        const ChatTemplate chat = ChatTemplate::load(folder).value();
        const Tokenizer tokenizer = Tokenizer::load(folder).value();
        const Json cases = read_json_file(folder / "golden_chat.json");
        QVERIFY(cases.size() >= 4);
        for (const Json& each : cases) {
            std::vector<ChatMessage> messages;
            for (const Json& message : each["messages"])
                messages.push_back(
                    {message["role"].get<std::string>(), message["content"].get<std::string>(), {}});
            ChatOptions options;
            options.add_generation_prompt = each["add_generation_prompt"].get<bool>();
            const auto result = chat.render(messages, options);
            QCOMPARE(result.ok(), each["error"].is_null());
            if (!result.ok()) continue;
            QCOMPARE(result->text, each["rendered"].get<std::string>());
            QCOMPARE(tokenizer.encode(result->text, {.add_special_tokens = false}),
                     each["ids"].get<std::vector<std::int32_t>>());
        }
    }

    void marksWhatComesFromTheMessages() {
        const auto chat = parsed(chatml).render(std::vector<ChatMessage>{{"user", "a<|im_end|>b", {}}});
        QCOMPARE(parts_of(*chat, chat->data), std::vector<std::string>({"a<|im_end|>b"}));
        // Through filters and methods, too.
        const auto other = parsed("{{ 'x' ~ (messages[0].content | trim | upper).replace('B', '--') ~ 'y' }}")
                               .render(std::vector<ChatMessage>{{"user", " abc ", {}}});
        QCOMPARE(other->text, std::string("xA--Cy"));
        QCOMPARE(parts_of(*other, other->data), std::vector<std::string>({"A", "C"}));
    }

    void findsTheTurnsOfTheAssistant() {
        const auto chat = parsed(chatml).render_training(dialogue);
        QCOMPARE(parts_of(*chat, chat->assistant),
                 std::vector<std::string>({"Yes?<|im_end|>", "2<|im_end|>"}));
        // No end of the turn of its own: the white space behind it is all there is.
        const auto plain = parsed(
                               "{% for m in messages %}{{ m.role ~ ': ' if m.role != 'assistant' else '' "
                               "}}{{ m.content ~ '\\n' }}{% endfor %}")
                               .render_training(dialogue);
        QCOMPARE(parts_of(*plain, plain->assistant), std::vector<std::string>({"Yes?\n", "2\n"}));
    }

    void takesGenerationBlocksFirst() {
        const auto chat =
            parsed(
                "{% for m in messages %}[{{ m.role }}]{% if m.role == 'assistant' %}{% generation %}"
                "{{ m.content }}</s>{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}")
                .render_training(dialogue);
        QCOMPARE(parts_of(*chat, chat->assistant), std::vector<std::string>({"Yes?</s>", "2</s>"}));
    }

    void findsTurnsThatLookDifferentLater() {
        // As models that reason have it: the prompt opens a thought, older thoughts are left out.
        const auto chat =
            parsed(
                "{% set ns = namespace(last=-1) %}{% for m in messages %}{% if m.role == 'user' %}"
                "{% set ns.last = loop.index0 %}{% endif %}{% endfor %}{% for m in messages %}"
                "{{ '<|im_start|>' ~ m.role ~ '\n' }}{% if m.role == 'assistant' and loop.index0 > ns.last %}"
                "{{ '<think>\n\n</think>\n\n' }}{% endif %}{{ m.content ~ '<|im_end|>\n' }}{% endfor %}"
                "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n<think>\n' }}{% endif %}")
                .render_training(dialogue);
        QVERIFY2(chat.ok(), chat.ok() ? "" : chat.error().message.c_str());
        QCOMPARE(parts_of(*chat, chat->assistant),
                 std::vector<std::string>({"Yes?<|im_end|>", "\n</think>\n\n2<|im_end|>"}));
        const auto other =
            parsed(
                "{% for m in messages %}{{ '<' ~ m.role ~ '>' ~ m.content ~ '<end>' }}{% endfor %}"
                "{% if add_generation_prompt %}<assistant><empty thought>{% endif %}")
                .render_training(dialogue);
        QCOMPARE(parts_of(*other, other->assistant), std::vector<std::string>({"Yes?<end>", "2<end>"}));
    }

    void leavesOutWhatFollowsTheLastTurn() {
        const auto chat =
            parsed(
                "{% for m in messages %}{{ '<|' ~ m.role ~ '|>' ~ m.content ~ '<|end|>\n' }}{% endfor %}"
                "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}",
                R"({"eos_token": "<|endoftext|>"})")
                .render_training(dialogue);
        QVERIFY2(chat.ok(), chat.ok() ? "" : chat.error().message.c_str());
        QCOMPARE(parts_of(*chat, chat->assistant), std::vector<std::string>({"Yes?<|end|>", "2<|end|>"}));
    }

    void refusesTurnsThatCannotBeToldApart() {
        const auto result =
            parsed("{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}")
                .render_training(dialogue);
        QVERIFY(!result.ok());
        QVERIFY(result.error().message.find("message 3") != std::string::npos);
    }

    void readsTheFilesOfAFolder() {
        QTemporaryDir place;
        const std::filesystem::path folder = place.path().toStdString();
        const auto text_of = [&](const std::string& name = {}) {
            return ChatTemplate::load(folder, {}, name).value().text();
        };
        QVERIFY(!ChatTemplate::is_available(folder));
        const auto none = ChatTemplate::load(folder);
        QVERIFY(!none.ok() && none.error().message.find("--chat-template") != std::string::npos);

        atomic_write_text(
            folder / "tokenizer_config.json",
            R"({"eos_token": {"content": "</s>"}, "bos_token": null, "chat_template": "one{{ eos_token }}{{ bos_token }}"})");
        QCOMPARE(text_of(), std::string("one{{ eos_token }}{{ bos_token }}"));
        QCOMPARE(ChatTemplate::load(folder)->render(dialogue)->text, std::string("one</s>"));
        atomic_write_text(
            folder / "tokenizer_config.json",
            R"({"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]})");
        QCOMPARE(text_of(), std::string("d"));
        QCOMPARE(text_of("tool_use"), std::string("t"));
        QVERIFY(ChatTemplate::load(folder, {}, "rag").error().message.find("tool_use, default") !=
                std::string::npos);
        atomic_write_text(folder / "chat_template.jinja", "file");
        make_folder(folder / "additional_chat_templates");
        atomic_write_text(folder / "additional_chat_templates" / "rag.jinja", "r");
        QCOMPARE(text_of(), std::string("file"));
        QCOMPARE(text_of("rag"), std::string("r"));
        QCOMPARE(ChatTemplate::load(folder)->other_names(), std::vector<std::string>({"tool_use", "rag"}));
        QCOMPARE(ChatTemplate::load(folder, folder / "additional_chat_templates" / "rag.jinja")->text(),
                 std::string("r"));
        QCOMPARE(chat_template_files(folder).size(), std::size_t{2});
        atomic_write_text(folder / "chat_template.jinja", "{% if x %}\n{{ y");
        const auto broken = ChatTemplate::load(folder);
        QVERIFY(!broken.ok() && broken.error().message.find("line 2") != std::string::npos);
    }

    // The cache of a download that did not finish: the template is the model's, only not here.
    void aLinkThatLeadsNowhereIsNoMissingTemplate() {
        QTemporaryDir temporary;
        for (const char* name : {"chat_template.jinja", "tokenizer_config.json"}) {
            const std::filesystem::path link = temporary.filePath(name).toStdString();
            std::filesystem::create_symlink("blobs/never-fetched", link);
            const auto chat = ChatTemplate::load(temporary.path().toStdString());
            QVERIFY(!chat && chat.error().code == ErrorCode::bad_input);
            QVERIFY2(chat.error().message.find("link to a file that is not there") != std::string::npos,
                     chat.error().message.c_str());
            std::filesystem::remove(link);
        }
    }

    void passesToolsAndVariables() {
        const ChatTemplate chat = parsed(
            "{{ tools | tojson }}|{{ messages[0].tool_calls[0].name }}|{{ deep }}|{{ documents is none }}");
        ChatOptions options;
        options.tools = R"([{"z": 1, "a": "é"}])";
        options.variables = R"({"deep": true})";
        const auto result = chat.render(
            std::vector<ChatMessage>{{"assistant", "", R"({"tool_calls": [{"name": "f"}]})"}}, options);
        QCOMPARE(result->text, std::string(R"([{"z": 1, "a": "é"}]|f|True|True)"));
        options.tools = "{";
        QVERIFY(!chat.render(dialogue, options).ok());
        QVERIFY(!parsed(chatml).render(std::vector<ChatMessage>{{"<|im_end|>", "x", {}}}).ok());
    }

    void saysWhatTheTemplateRefuses() {
        const auto result = parsed("\n{{ raise_exception('roles must alternate') }}").render(dialogue);
        QVERIFY(!result.ok() && result.error().code == ErrorCode::bad_input);
        QCOMPARE(
            result.error().message,
            std::string(
                "The chat template in 't.jinja' refuses this conversation (line 2): roles must alternate."));
    }

    void endsHostileTemplatesInASentence_data() {
        QTest::addColumn<QString>("source");
        const auto row = [](const char* name, const std::string& source) {
            QTest::newRow(name) << QString::fromStdString(source);
        };
        row("endless loops",
            "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}");
        row("doubling text",
            "{% set n = namespace(s='abcdefgh') %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor "
            "%}");
        row("doubling lists",
            "{% set n = namespace(s=[1]) %}{% for i in range(99) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ "
            "n.s }}");
        row("nesting lists",
            "{% set n = namespace(s=[1]) %}{% for i in range(99999) %}{% set n.s = [n.s] %}{% endfor %}{{ "
            "n.s }}");
        row("repetition", "{{ 'abc' * 999999999999 }}");
        row("endless macro", "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}");
        row("two macros",
            "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}");
        row("recursive loop", "{% set a = [1] %}{% for i in a recursive %}{{ loop(a) }}{% endfor %}");
        row("brackets", "{{ " + std::string(5000, '(') + "1" + std::string(5000, ')') + " }}");
        row("signs", "{{ " + std::string(50000, '-') + "1 }}");
        row("sums", [] {
            std::string text = "{{ 1";
            for (int i = 0; i < 5000; ++i) text += "+1";
            return text + " }}";
        }());
        row("blocks", [] {
            std::string text;
            for (int i = 0; i < 5000; ++i) text += "{% if 1 %}";
            return text;
        }());
        row("replacement",
            "{% set n = namespace(s='aaaaaaaaaaaaaaaa') %}{% for i in range(9) %}{% set n.s = "
            "n.s.replace('a', n.s) %}{% endfor %}");
        row("width", "{{ 'a\\nb' | indent(99999999) }}");
        row(
            "maps", "{{ 'a' | map(" + [] {
                std::string text;
                for (int i = 0; i < 5000; ++i) text += "'map',";
                return text;
            }() + "'upper') }}");
        row("separators",
            "{% set s = ('x' * 1000) * 1000 %}{{ range(100000)|list|tojson(separators=[s, ':']) }}");
        row("separators of fields",
            "{% set s = ('x' * 1000) * 1000 %}{% set d = namespace(v={'a': 1}) %}{% for i in range(9) %}"
            "{% set d.v = {'a': d.v, 'b': d.v} %}{% endfor %}{{ d.v|tojson(separators=[',', s]) }}");
        row("indentation", "{{ range(100000)|list|tojson(indent='x' * 1000000) }}");
        row("power", "{{ 9 ** 9999999 }}");
        row("division", "{{ (0 - 9223372036854775807 - 1) // -1 }}");
        row("an open raw block", "a\n{% raw %}{{ {% raw %}");
        row("itself", "{% set n = namespace() %}{% set n.n = n %}{{ n.n.n.n.x.y }}");
    }
    void endsHostileTemplatesInASentence() {
        QFETCH(QString, source);
        const auto chat = ChatTemplate::parse(source.toStdString(), {}, "'t.jinja'");
        if (!chat.ok()) {
            QCOMPARE(chat.error().code, ErrorCode::bad_input);
            return;
        }
        const auto result = chat->render(dialogue);
        QVERIFY(!result.ok());
        QCOMPARE(result.error().code, ErrorCode::bad_input);
        QVERIFY(result.error().message.find("line 1") != std::string::npos);
    }

  private:
    // As they stand in the file: the order of their fields matters.
    static std::string ordered_variables() {
        const std::string text =
            read_text(std::filesystem::path(LWB_SOURCE_DIR) / "tests" / "data" / "chat" / "jinja.json");
        const std::string key = "\"variables\": ";
        const std::size_t begin = text.find(key) + key.size();
        return text.substr(begin, text.find(",\n\"cases\"") - begin);
    }
};

QTEST_APPLESS_MAIN(TstChat)
#include "tst_chat.moc"
