// The options that describe an experiment, shared by the commands that take one.
#pragma once

#include "workbench/workbench.h"

#include <engine/experiment_spec.h>

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

namespace commands {

// Only what was typed holds a value, so that it can be laid over a --spec file.
struct SpecOptions {
    std::string spec_file;
    std::optional<std::string> model, name, data, eval_data, prompt_template, chat_template;
    std::optional<std::string> task, method, targets, layers, train_bias, modules_to_save;
    std::optional<std::string> optimizer, schedule, dtype, base_dtype, recompute_layers, device;
    std::optional<int64_t> rank, epochs, steps, batch_size, grad_accum, seq_len;
    std::optional<int64_t> eval_interval, log_interval, checkpoint_interval;
    std::optional<double> alpha, dropout, learning_rate, weight_decay, max_grad_norm, warmup, held_out;
    std::optional<uint64_t> seed;
    bool rslora = false;
    bool dora = false;
    bool from_scratch = false;
};

// What decides shapes, counts and memory.
void add_plan_options(CLI::App* command, SpecOptions& options);
// The rest of a training run.
void add_train_options(CLI::App* command, SpecOptions& options);

// The file's spec, or the defaults, with the options laid over it; a length that nobody chose is at most the
// model's context. Throws engine::Failure.
engine::ExperimentSpec spec_from(const SpecOptions& options, const workbench::Workbench& workbench);
// What --recompute-layers says: auto, all or a number. Throws engine::Failure.
int64_t layers_from(const std::string& text);
// The default length for rows of this model.
int64_t default_seq_len(const workbench::Workbench& workbench, const std::string& model);

}  // namespace commands
