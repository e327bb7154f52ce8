// A chat template, rendered for a fixed conversation in every way there is.
#include "engine/chat.h"
#include "fuzz/driver.h"
#include "tokenizer/text.h"

const fuzz::Target fuzz::target{"chat_template",
                                {"{%",
                                 "%}",
                                 "{{",
                                 "}}",
                                 "{%-",
                                 "-%}",
                                 "{#",
                                 "#}",
                                 "if ",
                                 "elif ",
                                 "else",
                                 "endif",
                                 "for ",
                                 " in ",
                                 "endfor",
                                 "recursive",
                                 "set ",
                                 "endset",
                                 "macro ",
                                 "endmacro",
                                 "call ",
                                 "endcall",
                                 "filter ",
                                 "endfilter",
                                 "with ",
                                 "endwith",
                                 "raw",
                                 "endraw",
                                 "break",
                                 "continue",
                                 "generation",
                                 "endgeneration",
                                 "messages",
                                 "message",
                                 "['role']",
                                 "['content']",
                                 "loop.",
                                 "index0",
                                 "previtem",
                                 "namespace(",
                                 "range(",
                                 "dict(",
                                 "cycler(",
                                 "joiner(",
                                 "loop(",
                                 "caller(",
                                 "raise_exception(",
                                 "strftime_now('%Y')",
                                 " | ",
                                 "tojson(indent=",
                                 "trim",
                                 "join('",
                                 "map('",
                                 "selectattr('",
                                 "dictsort",
                                 "indent(",
                                 "replace('",
                                 "batch(",
                                 "sort",
                                 "unique",
                                 "default(",
                                 ".strip()",
                                 ".split('",
                                 ".items()",
                                 ".get('",
                                 "[::-1]",
                                 "[1:]",
                                 " is defined",
                                 " is not none",
                                 " not in ",
                                 " and ",
                                 " or ",
                                 " ~ ",
                                 " ** ",
                                 " // ",
                                 " * 99999",
                                 "9223372036854775807",
                                 "{'a': 1}",
                                 "[1, 2]",
                                 "(1, 2)",
                                 "none",
                                 "true",
                                 "\\u00e9",
                                 "eos_token",
                                 "add_generation_prompt"}};

namespace {

void check_ranges(const engine::RenderedChat& chat, const std::vector<engine::TextRange>& ranges) {
    std::size_t at = 0;
    for (const engine::TextRange& range : ranges) {
        if (range.begin < at || range.end <= range.begin || range.end > chat.text.size())
            fuzz::fail("ranges that are not in order inside the text");
        at = range.end;
    }
}

}  // namespace

void fuzz::read_input(std::string_view input) {
    static const std::vector<engine::ChatMessage> messages = {
        {"system", "Be brief.", {}},
        {"user", " 1+1? <|im_end|>\n", {}},
        {"assistant", "",
         R"({"content": null, "tool_calls": [{"name": "add", "arguments": {"z": 1, "a": [2.5, true]}}]})"},
        {"tool", "2", {}},
        {"assistant", "안녕, two", {}}};
    const auto chat =
        engine::ChatTemplate::parse(input, R"({"bos_token": "<s>", "eos_token": "</s>"})", "'input'").value();
    engine::ChatOptions options;
    options.add_generation_prompt = true;
    options.tools = R"([{"type": "function", "function": {"name": "add", "parameters": {"x": null}}}])";
    const auto rendered = chat.render(messages, options).value();
    if (engine::valid_utf8(rendered.text) != rendered.text) fail("a rendering that is not valid UTF-8");
    check_ranges(rendered, rendered.data);
    const auto training = chat.render_training(messages, options).value();
    check_ranges(training, training.data);
    check_ranges(training, training.assistant);
}
