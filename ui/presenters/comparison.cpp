#include "ui/presenters/comparison.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace ui {
namespace {

constexpr std::size_t kCurvePoints =
    4000;  // thinned by smallest and largest value, more than a screen has columns

constexpr std::size_t kLookedThrough = 200, kCompared = 8;

std::vector<QPointF> curve(catalog::Catalog& catalog, const std::string& run, const std::string& key) {
    std::vector<QPointF> points;
    for (const auto& p : catalog.series(run, key, kCurvePoints))
        points.emplace_back(static_cast<double>(p.step), p.value);
    return points;
}

}  // namespace

std::vector<ComparedAdapter> readComparison(workbench::Workbench& workbench, const QStringList& ids) {
    auto& catalog = workbench.catalog();
    std::vector<ComparedAdapter> adapters;
    for (const QString& id : ids) {
        ComparedAdapter adapter;
        try {
            adapter.record = catalog.adapter(id.toStdString());
        } catch (const catalog::Error& error) {
            if (error.code() != catalog::ErrorCode::not_found) throw;
            continue;
        }
        if (adapter.record.trashed) continue;
        if (const std::string& run = adapter.record.run_id; !run.empty()) {
            if (auto spec = engine::spec_from_json(catalog.run(run).spec_json)) adapter.spec = *spec;
            adapter.trainLoss = curve(catalog, run, "loss_smooth");
            adapter.evalLoss = curve(catalog, run, "eval_loss");
            if (!adapter.record.metrics.empty())
                adapter.score = curve(catalog, run, "eval_" + adapter.record.metrics.front().name);
        }
        adapters.push_back(std::move(adapter));
    }
    return adapters;
}

Comparable comparableWithTheNewest(workbench::Workbench& workbench) {
    auto& catalog = workbench.catalog();
    catalog::AdapterFilter newest;
    newest.limit = kLookedThrough;
    std::vector<catalog::AdapterRecord> chosen;
    catalog::RunRecord first;
    for (catalog::AdapterRecord& adapter : catalog.adapters(newest)) {
        if (adapter.run_id.empty()) continue;  // imported
        const auto run = catalog.run(adapter.run_id);
        if (run.data_hash.empty()) continue;
        if (chosen.empty()) first = run;
        if (run.data_hash != first.data_hash || run.model_hash != first.model_hash) continue;
        chosen.push_back(std::move(adapter));
        if (chosen.size() == kCompared) break;
    }
    if (chosen.size() < 2) return {};
    std::stable_sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) { return a.rank < b.rank; });
    Comparable found;
    for (const catalog::AdapterRecord& adapter : chosen) found.ids << QString::fromStdString(adapter.id);
    found.model = QString::fromStdString(first.model_name);
    found.data = QString::fromStdString(std::filesystem::path(first.data_path).filename().string());
    return found;
}

std::optional<double> Measure::of(const catalog::AdapterRecord& adapter) const {
    std::optional<double> value = adapter.eval_loss;
    if (!metric.empty()) {
        const auto& metrics = adapter.metrics;
        const auto found = std::find_if(metrics.begin(), metrics.end(), [&](const catalog::Metric& m) { return m.name == metric; });
        value = found == metrics.end() ? std::nullopt : std::optional(found->value);
    }
    return value && std::isfinite(*value) ? value : std::nullopt;
}

std::vector<Measure> measuresOf(const std::vector<ComparedAdapter>& adapters) {
    std::vector<Measure> measures = {{}};
    for (const ComparedAdapter& adapter : adapters)
        for (const catalog::Metric& metric : adapter.record.metrics)
            if (std::find(measures.begin(), measures.end(), Measure{metric.name}) == measures.end())
                measures.push_back({metric.name});
    return measures;
}

Measure mainMeasure(const std::vector<ComparedAdapter>& adapters) {
    Measure main;
    for (const ComparedAdapter& adapter : adapters) {
        if (adapter.record.metrics.empty()) return {};
        const Measure own{adapter.record.metrics.front().name};
        if (!main.metric.empty() && main != own) return {};
        main = own;
    }
    return main;
}

void LookBook::keepOnly(const QStringList& ids) {
    m_taken.removeIf([&](const auto& entry) { return !ids.contains(entry.key()); });
}

SeriesStyle LookBook::look(const QString& id) {
    if (!m_taken.contains(id)) {
        const QList<int> taken = m_taken.values();
        int free = 0;
        while (taken.contains(free)) ++free;
        m_taken.insert(id, free);
    }
    return seriesStyle(m_taken.value(id));
}

}  // namespace ui
