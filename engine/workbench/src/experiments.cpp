// From a spec to a run row: what can be refused is refused here.
#include "guard.h"
#include "io/file.h"
#include "workbench/run_log.h"
#include "workbench/workbench.h"

#include <engine/chat.h>
#include <engine/precision_probe.h>

#include <algorithm>
#include <cstdlib>

namespace workbench {

namespace fs = std::filesystem;

namespace {

std::string absolute_path(const std::string& path) {
    return path.empty() ? path : fs::absolute(path).lexically_normal().string();
}

const engine::DeviceInfo* find_device(const engine::RuntimeInfo& runtime, const std::string& id) {
    for (const auto& device : runtime.devices)
        if (id == "auto" ? device.chosen : device.id == id) return &device;
    return nullptr;
}

void check_device(const std::string& id) {
    const auto runtime = engine::runtime_info();
    const auto* device = find_device(runtime, id);
    if (device && device->usable) return;
    std::string known = "auto";
    for (const auto& other : runtime.devices)
        if (other.usable) known += ", " + other.id;
    const std::string why = device ? "cannot be used: " + device->reason : "is not in this machine.";
    throw engine::Failure(engine::ErrorCode::no_device,
                          "Device '" + id + "' " + why + " Choose one of: " + known + ".");
}

void check_model(const engine::ExperimentSpec& spec, const engine::ModelInfo& model) {
    if (!model.has_weights && !spec.from_scratch)
        engine::fail_input("Model '" + spec.model +
                           "' has no weights to start from: no safetensors file is in its folder. "
                           "Give a complete model folder.");
    if (model.tokenizer.empty())
        engine::fail_input("Model '" + spec.model + "' cannot be trained on text: " +
                           (model.tokenizer_problem.empty() ? "its folder has no tokenizer files."
                                                            : model.tokenizer_problem) +
                           " Put tokenizer.json into the model's folder.");
    if (model.max_positions > 0 && spec.data.seq_len > model.max_positions)
        engine::fail_input("Rows of " + std::to_string(spec.data.seq_len) + " tokens do not fit model '" +
                           spec.model + "', whose context is " + std::to_string(model.max_positions) +
                           " tokens. Set the length (--seq-len) to that or less.");
}

void check_data(const std::string& file, const engine::DataConfig& data, const std::filesystem::path& model,
                engine::Task task) {
    // Without a tokenizer this reads and parses only, which takes a moment even for large files.
    const auto report = engine::inspect_data({file, {}, data.prompt_template, data.seq_len, 0, {}, task}).value();
    if (!report.bad_rows.empty()) {
        const auto& bad = report.bad_rows.front();
        const auto more = report.bad_rows.size() - 1;
        engine::fail_input("Data file '" + file + "', line " + std::to_string(bad.line) +
                           (bad.field.empty() ? "" : ", field '" + bad.field + "'") + ": " + bad.reason +
                           (more ? " (and " + std::to_string(more) + " more bad rows)" : "") +
                           ". Mend or remove the bad rows; the data card and 'lwb data' list every one.");
    }
    if (report.has_conversations) (void)engine::ChatTemplate::load(model, data.chat_template).value();
    if (report.rows == 0)
        engine::fail_input("Data file '" + file +
                           "' has no rows to train on. Put one JSON object with \"prompt\" and "
                           "\"completion\", with \"messages\", or with \"text\", on each line.");
}

// The kinds alone, which is what the catalog's filter asks for; the layers stand in the spec.
std::string kinds_of(const engine::TargetMap& targets) {
    std::string kinds;
    for (const auto& [kind, layers] : targets) kinds += (kinds.empty() ? "" : ",") + kind;
    return kinds;
}

std::string default_name(const engine::ExperimentSpec& spec, const engine::ModelInfo& model) {
    if (spec.method != engine::Method::lora) return model.name + " full";
    return model.name + " " + engine::describe_targets(spec.lora.targets) + " r" +
           std::to_string(spec.lora.rank);
}

// By reading its files, if there are any and the model has the tokenizer for them.
engine::Result<engine::DataFacts> facts_of_data(const engine::ModelInfo& model, const engine::ExperimentSpec& spec) {
    engine::DataFacts facts;
    if (model.path.empty() || model.tokenizer.empty()) return facts;
    for (const std::string& file : {spec.data.train_path, spec.data.eval_path}) {
        if (file.empty()) continue;
        const auto report = engine::inspect_data({file, model.path, spec.data.prompt_template, spec.data.seq_len, 0,
                                                  spec.data.chat_template, spec.task});
        if (!report) return report.error();
        facts.labels = std::max(facts.labels, static_cast<int64_t>(report->labels.size()));
        facts.longest_row = std::max(facts.longest_row, report->longest_row);
    }
    return facts;
}

}  // namespace

engine::ExperimentSpec Workbench::first_experiment() const {
    engine::ExperimentSpec spec;
    spec.name = "first experiment";
    spec.model = "builtin:tiny";
    spec.lora.rank = 8;
    spec.lora.alpha = 16;
    spec.lora.targets = {{"q", {}}, {"v", {}}};
    spec.data.train_path = (paths_.samples_dir() / "table_to_text.train.jsonl").string();
    const fs::path held_out = paths_.samples_dir() / "table_to_text.held_out.jsonl";
    if (fs::exists(held_out)) spec.data.eval_path = held_out.string();
    spec.data.seq_len = 160;              // the longest shipped row
    spec.optimizer.learning_rate = 1e-2;  // a small model takes it: held-out loss 1.2, with 2e-3 it is 2.9
    spec.steps = 120;
    spec.batch_size = 8;
    spec.eval_interval = 30;  // the held-out rows cost as much as seven steps
    return spec;
}

engine::Result<engine::Plan> Workbench::plan(const engine::ExperimentSpec& spec) const {
    const auto model = inspect(spec.model);
    if (!model) return model.error();
    const auto runtime = engine::runtime_info();
    const auto* device = find_device(runtime, spec.device);
    const auto facts = facts_of_data(*model, spec);
    if (!facts) return facts.error();
    return engine::plan(*model, spec, device ? device->free_bytes : 0, *facts);
}

engine::Result<engine::TimeProbe> Workbench::probe_time(const engine::ExperimentSpec& wanted, std::stop_token stop) const {
    return guarded([&] {
        auto spec = wanted;
        const bool shape = spec.model.starts_with("shape:");
        const std::string model = shape ? spec.model.substr(6) : resolve_model(spec.model).value().string();
        if (spec.precision == engine::Precision::automatic)
            spec.precision =
                engine::probe_precision(model, spec.batch_size * spec.data.seq_len, spec.device).value().chosen;
        if (shape || spec.data.train_path.empty()) return engine::probe_time_of_shape(model, spec).value();
        check(spec).value();
        engine::TrainRequest request;
        request.spec = spec;
        request.model_dir = model;
        request.cache_dir = paths_.token_cache_dir();
        return engine::probe_time(request, std::move(stop)).value();
    });
}

engine::Status Workbench::check(const engine::ExperimentSpec& spec) const {
    return guarded([&] {
        if (spec.model.empty()) resolve_model(spec.model).value();
        (void)engine::validate(spec).value();
        resolve_model(spec.model).value();
        const auto model = inspect(spec.model).value();
        (void)engine::plan(model, spec).value();
        check_model(spec, model);
        check_data(spec.data.train_path, spec.data, model.path, spec.task);
        if (!spec.data.eval_path.empty()) check_data(spec.data.eval_path, spec.data, model.path, spec.task);
        check_device(spec.device);
    });
}

engine::Result<std::string> Workbench::create_run(const engine::ExperimentSpec& wanted) {
    return guarded([&] {
        check(wanted).value();
        auto spec = wanted;
        const auto model = inspect(spec.model).value();
        if (!spec.model.starts_with("builtin:")) spec.model = model.path.string();
        if (spec.name.empty()) spec.name = default_name(spec, model);
        spec.data.train_path = absolute_path(spec.data.train_path);
        spec.data.eval_path = absolute_path(spec.data.eval_path);
        spec.data.chat_template = absolute_path(spec.data.chat_template);
        std::string decided;
        if (spec.precision == engine::Precision::automatic) {
            const auto probe =
                engine::probe_precision(model.path.string(), spec.batch_size * spec.data.seq_len, spec.device).value();
            spec.precision = probe.chosen;
            decided = probe.sentence;
        }
        const auto counts = engine::plan(model, spec).value();

        auto& catalog = this->catalog();
        catalog::RunRecord run;
        run.id = catalog.new_run_id();
        run.name = spec.name;
        run.spec_json = engine::to_json(spec);
        run.model_ref = spec.model;
        run.model_name = model.name;
        run.data_path = spec.data.train_path;
        run.method = engine::name_of(spec.method);
        if (spec.method == engine::Method::lora) {
            run.rank = spec.lora.rank;
            run.alpha = spec.lora.alpha;
            run.targets = kinds_of(spec.lora.targets);
        }
        run.seed = static_cast<std::int64_t>(spec.seed);
        run.trainable_params = counts.trainable_params;
        run.total_params = counts.total_params;
        run.total_steps = spec.steps;
        run.run_dir = (paths_.runs_dir() / run.id).string();
        run.dtype = engine::name_of(spec.precision);
        run.device = spec.device;
        // The folder first: without it the run could not be saved, and no row must promise one.
        engine::make_folder(run.run_dir);
        try {
            catalog.in_transaction([&] {
                catalog.insert_run(run);
                remember_model(spec.model);
            });
        } catch (...) {
            std::error_code ignored;
            fs::remove(run.run_dir, ignored);
            throw;
        }
        if (!decided.empty()) append_run_log(run.run_dir, decided);
        return run.id;
    });
}

engine::Status Workbench::remove_run(const std::string& run_id) {
    return guarded([&] {
        const auto run = catalog().run(run_id);
        catalog().remove_run(run.id);
        // Only what this program put there; an imported path may be anybody's.
        if (fs::path(run.run_dir).parent_path() == paths_.runs_dir()) fs::remove_all(run.run_dir);
    });
}

}  // namespace workbench
