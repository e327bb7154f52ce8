#include "command_line.h"

#include "command.h"
#include "output.h"

#include <catalog/error.h>
#include <engine/runtime.h>

#include <algorithm>
#include <string_view>

namespace commands {

namespace {

int report(const engine::Error& error, bool json) {
    if (json) print_json_line(error_json(error));
    log_line("lwb: " + error.message);
    return exit_code(error.code);
}

// The catalog's codes as those of the engine; the same division as in the workbench.
engine::Error from_catalog(const catalog::Error& error) {
    using catalog::ErrorCode;
    switch (error.code()) {
        case ErrorCode::read_only:
        case ErrorCode::busy:
        case ErrorCode::disk_full:
        case ErrorCode::io:
        case ErrorCode::corrupt:
            return {engine::ErrorCode::io, error.what(), error.detail()};
        case ErrorCode::failed:
            return {engine::ErrorCode::failed, error.what(), error.detail()};
        default:
            return {engine::ErrorCode::bad_input, error.what(), error.detail()};
    }
}

int perform(const Action& action, Session& session) {
    try {
        const int code = action(session);
        flush_stdout();
        return code;
    } catch (const engine::Failure& failure) {
        return report(failure.error(), session.json);
    } catch (const catalog::Error& error) {
        return report(from_catalog(error), session.json);
    } catch (const std::bad_alloc&) {
        return report({engine::ErrorCode::out_of_memory,
                       "There is not enough memory for this. Make the batch or the length "
                       "smaller, or close other programs."},
                      session.json);
    } catch (const std::exception& error) {
        return report({engine::ErrorCode::failed, std::string("The command failed: ") + error.what()},
                      session.json);
    }
}

// The option of the command that begins most like the one given; empty when none does.
std::string option_meant(const CLI::App& command, const std::string& given) {
    std::string meant;
    std::size_t most = std::string_view("--").size() + 1;  // the dashes and a letter say nothing
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            const std::string candidate = "--" + name;
            const auto same = std::mismatch(given.begin(), given.end(), candidate.begin(), candidate.end()).first - given.begin();
            if (static_cast<std::size_t>(same) <= most) continue;
            most = static_cast<std::size_t>(same);
            meant = candidate;
        }
    }
    return meant;
}

// One sentence for a wrong command line, and where to read on.
engine::Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
    std::string name = app.get_name();
    const CLI::App* command = &app;
    while (!command->get_subcommands().empty()) {
        command = command->get_subcommands().front();
        name += " " + command->get_name();
    }
    std::string sentence = error.what();
    if (error.get_name() == "RequiredError" && !command->get_subcommands({}).empty()) {
        // What CLI11 says of a mistyped command is that one is missing.
        const auto rest = app.remaining(true);
        sentence = rest.empty() ? "No command is given" : "There is no command '" + rest.front() + "'";
    }
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
        const auto rest = app.remaining(true);
        const auto option = std::find_if(rest.begin(), rest.end(), [](const std::string& word) { return word.starts_with("-"); });
        if (option == rest.end()) {
            sentence = "'" + name + "' takes no further argument, and '" + rest.front() + "' is one";
        } else {
            const std::string given = option->substr(0, option->find('='));
            sentence = "'" + name + "' has no option " + given;
            if (const std::string meant = option_meant(*command, given); !meant.empty()) sentence += "; perhaps " + meant + " is meant";
        }
    }
    while (!sentence.empty() && (sentence.back() == '\n' || sentence.back() == '.')) sentence.pop_back();
    std::replace(sentence.begin(), sentence.end(), '\n', ' ');
    return {engine::ErrorCode::bad_input, sentence + ". '" + name + " --help' lists what can be given."};
}

bool wants_json(int argc, char** argv) {
    return std::any_of(argv, argv + argc, [](std::string_view argument) {
        return argument == "--json" || argument == "--json-lines";
    });
}

void add_commands(CLI::App& app, Action& action) {
    for (const auto add : {add_models, add_inspect, add_plan, add_data, add_tokenize, add_logits, add_train,
                           add_study, add_resume, add_first_experiment, add_runs, add_show, add_adapters, add_tag,
                           add_rm, add_generate, add_eval, add_classify, add_export, add_bench, add_doctor})
        add(app, action);
}

}  // namespace

int run_command_line(int argc, char** argv, Interrupts& interrupts) {
    Session session(interrupts);
    Action action;
    CLI::App app("Experiments with low-rank adapters on the command line", "lwb");
    app.require_subcommand(1);
    app.fallthrough();  // the global options may stand behind the command as well
    std::string data_dir;
    app.add_option("--data-dir", data_dir,
                   "Folder of the catalog (default LWB_DATA_DIR, or the user's data folder)");
    app.add_flag("--json", session.json, "Print exactly one JSON object on standard output");
    app.set_version_flag("--version", [] { return engine::runtime_info().program_version; });
    add_commands(app, action);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) {  // --help, --version
        return app.exit(success);
    } catch (const CLI::ParseError& error) {
        return report(usage_error(app, error), wants_json(argc, argv));
    }
    session.data_dir = data_dir;
    return perform(action, session);
}

}  // namespace commands
