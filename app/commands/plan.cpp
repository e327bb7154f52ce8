#include "command.h"
#include "format.h"
#include "output.h"
#include "spec_options.h"

#include <engine/time_probe.h>

#include <cmath>
#include <optional>

namespace commands {

namespace {

Json memory_json(const engine::MemoryForecast& memory) {
    return {
        {"weights", memory.weights},         {"adapters", memory.adapters}, {"optimizer", memory.optimizer},
        {"activations", memory.activations}, {"logits", memory.logits},     {"evaluation", memory.evaluation},
        {"overhead", memory.overhead},       {"total", memory.total},       {"available", memory.available},
        {"floor", memory.floor}};
}

void print_plan(const engine::Plan& plan) {
    const auto& memory = plan.memory;
    Facts facts;
    facts.add("Trained", count_text(plan.trainable_params) + " of " + count_text(plan.total_params) +
                             " parameters (" + number_text(plan.percent) + " %)");
    if (plan.bias_params + plan.saved_params + plan.head_params > 0) {
        facts.add("  adapter", count_text(plan.adapter_params));
        if (plan.bias_params > 0) facts.add("  biases", count_text(plan.bias_params));
        if (plan.head_params > 0) facts.add("  head", count_text(plan.head_params));
        if (plan.saved_params > 0) facts.add("  saved modules", count_text(plan.saved_params));
    }
    facts.add("Matrices", std::to_string(plan.matrices));
    facts.add("Scaling", number_text(plan.scaling));
    facts.add("Adapter file", bytes_text(plan.adapter_bytes));
    if (plan.recomputed_layers > 0)
        facts.add("Computed twice", std::to_string(plan.recomputed_layers) + (plan.recomputed_layers == 1 ? " layer" : " layers") +
                                        ", instead of kept in memory");
    facts.add("Memory", bytes_text(memory.total) +
                            (memory.available > 0 ? " of " + bytes_text(memory.available) + " free" : ""));
    facts.add("  weights", bytes_text(memory.weights));
    facts.add("  adapters", bytes_text(memory.adapters));
    facts.add("  optimizer", bytes_text(memory.optimizer));
    facts.add("  activations", bytes_text(memory.activations));
    facts.add("  logits", bytes_text(memory.logits));
    facts.add("  evaluation", bytes_text(memory.evaluation));
    facts.add("  program", bytes_text(memory.overhead));
    facts.add("  at least", bytes_text(memory.floor) + ", with every layer computed twice");
    facts.print();
}

struct PlanCommand {
    SpecOptions spec;
    bool probe = false;
};

void print_time(const engine::TimeProbe& probe) {
    Facts facts;
    facts.add("Step", number_text(probe.seconds_per_step, 3) + " s, " +
                          count_text(std::llround(probe.tokens_per_step / probe.seconds_per_step)) +
                          " tokens/s");
    if (probe.evaluations > 0)
        facts.add("Evaluation", number_text(probe.seconds_per_evaluation, 3) + " s, " +
                                    std::to_string(probe.evaluations) + " times");
    if (probe.steps > 0)
        facts.add("Time", "about " + duration_text(probe.estimated_seconds()) + " for " +
                              count_text(probe.steps) + " steps, and " + duration_text(probe.setup_seconds) +
                              " to begin with");
    facts.print();
}

void add_time(Json& json, const engine::TimeProbe& probe) {
    json["seconds_per_step"] = probe.seconds_per_step;
    json["seconds_per_evaluation"] = probe.seconds_per_evaluation;
    json["tokens_per_step"] = probe.tokens_per_step;
    json["setup_seconds"] = probe.setup_seconds;
    json["steps"] = probe.steps > 0 ? Json(probe.steps) : Json();
    json["evaluations"] = probe.evaluations;
    json["estimated_seconds"] = probe.steps > 0 ? Json(probe.estimated_seconds()) : Json();
}

int make_plan(const PlanCommand& command, Session& session) {
    auto& workbench = session.workbench();
    const auto spec = spec_from(command.spec, workbench);
    const auto plan = workbench.plan(spec).value();
    std::optional<engine::TimeProbe> probe;
    if (command.probe) probe = workbench.probe_time(spec, session.stop_token()).value();
    if (!session.json) {
        print_plan(plan);
        if (probe) print_time(*probe);
        return 0;
    }
    Json json = {{"trainable_params", plan.trainable_params},
               {"adapter_params", plan.adapter_params},
               {"bias_params", plan.bias_params},
               {"saved_params", plan.saved_params},
               {"head_params", plan.head_params},
               {"total_params", plan.total_params},
               {"percent", plan.percent},
               {"adapter_bytes", plan.adapter_bytes},
               {"scaling", plan.scaling},
               {"matrices", plan.matrices},
               {"recomputed_layers", plan.recomputed_layers},
               {"memory_floor_bytes", plan.memory.floor},
               {"memory", memory_json(plan.memory)}};
    if (probe) add_time(json, *probe);
    print_json(json);
    return 0;
}

}  // namespace

void add_plan(CLI::App& app, Action& action) {
    auto options = std::make_shared<PlanCommand>();
    auto* command = app.add_subcommand(
        "plan", "Count what would be trained, forecast the memory and, by --probe, the time");
    command->add_option("model", options->spec.model, "Model folder, builtin:NAME or shape:NAME");
    add_plan_options(command, options->spec);
    add_train_options(command, options->spec);
    command->add_flag("--probe", options->probe,
                      "Make the first steps on --data (else on full rows) to say how long the run will take");
    on_run(command, action, options, make_plan);
}

}  // namespace commands
