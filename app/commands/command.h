// How a command joins the program: add_NAME() describes its options to CLI11 and leaves, when the command is
// the one that was typed, an action to run. An action returns the exit code or throws engine::Failure or
// catalog::Error.
#pragma once

#include "session.h"

#include <CLI/CLI.hpp>

#include <functional>

namespace commands {

using Action = std::function<int(Session&)>;

// Registers work(options, session) as what the command does; options is an object the CLI11 options write
// into.
template <class Options, class Work>
void on_run(CLI::App* command, Action& action, std::shared_ptr<Options> options, Work work) {
    command->callback([&action, options = std::move(options), work] {
        action = [options, work](Session& session) { return work(*options, session); };
    });
}

void add_models(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_plan(CLI::App& app, Action& action);
void add_data(CLI::App& app, Action& action);
void add_tokenize(CLI::App& app, Action& action);  // and detokenize
void add_logits(CLI::App& app, Action& action);    // and gradients
void add_train(CLI::App& app, Action& action);
void add_study(CLI::App& app, Action& action);
void add_resume(CLI::App& app, Action& action);
void add_first_experiment(CLI::App& app, Action& action);
void add_runs(CLI::App& app, Action& action);
void add_show(CLI::App& app, Action& action);
void add_adapters(CLI::App& app, Action& action);
void add_tag(CLI::App& app, Action& action);
void add_rm(CLI::App& app, Action& action);
void add_generate(CLI::App& app, Action& action);
void add_classify(CLI::App& app, Action& action);
void add_eval(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_bench_data(CLI::App* bench, Action& action);
void add_bench_kernels(CLI::App* bench, Action& action);
void add_bench_latency(CLI::App* bench, Action& action);
void add_doctor(CLI::App& app, Action& action);

}  // namespace commands
