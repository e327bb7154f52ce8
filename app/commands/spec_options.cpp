#include "spec_options.h"

#include "output.h"

#include <algorithm>
#include <charconv>

namespace commands {

void add_plan_options(CLI::App* command, SpecOptions& options) {
    command->add_option("--spec", options.spec_file, "Experiment as JSON; other options are laid over it");
    command->add_option("--task", options.task,
                        "causal_lm, classification, multi_label or regression (default: what the model is for)");
    command->add_option("--method", options.method, "lora or full");
    command->add_option("--targets", options.targets,
                        "Matrices to adapt: q,k,v,o,gate,up,down (default q,v)");
    command->add_option("--layers", options.layers, "Layers to adapt, such as 0-3,5 (default all)");
    command->add_option("--rank", options.rank, "Rank r of the update (default 8)");
    command->add_option("--alpha", options.alpha, "Numerator of the scaling alpha/r (default 16)");
    command->add_flag("--rslora", options.rslora, "Scale by alpha/sqrt(r) instead of alpha/r");
    command->add_flag("--dora", options.dora, "Train the norms of the adapted rows as well (DoRA)");
    command->add_option("--train-bias", options.train_bias,
                        "Biases trained too: none, all or lora_only, those of adapted matrices (default none)");
    command->add_option("--modules-to-save", options.modules_to_save,
                        "Modules trained and saved in full, such as lm_head,embed_tokens");
    command->add_option("--dropout", options.dropout, "Dropout on the input of A (default 0)");
    command->add_option("--batch-size", options.batch_size, "Rows per micro-step (default 8)");
    command->add_option("--seq-len", options.seq_len,
                        "Longest row in tokens; longer ones are cut (default 256, or the context)");
    command->add_option("--dtype", options.dtype,
                        "Of the frozen weights: f32, bf16 or auto, the faster one here by measurement (default f32)");
    command->add_option("--base-dtype", options.base_dtype,
                        "int8 or nf4: keep the frozen matrices of the layers in 8 or 4 bits (default: as --dtype)");
    command->add_option("--recompute-layers", options.recompute_layers,
                        "Layers computed again in the backward pass instead of kept in memory: auto, as few as the memory asks for, all "
                        "or a number (default auto)");
    command->add_option("--device", options.device, "auto, cpu or cuda:N (default auto)");
    command->add_option("--optimizer", options.optimizer, "adamw");
}

void add_train_options(CLI::App* command, SpecOptions& options) {
    command->add_option("--data", options.data,
                        "Training data: JSONL with prompt/completion, messages or text, or plain text; "
                        "with a task over labels JSONL, TSV or CSV with text (or sentence1, sentence2) and label");
    command->add_option("--eval-data", options.eval_data,
                        "Evaluation data (default: held-out training rows)");
    command->add_option("--held-out", options.held_out,
                        "Fraction kept for evaluation without --eval-data (default 0.05)");
    command->add_option("--template", options.prompt_template,
                        "Text in front of the completion, with {prompt}");
    command->add_option("--chat-template", options.chat_template,
                        "Jinja file for conversations (default: the model's own)");
    command->add_option("--lr", options.learning_rate, "Learning rate (default 2e-4)");
    command->add_option("--schedule", options.schedule, "constant, linear or cosine (default linear)");
    command->add_option("--warmup", options.warmup, "Fraction of the steps with rising rate (default 0.05)");
    command->add_option("--weight-decay", options.weight_decay, "Decoupled weight decay (default 0)");
    command->add_option("--max-grad-norm", options.max_grad_norm,
                        "Clip gradients to this norm; 0 does not (default 1)");
    command->add_option("--epochs", options.epochs, "Passes over the data (default 3)");
    command->add_option("--steps", options.steps, "Optimiser steps; wins over --epochs");
    command->add_option("--grad-accum", options.grad_accum, "Micro-steps per optimiser step (default 1)");
    command->add_option("--eval-interval", options.eval_interval,
                        "Steps between evaluations (default: about ten in all)");
    command->add_option("--log-interval", options.log_interval, "Steps between metrics (default 1)");
    command->add_option("--checkpoint-interval", options.checkpoint_interval,
                        "Steps between saved states (default: at evaluations)");
    command->add_option("--seed", options.seed, "Seed of initial values, order and dropout (default 1)");
    command->add_option("--name", options.name, "Name of the run and of its adapter");
    command->add_flag("--from-scratch", options.from_scratch,
                      "With --method full: start from random weights");
}

int64_t layers_from(const std::string& text) {
    if (text == "auto") return engine::recompute_as_needed;
    if (text == "all") return engine::recompute_all;
    int64_t count = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || end != text.data() + text.size() || count < 0 || count > engine::recompute_all)
        engine::fail_input("Number of layers '" + text + "' (--recompute-layers) was not understood; give auto, all or a whole number.");
    return count;
}

