#include "records_json.h"

namespace commands {

namespace {

template <class T>
Json optional(const std::optional<T>& value) {
    return value ? Json(*value) : Json();
}
Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}
Json time_or_null(double seconds) {
    return seconds > 0 ? Json(seconds) : Json();
}

Json event_json(const engine::RunStarted& event) {
    return {{"event", "started"},
            {"total_steps", event.total_steps},
            {"first_step", event.first_step},
            {"trainable_params", event.trainable_params},
            {"total_params", event.total_params},
            {"train_rows", event.train_rows},
            {"eval_rows", event.eval_rows},
            {"device", event.device},
            {"dtype", event.dtype},
            {"model_hash", event.model_hash},
            {"data_hash", event.data_hash}};
}

Json event_json(const engine::StepMetrics& event) {
    return {{"event", "step"},
            {"step", event.global_step},
            {"epoch", event.epoch},
            {"loss", event.loss},
            {"loss_smooth", event.loss_smooth},
            {"learning_rate", event.learning_rate},
            {"grad_norm", event.grad_norm},
            {"tokens_per_second", event.tokens_per_second},
            {"eta_s", event.eta_s},
            {"elapsed_s", event.elapsed_s},
            {"rss_bytes", event.rss_bytes},
            {"device_bytes", event.device_bytes}};
}

Json event_json(const engine::EvalMetrics& event) {
    Json json = {{"event", "eval"},         {"step", event.global_step},
                 {"eval_loss", event.loss}, {"perplexity", event.perplexity},
                 {"tokens", event.tokens},  {"best", event.best}};
    for (const auto& metric : event.metrics) json[metric.name] = metric.value;
    return json;
}

Json event_json(const engine::DeltaNorms& event) {
    Json norms = Json::array();
    for (const auto& norm : event.norms)
        norms.push_back({{"layer", norm.layer}, {"kind", norm.kind}, {"norm", norm.norm}});
    return {{"event", "delta_norms"}, {"step", event.global_step}, {"norms", norms}};
}

Json event_json(const engine::CheckpointSaved& event) {
    return {
        {"event", "checkpoint"}, {"step", event.global_step}, {"folder", event.folder}, {"best", event.best}};
}

Json event_json(const engine::StateChanged& event) {
    return {{"event", "state"}, {"state", event.state}};
}

Json event_json(const engine::RunMessage& event) {
    return {{"event", "message"}, {"text", event.text}, {"warning", event.warning}};
}

}  // namespace

Json to_json(const engine::Event& event) {
    return std::visit([](const auto& value) { return event_json(value); }, event);
}

// Null for a model that writes text.
static Json metrics_json(const catalog::Metrics& metrics) {
    Json json;
    for (const auto& metric : metrics) json[metric.name] = metric.value;
    return json;
}

Json to_json(const catalog::RunRecord& run) {
    return {{"run_id", run.id},
            {"name", run.name},
            {"state", std::string(catalog::to_string(run.state))},
            {"model", run.model_ref},
            {"model_name", run.model_name},
            {"model_hash", text_or_null(run.model_hash)},
            {"data", run.data_path},
            {"data_hash", text_or_null(run.data_hash)},
            {"method", run.method},
            {"rank", run.rank},
            {"alpha", run.alpha},
            {"targets", run.targets},
            {"seed", run.seed},
            {"trainable_params", run.trainable_params},
            {"total_params", run.total_params},
            {"step", run.global_step},
            {"total_steps", run.total_steps},
            {"train_loss", optional(run.train_loss)},
            {"eval_loss", optional(run.eval_loss)},
            {"best_eval_loss", optional(run.best_eval_loss)},
            {"best_step", optional(run.best_step)},
            {"eval_metrics", metrics_json(run.eval_metrics)},
            {"best_eval_metrics", metrics_json(run.best_eval_metrics)},
            {"tokens_per_second", optional(run.tokens_per_second)},
            {"peak_memory_bytes", run.peak_memory_bytes},
            {"memory_floor_bytes", run.memory_floor_bytes > 0 ? Json(run.memory_floor_bytes) : Json()},
            {"device", run.device},
            {"dtype", run.dtype},
            {"created_at", time_or_null(run.created_at)},
            {"started_at", time_or_null(run.started_at)},
            {"finished_at", time_or_null(run.finished_at)},
            {"run_dir", run.run_dir},
            {"error", text_or_null(run.error_message)},
            {"program_version", text_or_null(run.program_version)},
            {"libtorch_version", text_or_null(run.libtorch_version)}};
}

Json to_json(const catalog::AdapterRecord& adapter) {
    return {{"adapter_id", adapter.id},
            {"name", adapter.name},
            {"run_id", text_or_null(adapter.run_id)},
            {"path", adapter.path},
            {"size_bytes", adapter.size_bytes},
            {"hash", adapter.hash},
            {"method", adapter.method},
            {"rank", adapter.rank},
            {"alpha", adapter.alpha},
            {"scaling", adapter.scaling},
            {"targets", adapter.targets},
            {"model", adapter.model_ref},
            {"model_name", adapter.model_name},
            {"model_hash", text_or_null(adapter.model_hash)},
            {"trainable_params", adapter.trainable_params},
            {"whole_params", adapter.whole_params},
            {"train_loss", optional(adapter.train_loss)},
            {"eval_loss", optional(adapter.eval_loss)},
            {"eval_metrics", metrics_json(adapter.metrics)},
            {"step", adapter.step},
            {"seed", adapter.seed},
            {"created_at", adapter.created_at},
            {"tags", adapter.tags},
            {"notes", adapter.notes},
            {"starred", adapter.starred},
            {"trashed", adapter.trashed}};
}

Json to_json(const catalog::ExportRecord& record) {
    return {{"export_id", record.id},
            {"adapter_id", record.adapter_id},
            {"format", record.format},
            {"dtype", record.dtype},
            {"path", record.path},
            {"size_bytes", record.size_bytes},
            {"passed", record.passed},
            {"max_abs_diff", optional(record.max_abs_diff)},
            {"matched", record.matched},
            {"missing", record.missing},
            {"unexpected", record.unexpected},
            {"created_at", record.created_at}};
}

Json to_json(const engine::SelfTest& test) {
    return {{"passed", test.passed},   {"max_abs_diff", test.max_abs_diff}, {"tolerance", test.tolerance},
            {"matched", test.matched}, {"missing", test.missing},           {"unexpected", test.unexpected},
            {"verdict", test.verdict}};
}

Json to_json(const engine::ExportReport& report) {
    return {{"path", report.path.string()},
            {"bytes", report.bytes},
            {"files", report.files},
            {"self_test", to_json(report.self_test)}};
}

}  // namespace commands
