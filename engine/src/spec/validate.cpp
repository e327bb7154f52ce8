#include "io/json.h"
#include "spec/attempt.h"
#include "spec/kinds.h"

#include <engine/experiment_spec.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace engine {
namespace {

[[noreturn]] void refuse(const std::string& field, const std::string& value, const std::string& rule) {
    fail_input("The field " + field + " is " + value + ": it must be " + rule + ".");
}

void check_whole(const std::string& field, std::int64_t value, std::int64_t low, std::int64_t high) {
    if (value < low || value > high)
        refuse(field, std::to_string(value),
               high == INT64_MAX ? "at least " + std::to_string(low)
                                 : "between " + std::to_string(low) + " and " + std::to_string(high));
}

std::string shown(double value) {
    return std::isfinite(value) ? json_number(value) : "not a finite number";
}

void check_real(const std::string& field, double value, bool valid, const std::string& rule) {
    if (!std::isfinite(value) || !valid) refuse(field, shown(value), rule);
}

void check_lora(const LoraConfig& lora) {
    check_whole("lora.rank", lora.rank, 1, std::int64_t{1} << 20);
    check_real("lora.alpha", lora.alpha, lora.alpha > 0, "above 0");
    check_real("lora.dropout", lora.dropout, lora.dropout >= 0 && lora.dropout < 1, "at least 0 and below 1");
    for (const std::string& module : lora.modules_to_save)
        if (module.empty() || module.size() > 200)
            refuse("lora.modules_to_save", "a list with an empty or very long name", "a list of names such as lm_head");
    if (lora.targets.empty())
        fail_input(
            "No matrix is chosen to adapt (lora.targets is empty). Tick at least one, for example q and v.");
    for (const auto& [kind, layers] : lora.targets) {
        if (!is_matrix_kind(kind))
            fail_input("The field lora.targets names \"" + kind +
                       "\", which is no matrix: known are q, k, v, o, gate, up, down.");
        if (std::adjacent_find(layers.begin(), layers.end(), [](int a, int b) { return a >= b; }) !=
                layers.end() ||
            (!layers.empty() && layers.front() < 0))
            fail_input("The layers of " + kind + " in lora.targets must ascend from 0 without repeats.");
    }
}

void check_data(const DataConfig& data) {
    if (data.train_path.empty())
        fail_input("No training data is chosen (data.train_path is empty). Choose a JSONL or text file.");
    if (data.eval_path.empty())
        check_real("data.held_out", data.held_out, data.held_out >= 0 && data.held_out <= 0.9,
                   "between 0 and 0.9");
    if (data.prompt_template.find("{prompt}") == std::string::npos)
        refuse("data.prompt_template", "\"" + data.prompt_template + "\"", "a text that contains {prompt}");
    check_whole("data.seq_len", data.seq_len, 2, std::int64_t{1} << 20);
}

void check_optimizer(const OptimizerConfig& o) {
    check_real("optimizer.learning_rate", o.learning_rate, o.learning_rate > 0 && o.learning_rate <= 100,
               "above 0 and at most 100");
    check_real("optimizer.weight_decay", o.weight_decay, o.weight_decay >= 0, "0 or more");
    check_real("optimizer.beta1", o.beta1, o.beta1 >= 0 && o.beta1 < 1, "at least 0 and below 1");
    check_real("optimizer.beta2", o.beta2, o.beta2 >= 0 && o.beta2 < 1, "at least 0 and below 1");
    check_real("optimizer.epsilon", o.epsilon, o.epsilon > 0, "above 0");
    check_real("optimizer.max_grad_norm", o.max_grad_norm, o.max_grad_norm >= 0, "0 (no clipping) or more");
    check_real("optimizer.warmup", o.warmup, o.warmup >= 0 && o.warmup <= 1, "a fraction between 0 and 1");
}

bool is_device(const std::string& device) {
    if (device == "auto" || device == "cpu" || device == "cuda" || device == "mps") return true;
    const std::string prefix = "cuda:";
    return device.starts_with(prefix) && device.size() > prefix.size() &&
           device.size() <= prefix.size() + 3 &&
           std::all_of(device.begin() + static_cast<std::ptrdiff_t>(prefix.size()), device.end(),
                       [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

Status validate(const ExperimentSpec& spec) {
    return attempt([&] {
        if (spec.model.empty())
            fail_input("No base model is chosen (model is empty). Choose a model folder or builtin:tiny.");
        if (spec.method == Method::lora) check_lora(spec.lora);
        if (spec.from_scratch && spec.task != Task::causal_lm)
            refuse("from_scratch", "true with the task " + std::string(name_of(spec.task)), "false");
        if (spec.from_scratch && spec.method != Method::full)
            refuse("from_scratch", "true with the method lora", "false, or the method full");
        if (spec.base_type != BaseType::as_computed && (spec.method != Method::lora || spec.lora.use_dora))
            refuse("base_type", std::string(name_of(spec.base_type)) + " with " + (spec.method == Method::lora ? "DoRA" : "the method full"),
                   "as_computed there, for the weights themselves are needed");
        check_data(spec.data);
        check_optimizer(spec.optimizer);
        check_whole("steps", spec.steps, 0, 1'000'000'000);
        if (spec.steps == 0) check_whole("epochs", spec.epochs, 1, 1'000'000);
        check_whole("batch_size", spec.batch_size, 1, 65536);
        check_whole("grad_accum", spec.grad_accum, 1, 65536);
        check_whole("eval_interval", spec.eval_interval, 0, INT64_MAX);
        check_whole("log_interval", spec.log_interval, 1, INT64_MAX);
        check_whole("checkpoint_interval", spec.checkpoint_interval, 0, INT64_MAX);
        check_whole("recompute_layers", spec.recompute_layers, recompute_as_needed, recompute_all);
        if (!is_device(spec.device)) refuse("device", "\"" + spec.device + "\"", "auto, cpu, cuda:N or mps");
        return Done{};
    });
}

}  // namespace engine
