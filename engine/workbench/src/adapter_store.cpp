#include "adapter_store.h"

#include "metrics.h"

#include "io/file.h"

#include <engine/adapter_info.h>

#include <cmath>
#include <optional>
#include <vector>

namespace workbench {

namespace fs = std::filesystem;

namespace {

constexpr const char* weights_file = "adapter_model.safetensors";
constexpr const char* best_suffix = "-best";

std::optional<double> known(double value) {
    return std::isnan(value) ? std::nullopt : std::optional(value);
}

struct Stored {
    fs::path folder;
    std::int64_t bytes = 0;
    std::string hash;
};

// The folder appears under its name only when it is complete; what was there before stays until then.
Stored copy_adapter(const fs::path& from, const fs::path& to) {
    const fs::path arriving = to.string() + ".arriving";
    const fs::path leaving = to.string() + ".leaving";
    fs::remove_all(arriving);
    fs::remove_all(leaving);
    try {
        engine::make_folder(arriving);
        for (const auto& entry : fs::directory_iterator(from))
            if (entry.is_regular_file())
                engine::copy_file_atomic(entry.path(), arriving / entry.path().filename());
        if (fs::exists(to)) fs::rename(to, leaving);
        fs::rename(arriving, to);
        fs::remove_all(leaving);
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(arriving, ignored);
        throw;
    }
    const fs::path weights = to / weights_file;
    return {to, static_cast<std::int64_t>(fs::file_size(weights)), engine::sha256_of_file(weights)};
}

// The adapter that an earlier part of this run left in the store.
std::optional<catalog::AdapterRecord> earlier(catalog::Catalog& catalog, const std::string& run_id,
                                              bool best) {
    catalog::AdapterFilter filter;
    filter.scope = catalog::AdapterScope::all;
    filter.run_id = run_id;
    for (const auto& adapter : catalog.adapters(filter))
        if (adapter.path.ends_with(best_suffix) == best) return adapter;
    return std::nullopt;
}

// The catalog keeps an adapter's numbers as they were entered, so a later state of the run is a new entry
// under the old id. Exports go with the old one: they were made of other weights.
void remove_entry(catalog::Catalog& catalog, const catalog::AdapterRecord& adapter) {
    if (!adapter.trashed) catalog.trash_adapter(adapter.id);
    catalog.purge_adapter(adapter.id);
}

struct Point {  // of the training that an adapter holds
    fs::path folder;
    std::int64_t step = 0;
    std::optional<double> train_loss;
    std::optional<double> eval_loss;
    catalog::Metrics metrics;
    bool best = false;
};

// A record whose files lie in the store already, ready to be entered.
struct Entry {
    catalog::AdapterRecord adapter;
    std::optional<catalog::AdapterRecord> replaces;
};

Entry store_files(catalog::Catalog& catalog, const Paths& paths, const catalog::RunRecord& run,
                  const engine::ExperimentSpec& spec, const engine::RunResult& result, const Point& point) {
    Entry entry;
    auto& adapter = entry.adapter;
    adapter.id = catalog.new_adapter_id();
    adapter.name = point.best ? run.name + " best" : run.name;
    entry.replaces = earlier(catalog, run.id, point.best);
    if (const auto& old = entry.replaces) {
        adapter.id = old->id;
        adapter.name = old->name;
        adapter.tags = old->tags;
        adapter.notes = old->notes;
        adapter.starred = old->starred;
    }
    const auto stored =
        copy_adapter(point.folder, adapters_dir(paths) / (adapter.id + (point.best ? best_suffix : "")));
    adapter.run_id = run.id;
    adapter.path = stored.folder.string();
    adapter.size_bytes = stored.bytes;
    adapter.hash = stored.hash;
    adapter.method = run.method;
    adapter.rank = spec.lora.rank;
    adapter.alpha = spec.lora.alpha;
    adapter.scaling = spec.lora.scaling();
    adapter.targets = run.targets;
    adapter.model_ref = run.model_ref;
    adapter.model_name = run.model_name;
    adapter.model_hash = run.model_hash;
    adapter.trainable_params = result.trainable_params;
    // A model that was trained as a whole is no PEFT folder, and all of one piece.
    if (const auto info = engine::inspect_adapter(stored.folder)) adapter.whole_params = info->whole_params;
    adapter.train_loss = point.train_loss;
    adapter.eval_loss = point.eval_loss;
    adapter.metrics = point.metrics;
    adapter.step = point.step;
    adapter.seed = run.seed;
    return entry;
}

}  // namespace

fs::path adapters_dir(const Paths& paths) {
    return paths.data_dir / "adapters";
}

std::string store_adapters(catalog::Catalog& catalog, const Paths& paths, const std::string& run_id,
                           const engine::ExperimentSpec& spec, const engine::RunResult& result) {
    const auto run = catalog.run(run_id);
    // Copying comes before the transaction: other programs must not wait for the disk.
    std::vector<Entry> entries;
    entries.push_back(
        store_files(catalog, paths, run, spec, result,
                    {result.last, result.steps, known(result.train_loss), known(result.eval_loss),
                     catalog_metrics(result.eval_metrics), false}));
    std::optional<catalog::AdapterRecord> stale_best;
    if (!result.best.empty() && result.best_step > 0 && result.best_step != result.steps)
        entries.push_back(
            store_files(catalog, paths, run, spec, result,
                        {result.best, result.best_step, std::nullopt, known(result.best_eval_loss),
                         catalog_metrics(result.best_eval_metrics), true}));
    else
        stale_best = earlier(catalog, run.id, true);  // the final adapter is the best one now

    std::string id;
    try {
        catalog.in_transaction([&] {
            for (const auto& entry : entries) {
                if (entry.replaces) remove_entry(catalog, *entry.replaces);
                const auto stored = catalog.insert_adapter(entry.adapter);
                if (id.empty()) id = stored.id;
            }
            if (stale_best) remove_entry(catalog, *stale_best);
        });
    } catch (...) {
        std::error_code ignored;
        for (const auto& entry : entries)
            if (!entry.replaces) fs::remove_all(entry.adapter.path, ignored);
        throw;
    }
    if (stale_best) fs::remove_all(stale_best->path);
    return id;
}

}  // namespace workbench