int64_t default_seq_len(const workbench::Workbench& workbench, const std::string& model) {
    const int64_t usual = engine::DataConfig{}.seq_len;
    const auto info = workbench.inspect(model);  // what is wrong with the model is told by whoever needs it
    return info.ok() && info->max_positions > 0 ? std::min(usual, info->max_positions) : usual;
}

engine::ExperimentSpec spec_from(const SpecOptions& options, const workbench::Workbench& workbench) {
    engine::ExperimentSpec spec;
    const bool from_file = !options.spec_file.empty();
    if (from_file) {
        auto read = engine::spec_from_json(read_file(options.spec_file));
        if (!read)
            engine::fail_input("Spec file '" + options.spec_file +
                               "' was not understood: " + read.error().message);
        spec = std::move(read).value();
    }
    const auto set = [](auto& field, const auto& option) {
        if (option) field = *option;
    };
    set(spec.model, options.model);
    set(spec.name, options.name);
    if (options.task) {
        spec.task = engine::task_from(*options.task).value();
    } else if (!from_file) {
        const auto info = workbench.inspect(spec.model);  // what is wrong with it is told by whoever needs it
        if (info.ok()) spec.task = engine::task_from(info->task).value();
    }
    if (options.method) spec.method = engine::method_from(*options.method).value();
    if (options.from_scratch) spec.from_scratch = true;

    set(spec.lora.rank, options.rank);
    set(spec.lora.alpha, options.alpha);
    set(spec.lora.dropout, options.dropout);
    if (options.rslora) spec.lora.use_rslora = true;
    if (options.dora) spec.lora.use_dora = true;
    if (options.train_bias) spec.lora.bias = engine::train_bias_from(*options.train_bias);
    if (options.modules_to_save) spec.lora.modules_to_save = CLI::detail::split(*options.modules_to_save, ',');
    if (options.targets || options.layers || (!from_file && spec.method == engine::Method::lora))
        spec.lora.targets =
            engine::parse_targets(options.targets.value_or("q,v"), options.layers.value_or(""));

    set(spec.data.train_path, options.data);
    set(spec.data.eval_path, options.eval_data);
    set(spec.data.held_out, options.held_out);
    set(spec.data.prompt_template, options.prompt_template);
    set(spec.data.chat_template, options.chat_template);
    if (!from_file) spec.data.seq_len = default_seq_len(workbench, spec.model);
    set(spec.data.seq_len, options.seq_len);

    auto& optimizer = spec.optimizer;
    if (options.optimizer && *options.optimizer != "adamw")
        engine::fail_input("Optimizer '" + *options.optimizer +
                           "' (--optimizer) is not known; the one there is is adamw.");
    set(optimizer.learning_rate, options.learning_rate);
    set(optimizer.weight_decay, options.weight_decay);
    set(optimizer.max_grad_norm, options.max_grad_norm);
    set(optimizer.warmup, options.warmup);
    if (options.schedule) optimizer.schedule = engine::schedule_from(*options.schedule).value();

    set(spec.epochs, options.epochs);
    set(spec.steps, options.steps);
    set(spec.batch_size, options.batch_size);
    set(spec.grad_accum, options.grad_accum);
    set(spec.eval_interval, options.eval_interval);
    set(spec.log_interval, options.log_interval);
    set(spec.checkpoint_interval, options.checkpoint_interval);
    set(spec.seed, options.seed);
    if (options.dtype) spec.precision = engine::training_precision_from(*options.dtype).value();
    if (options.base_dtype) spec.base_type = engine::base_type_from(*options.base_dtype).value();
    if (options.recompute_layers) spec.recompute_layers = layers_from(*options.recompute_layers);
    set(spec.device, options.device);
    return spec;
}

}  // namespace commands
