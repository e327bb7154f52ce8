#include "command.h"
#include "format.h"
#include "output.h"
#include "spec_options.h"

namespace commands {

namespace {

Json memory_json(const engine::MemoryForecast& memory) {
    return {
        {"weights", memory.weights},         {"adapters", memory.adapters}, {"optimizer", memory.optimizer},
        {"activations", memory.activations}, {"logits", memory.logits},     {"evaluation", memory.evaluation},
        {"overhead", memory.overhead},       {"total", memory.total},       {"available", memory.available}};
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
    facts.add("Memory", bytes_text(memory.total) +
                            (memory.available > 0 ? " of " + bytes_text(memory.available) + " free" : ""));
    facts.add("  weights", bytes_text(memory.weights));
    facts.add("  adapters", bytes_text(memory.adapters));
    facts.add("  optimizer", bytes_text(memory.optimizer));
    facts.add("  activations", bytes_text(memory.activations));
    facts.add("  logits", bytes_text(memory.logits));
    facts.add("  evaluation", bytes_text(memory.evaluation));
    facts.add("  program", bytes_text(memory.overhead));
    facts.print();
}

int make_plan(const SpecOptions& options, Session& session) {
    auto& workbench = session.workbench();
    const auto plan = workbench.plan(spec_from(options, workbench)).value();
    if (!session.json) {
        print_plan(plan);
        return 0;
    }
    print_json({{"trainable_params", plan.trainable_params},
                {"adapter_params", plan.adapter_params},
                {"bias_params", plan.bias_params},
                {"saved_params", plan.saved_params},
                {"head_params", plan.head_params},
                {"total_params", plan.total_params},
                {"percent", plan.percent},
                {"adapter_bytes", plan.adapter_bytes},
                {"scaling", plan.scaling},
                {"matrices", plan.matrices},
                {"memory", memory_json(plan.memory)}});
    return 0;
}

}  // namespace

void add_plan(CLI::App& app, Action& action) {
    auto options = std::make_shared<SpecOptions>();
    auto* command = app.add_subcommand("plan", "Count what would be trained and forecast the memory");
    command->add_option("model", options->model, "Model folder, builtin:NAME or shape:NAME");
    add_plan_options(command, *options);
    on_run(command, action, options, make_plan);
}

}  // namespace commands
