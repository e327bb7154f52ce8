// One value = one reproducible run: the same spec on the same machine gives the same bytes.
#pragma once

#include "engine/error.h"
#include "engine/lora_config.h"

namespace engine {

enum class Method { lora, full };  // full: every weight is trained
// What is learned: the next token of a text, one of several classes, any number of labels at once, or a number.
enum class Task { causal_lm, classification, multi_label, regression };
enum class Schedule { constant, linear, cosine };
// Of the frozen weights and their matrix products. automatic: the faster one on this machine, decided when the run is made
// (precision_probe.h); nothing computes in it.
enum class Precision { f32, bf16, automatic };
enum class BaseType { as_computed, int8, nf4 };  // how the frozen matrices of the layers are kept: in the precision, or in 8 or 4 bits

// Layers of which only the input is kept and the rest computed again in the backward pass: as few as the memory asks for.
constexpr int64_t recompute_as_needed = -1, recompute_all = 1'000'000;

struct OptimizerConfig {  // AdamW, decoupled weight decay (Loshchilov & Hutter, arXiv:1711.05101)
    double learning_rate = 2e-4;
    double weight_decay = 0;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double max_grad_norm = 1.0;  // 0 = no clipping
    Schedule schedule = Schedule::linear;
    double warmup = 0.05;  // fraction of all steps
    bool operator==(const OptimizerConfig&) const = default;
};

struct DataConfig {
    std::string train_path;
    std::string eval_path;  // empty: held_out of the training rows are kept back
    double held_out = 0.05;
    std::string prompt_template = "{prompt}\n";  // in front of the completion; must contain {prompt}
    int64_t seq_len = 256;                        // tokens; longer rows are cut
    std::string chat_template;                    // for conversations: a Jinja file; empty: the model's own
    bool operator==(const DataConfig&) const = default;
};

struct ExperimentSpec {
    std::string name;
    std::string model;  // folder or builtin:NAME
    Method method = Method::lora;
    bool from_scratch = false;  // with Method::full: random weights, only config.json and tokenizer are read
    LoraConfig lora;
    DataConfig data;
    OptimizerConfig optimizer;
    int64_t epochs = 3;
    int64_t steps = 0;  // > 0 wins over epochs
    int64_t batch_size = 8;
    int64_t grad_accum = 1;
    int64_t eval_interval = 0;        // optimiser steps; 0 = about 10 evaluations a run
    int64_t log_interval = 1;         // steps between StepMetrics
    int64_t checkpoint_interval = 0;  // 0 = at every evaluation
    uint64_t seed = 1;
    Precision precision = Precision::f32;
    std::string device = "auto";  // auto | cpu | cuda:N
    Task task = Task::causal_lm;
    BaseType base_type = BaseType::as_computed;  // with Method::lora
    int64_t recompute_layers = recompute_as_needed;  // the values of a run do not depend on it
    bool operator==(const ExperimentSpec&) const = default;
};

// JSON both ways; reading refuses unknown keys and wrong types, naming them.
std::string to_json(const ExperimentSpec& spec, int indent = -1);
Result<ExperimentSpec> spec_from_json(const std::string& text);
// Checks every field that can be checked without the model; names field, value and rule.
Status validate(const ExperimentSpec& spec);

const char* name_of(Method);
const char* name_of(Task);
const char* name_of(Schedule);
const char* name_of(Precision);
const char* name_of(BaseType);
Result<Method> method_from(const std::string&);
Result<Task> task_from(const std::string&);
Result<Schedule> schedule_from(const std::string&);
Result<Precision> precision_from(const std::string&);           // f32 or bf16
Result<Precision> training_precision_from(const std::string&);  // or auto
Result<BaseType> base_type_from(const std::string&);

}  // namespace engine
