#include "command.h"
#include "format.h"
#include "output.h"

#include <engine/generator.h>

#include <cstdio>

namespace commands {

namespace {

struct GenerateCommand {
    std::string model;
    std::vector<std::string> adapters;
    std::optional<std::string> prompt, prompt_template, messages_file;
    std::string system, chat_template;
    bool raw = false;
    bool chat = false;
    engine::GenerateRequest request;
    std::string dtype = "f32";
};

struct Speaker {
    std::string ref;  // empty: the base
    std::filesystem::path path;
    std::string prompt;
    std::filesystem::path chat_template;
};

std::string through_template(const std::string& prompt_template, const std::string& prompt) {
    static const std::string place = "{prompt}";
    const auto at = prompt_template.find(place);
    if (at == std::string::npos)
        engine::fail_input("Template '" + prompt_template +
                           "' (--template) has no {prompt} in it. Say where the prompt goes.");
    return std::string(prompt_template).replace(at, place.size(), prompt);
}

bool is_chat(const GenerateCommand& command) {
    return command.chat || command.messages_file;
}

// The prompt as the model saw prompts in training: through the template of the adapter's run, unless told
// otherwise.
std::string prompt_for(const GenerateCommand& command, const std::optional<engine::ExperimentSpec>& spec) {
    const std::string prompt = command.prompt.value_or("");
    if (command.raw || is_chat(command)) return prompt;
    if (command.prompt_template) return through_template(*command.prompt_template, prompt);
    if (spec) return through_template(spec->data.prompt_template, prompt);
    return prompt;
}

std::vector<Speaker> speakers(const GenerateCommand& command, workbench::Workbench& workbench) {
    std::vector<Speaker> all;
    for (const auto& ref : command.adapters) {
        const auto adapter = workbench.resolve_adapter(ref).value();
        Speaker speaker{ref, adapter.path, prompt_for(command, adapter.spec), command.chat_template};
        if (is_chat(command) && command.chat_template.empty())
            speaker.chat_template = engine::carried_chat_template(adapter.path);
        all.push_back(std::move(speaker));
    }
    if (all.empty()) all.push_back({{}, {}, prompt_for(command, {}), command.chat_template});
    return all;
}

// The conversation so far; empty when the prompt is a text to go on with.
std::vector<engine::ChatMessage> messages_of(const GenerateCommand& command) {
    std::vector<engine::ChatMessage> messages;
    if (!command.prompt && !command.messages_file)
        engine::fail_input("There is nothing to continue. Give --prompt, or --messages with a conversation.");
    if (!is_chat(command)) {
        if (!command.system.empty() || !command.chat_template.empty())
            engine::fail_input("--system and --chat-template are for conversations. Add --chat.");
        return messages;
    }
    if (!command.system.empty()) messages.push_back({"system", command.system, {}});
    if (command.messages_file) {
        const auto before = engine::messages_from_json(read_file(*command.messages_file));
        messages.insert(messages.end(), before.value().begin(), before.value().end());
    }
    if (command.prompt) messages.push_back({"user", *command.prompt, {}});
    return messages;
}

int generate(const GenerateCommand& command, Session& session) {
    auto& workbench = session.workbench();
    auto request = command.request;
    request.model = workbench.resolve_model(command.model).value();
    request.precision = engine::precision_from(command.dtype).value();
    request.messages = messages_of(command);
    const auto all = speakers(command, workbench);
    const auto stop = session.stop_token();
    engine::prepare_compute_thread();

    Json outputs = Json::array();
    engine::Generator generator;  // the base is read once, whatever the prompts and templates
    // Adapters with the same prompt and template are one request.
    for (std::size_t begin = 0; begin < all.size();) {
        std::size_t end = begin;
        request.prompt = all[begin].prompt;
        request.chat_template = all[begin].chat_template;
        request.adapters.clear();
        while (end < all.size() && all[end].prompt == request.prompt &&
               all[end].chat_template == request.chat_template)
            request.adapters.push_back(all[end++].path);
        std::size_t heard = all.size();
        const auto on_text = [&](std::size_t index, const std::string& piece) {
            if (session.json) return;
            if (all.size() > 1 && heard != index) print_line("\n" + (all[begin + index].ref) + ":");
            heard = index;
            std::fputs(piece.c_str(), stdout);
            std::fflush(stdout);
        };
        const auto results = generator.generate(request, on_text, stop).value();
        for (std::size_t i = 0; i < results.size(); ++i)
            outputs.push_back({{"adapter", all[begin + i].ref.empty() ? Json() : Json(all[begin + i].ref)},
                               {"text", results[i].text},
                               {"ids", results[i].ids},
                               {"tokens_per_second", results[i].tokens_per_second},
                               {"prompt", request.prompt}});
        begin = end;
    }
    if (session.json)
        print_json({{"outputs", outputs}});
    else
        print_line("");
    return 0;
}

}  // namespace

void add_generate(CLI::App& app, Action& action) {
    auto options = std::make_shared<GenerateCommand>();
    auto& request = options->request;
    auto* command = app.add_subcommand("generate", "Continue a prompt, with adapters or without");
    command->add_option("model", options->model, "Model folder or builtin:NAME")->required();
    command->add_option("--adapter", options->adapters, "Catalog id, name or PEFT folder; may be repeated")
        ->type_size(1)
        ->allow_extra_args(false);
    command->add_option("--prompt", options->prompt, "The prompt; with --chat what the user says");
    auto* chat = command->add_flag("--chat", options->chat,
                                   "Answer as the assistant, through the chat template, until the turn ends");
    command->add_option("--system", options->system, "With --chat: the system message in front");
    command->add_option("--messages", options->messages_file,
                        "JSON file with the conversation so far: a list of {role, content}; implies --chat");
    command->add_option("--chat-template", options->chat_template,
                        "Jinja file (default: the adapter's or the model's own)");
    auto* given = command
                      ->add_option("--template", options->prompt_template,
                                   "Text around {prompt} (default: of the adapter's run)")
                      ->excludes(chat);
    command->add_flag("--raw", options->raw, "The prompt as it is, through no template")->excludes(given);
    command->add_option("--max-new-tokens", request.max_new_tokens, "At most this many tokens (default 64)");
    command->add_option("--temperature", request.temperature, "0 takes the likeliest token (default 0)");
    command->add_option("--top-k", request.top_k, "Draw from the k likeliest (default: all)");
    command->add_option("--top-p", request.top_p,
                        "Draw from the likeliest with this total probability (default 1)");
    command->add_option("--seed", request.seed, "Seed of the draw (default 1)");
    command->add_flag("!--ignore-eos", request.stop_at_eos, "Go on after an end-of-text token");
    command->add_option("--dtype", options->dtype, "f32 or bf16 (default f32)");
    command->add_option("--device", request.device, "auto, cpu or cuda:N (default auto)");
    on_run(command, action, options, generate);
}

}  // namespace commands
