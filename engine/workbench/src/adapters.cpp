// Adapters by id, name or folder; exports with their verdict in the catalog; the trash.
#include "adapter_store.h"
#include "guard.h"
#include "io/file.h"
#include "workbench/workbench.h"

#include <engine/adapter_info.h>

namespace workbench {

namespace fs = std::filesystem;

namespace {

bool is_adapter_folder(const fs::path& folder) {
    std::error_code error;
    return fs::is_regular_file(folder / "adapter_config.json", error);
}

std::optional<catalog::AdapterRecord> record_of_folder(catalog::Catalog& catalog, const Paths& paths,
                                                       const fs::path& folder) {
    if (folder.parent_path() != adapters_dir(paths)) return std::nullopt;
    catalog::AdapterFilter filter;
    filter.scope = catalog::AdapterScope::all;
    filter.path = folder.string();
    const auto found = catalog.adapters(filter);
    return found.empty() ? std::nullopt : std::optional(found.front());
}

ResolvedAdapter from_record(catalog::Catalog& catalog, const catalog::AdapterRecord& record) {
    ResolvedAdapter adapter{record.path, record, std::nullopt};
    if (!is_adapter_folder(record.path))
        engine::fail_input("Adapter '" + record.name + "' (" + record.id +
                           ") is in the catalog, but its folder '" + record.path +
                           "' is gone or holds no adapter_config.json. Put it back, or remove the entry with "
                           "'lwb rm " +
                           record.id + "'.");
    if (!record.run_id.empty())
        adapter.spec = engine::spec_from_json(catalog.run(record.run_id).spec_json).value();
    return adapter;
}

ResolvedAdapter from_folder(catalog::Catalog& catalog, const Paths& paths, const std::string& ref) {
    const fs::path folder = fs::canonical(ref);
    if (const auto record = record_of_folder(catalog, paths, folder)) return from_record(catalog, *record);
    return {folder, std::nullopt, std::nullopt};
}

}  // namespace

engine::Result<ResolvedAdapter> Workbench::resolve_adapter(const std::string& ref) {
    return guarded([&] {
        if (ref.empty())
            engine::fail_input("No adapter is named. Give a catalog id, a name or a PEFT folder.");
        // A bare word is a name first, so that a folder which happens to be called like an adapter does not
        // hide it.
        const bool folder = is_adapter_folder(ref);
        if (folder && ref.find('/') != std::string::npos) return from_folder(catalog(), paths_, ref);
        try {
            return from_record(catalog(), catalog().adapter(ref));
        } catch (const catalog::Error& error) {
            if (error.code() != catalog::ErrorCode::not_found) throw;
            if (folder) return from_folder(catalog(), paths_, ref);
            if (fs::is_directory(ref))
                engine::fail_input("Folder '" + ref +
                                   "' is no adapter: it has no adapter_config.json. Give a PEFT folder, "
                                   "or an id or name from 'lwb adapters'.");
            engine::fail_input("There is no adapter '" + ref +
                               "', neither in the catalog nor as a folder. 'lwb adapters' "
                               "lists those in the catalog.");
        }
    });
}

engine::Result<engine::ExportReport> Workbench::export_adapter(
    const std::string& adapter_ref, engine::ExportRequest request, const std::string& model_ref,
    const std::function<void(double, const std::string&)>& progress, std::stop_token stop) {
    return guarded([&] {
        const auto adapter = resolve_adapter(adapter_ref).value();
        std::string model = model_ref;
        if (model.empty())
            model = adapter.record ? adapter.record->model_ref
                                   : engine::inspect_adapter(adapter.path).value().base_model;
        if (model.empty())
            engine::fail_input("Adapter '" + adapter_ref +
                               "' does not say what it was trained on. Name its base model "
                               "(--model).");
        request.adapter = adapter.path;
        request.model = resolve_model(model).value();
        if (request.name.empty() && adapter.record) request.name = adapter.record->name;
        const auto report = engine::export_adapter(request, progress, stop).value();
        if (!adapter.record) return report;
        catalog::ExportRecord record;
        record.adapter_id = adapter.record->id;
        record.format = engine::name_of(request.format);
        record.dtype = engine::name_of(request.dtype);
        record.path = fs::absolute(report.path).lexically_normal().string();
        record.size_bytes = report.bytes;
        record.passed = report.self_test.passed;
        record.max_abs_diff = report.self_test.max_abs_diff;
        record.matched = report.self_test.matched;
        record.missing = report.self_test.missing;
        record.unexpected = report.self_test.unexpected;
        record.report_json = engine::read_text(report.report);
        catalog().insert_export(std::move(record));
        return report;
    });
}

engine::Result<int64_t> Workbench::empty_trash(const std::string& adapter_id) {
    return guarded([&] {
        const auto freed = adapter_id.empty() ? catalog().purge_trash() : catalog().purge_adapter(adapter_id);
        // Only what this program put there; an imported folder is its owner's.
        for (const auto& folder : freed)
            if (fs::path(folder).parent_path() == adapters_dir(paths_)) fs::remove_all(folder);
        return static_cast<int64_t>(freed.size());
    });
}

}  // namespace workbench
