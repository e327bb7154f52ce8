#include "command.h"
#include "output.h"

#include <engine/tokenizer.h>

namespace commands {

namespace {

struct TokenizeCommand {
    std::string model;
    std::optional<std::string> text;
    std::optional<std::string> file;
    bool no_special = false;
};

struct DetokenizeCommand {
    std::string model;
    std::vector<int32_t> ids;
    bool skip_special = false;
};

engine::Tokenizer load_tokenizer(Session& session, const std::string& model) {
    return engine::Tokenizer::load(session.workbench().resolve_model(model).value()).value();
}

int tokenize(const TokenizeCommand& command, Session& session) {
    if (command.text.has_value() == command.file.has_value())
        engine::fail_input("Nothing definite to tokenize: give either --text or --file.");
    const auto tokenizer = load_tokenizer(session, command.model);
    const std::string text = command.text ? *command.text : read_file(*command.file);
    const auto ids = tokenizer.encode(text, {.add_special_tokens = !command.no_special});
    if (session.json) {
        Json tokens = Json::array();
        for (const auto id : ids) tokens.push_back(tokenizer.token(id));
        print_json({{"ids", ids}, {"tokens", tokens}});
        return 0;
    }
    Table table({"ID", "TOKEN"});
    for (const auto id : ids) table.add({std::to_string(id), tokenizer.token(id)});
    table.print();
    return 0;
}

int detokenize(const DetokenizeCommand& command, Session& session) {
    const auto tokenizer = load_tokenizer(session, command.model);
    for (const auto id : command.ids)
        if (!tokenizer.contains(id))
            engine::fail_input("Token id " + std::to_string(id) + " (--ids) is not in the vocabulary of '" +
                               command.model + "', whose largest id is " +
                               std::to_string(tokenizer.vocab_size() - 1) + ".");
    const std::string text = tokenizer.decode(command.ids, command.skip_special);
    if (session.json)
        print_json({{"text", text}});
    else
        print_line(text);
    return 0;
}

}  // namespace

void add_tokenize(CLI::App& app, Action& action) {
    auto options = std::make_shared<TokenizeCommand>();
    auto* command =
        app.add_subcommand("tokenize", "Text to token ids; a folder with tokenizer files is enough");
    command->add_option("model", options->model, "Model folder or builtin:NAME")->required();
    command->add_option("--text", options->text, "The text");
    command->add_option("--file", options->file, "A file with the text");
    command->add_flag("--no-special", options->no_special, "Add no special tokens around the text");
    on_run(command, action, options, tokenize);

    auto back_options = std::make_shared<DetokenizeCommand>();
    auto* back = app.add_subcommand("detokenize", "Token ids to text");
    back->add_option("model", back_options->model, "Model folder or builtin:NAME")->required();
    back->add_option("--ids", back_options->ids, "Ids, separated by commas")->delimiter(',')->required();
    back->add_flag("--skip-special", back_options->skip_special, "Leave special tokens out");
    on_run(back, action, back_options, detokenize);
}

}  // namespace commands
