#include "adapter_table.h"
#include "database.h"
#include "export_table.h"
#include "id_table.h"
#include "metric_table.h"
#include "migrations.h"
#include "run_table.h"
#include "setting_table.h"
#include "transaction.h"

#include <catalog/catalog.h>

namespace catalog {

struct Catalog::Impl {
    explicit Impl(const std::filesystem::path& path) : database(path) { migrate(database, schema()); }
    Database database;
};

Catalog Catalog::open(const std::filesystem::path& path) {
    return Catalog(std::make_unique<Impl>(path));
}

Catalog::Catalog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Catalog::Catalog(Catalog&&) noexcept = default;
Catalog& Catalog::operator=(Catalog&&) noexcept = default;
Catalog::~Catalog() = default;

const std::filesystem::path& Catalog::path() const {
    return impl_->database.path();
}
bool Catalog::read_only() const {
    return !impl_->database.refusal().empty();
}

void Catalog::in_transaction(const std::function<void()>& work) {
    Transaction transaction(impl_->database);
    work();
    transaction.commit();
}

std::int64_t Catalog::data_version() const {
    return impl_->database.integer("PRAGMA data_version");
}

std::string Catalog::new_run_id() {
    return new_id(impl_->database, 'r');
}
RunRecord Catalog::insert_run(RunRecord run) {
    return run_table::insert(impl_->database, std::move(run));
}
void Catalog::update_run(const std::string& run_id, const RunUpdate& update) {
    run_table::update(impl_->database, run_id, update);
}
RunRecord Catalog::run(std::string_view id_or_name) const {
    return run_table::find(impl_->database, id_or_name);
}
std::vector<RunRecord> Catalog::runs(const RunFilter& filter) const {
    return run_table::list(impl_->database, filter);
}
bool Catalog::claim_run(const std::string& run_id) {
    return run_table::claim(impl_->database, run_id);
}
std::optional<RunRecord> Catalog::claim_next_queued() {
    return run_table::claim_next_queued(impl_->database);
}
bool Catalog::cancel_queued(const std::string& run_id) {
    return run_table::cancel_queued(impl_->database, run_id);
}
void Catalog::order_queue(const std::vector<std::string>& run_ids) {
    run_table::order_queue(impl_->database, run_ids);
}
bool Catalog::heartbeat(const std::string& run_id) {
    return run_table::heartbeat(impl_->database, run_id);
}
std::vector<std::string> Catalog::mark_interrupted(double older_than_s) {
    return run_table::mark_interrupted(impl_->database, older_than_s);
}
void Catalog::remove_run(const std::string& run_id) {
    run_table::remove(impl_->database, run_id);
}

void Catalog::append_metrics(const std::string& run_id, const std::vector<MetricSample>& samples) {
    metric_table::append(impl_->database, run_id, samples);
}
void Catalog::discard_metrics_after(const std::string& run_id, std::int64_t step) {
    metric_table::discard_after(impl_->database, run_id, step);
}
std::vector<MetricPoint> Catalog::series(const std::string& run_id, std::string_view key,
                                         std::size_t max_points, std::int64_t after_step) const {
    return metric_table::series(impl_->database, run_id, key, max_points, after_step);
}
std::vector<std::string> Catalog::series_keys(const std::string& run_id, std::string_view prefix) const {
    return metric_table::keys(impl_->database, run_id, prefix);
}
std::vector<MetricSample> Catalog::last_points(const std::string& run_id, std::string_view prefix) const {
    return metric_table::last_points(impl_->database, run_id, prefix);
}

std::string Catalog::new_adapter_id() {
    return new_id(impl_->database, 'a');
}
AdapterRecord Catalog::insert_adapter(AdapterRecord adapter) {
    return adapter_table::insert(impl_->database, std::move(adapter));
}
AdapterRecord Catalog::adapter(std::string_view id_or_name) const {
    return adapter_table::find(impl_->database, id_or_name);
}
std::vector<AdapterRecord> Catalog::adapters(const AdapterFilter& filter) const {
    return adapter_table::list(impl_->database, filter);
}
std::string Catalog::unique_adapter_name(const std::string& wanted) const {
    return adapter_table::unique_name(impl_->database, wanted);
}
void Catalog::rename_adapter(const std::string& id, const std::string& name) {
    adapter_table::rename(impl_->database, id, name);
}
void Catalog::set_adapter_path(const std::string& id, const std::string& path, std::int64_t size_bytes,
                               const std::string& hash) {
    adapter_table::set_path(impl_->database, id, path, size_bytes, hash);
}
void Catalog::set_eval_loss(const std::string& id, std::optional<double> eval_loss) {
    adapter_table::set_eval_loss(impl_->database, id, eval_loss);
}
void Catalog::set_tags(const std::string& id, const std::vector<std::string>& tags) {
    adapter_table::set_tags(impl_->database, id, tags);
}
void Catalog::set_notes(const std::string& id, const std::string& notes) {
    adapter_table::set_notes(impl_->database, id, notes);
}
void Catalog::set_starred(const std::string& id, bool starred) {
    adapter_table::set_starred(impl_->database, id, starred);
}
std::vector<TagCount> Catalog::tags() const {
    return adapter_table::tags(impl_->database);
}
void Catalog::trash_adapter(const std::string& id) {
    adapter_table::set_trashed(impl_->database, id, true);
}
void Catalog::restore_adapter(const std::string& id) {
    adapter_table::set_trashed(impl_->database, id, false);
}
std::vector<std::string> Catalog::purge_adapter(const std::string& id) {
    return adapter_table::purge(impl_->database, id);
}
std::vector<std::string> Catalog::purge_trash() {
    return adapter_table::purge_trash(impl_->database);
}

ExportRecord Catalog::insert_export(ExportRecord record) {
    return export_table::insert(impl_->database, std::move(record));
}
std::vector<ExportRecord> Catalog::exports(const std::string& adapter_id) const {
    return export_table::list(impl_->database, adapter_id);
}

void Catalog::touch_recent_model(const std::string& ref, const std::string& name) {
    setting_table::touch_model(impl_->database, ref, name);
}
std::vector<RecentModel> Catalog::recent_models(std::size_t limit) const {
    return setting_table::recent_models(impl_->database, limit);
}
void Catalog::forget_recent_model(const std::string& ref) {
    setting_table::forget_model(impl_->database, ref);
}
std::optional<std::string> Catalog::setting(std::string_view key) const {
    return setting_table::get(impl_->database, key);
}
void Catalog::set_setting(const std::string& key, const std::string& value) {
    setting_table::set(impl_->database, key, value);
}

}  // namespace catalog
