#include "ui/presenters/comparison.h"

namespace ui {
namespace {

constexpr std::size_t kCurvePoints =
    4000;  // thinned by smallest and largest value, more than a screen has columns

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
