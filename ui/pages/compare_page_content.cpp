// ComparePage: what its tabs show of the adapters.
#include "ui/format/metrics.h"
#include "ui/models/differences_model.h"
#include "ui/pages/compare_page.h"
#include "ui/presenters/spec_fields.h"
#include "ui/theme/theme.h"
#include "ui/widgets/adapter_chips.h"
#include "ui/widgets/charts/line_chart.h"
#include "ui/widgets/charts/scatter_chart.h"

#include <QComboBox>
#include <QLabel>
#include <QSettings>
#include <QTableView>

#include <algorithm>

namespace ui {
namespace {

const QString kMeasureKey = QStringLiteral("compare/measure");  // absent: what the task is judged by
const QString kLoss = QStringLiteral("loss");

}  // namespace

void ComparePage::fillChips() {
    QList<AdapterChips::Chip> chips;
    for (const ComparedAdapter& adapter : m_adapters)
        chips.append({adapter.id(), adapter.name(), m_looks.look(adapter.id())});
    m_chips->setChips(chips);
}

void ComparePage::fillCurves() {
    const auto fill = [this](LineChart& chart, std::vector<QPointF> ComparedAdapter::*curve, bool markers) {
        // The same adapters as before keep the zoom and what was hidden.
        if (chart.seriesCount() != static_cast<int>(m_adapters.size()) ||
            chart.property("adapters").toStringList() != m_ids) {
            chart.removeAllSeries();
            for (const ComparedAdapter& adapter : m_adapters) {
                SeriesStyle look = m_looks.look(adapter.id());
                if (!markers) look.marker = Marker::None;
                chart.addSeries({adapter.name(), look, false, {}});
            }
            chart.setProperty("adapters", m_ids);
            for (int i = 0; i < chart.seriesCount(); ++i)
                chart.setSeriesVisible(i, m_chips->isShown(m_ids[i]));
        }
        for (std::size_t i = 0; i < m_adapters.size(); ++i)
            chart.setPoints(static_cast<int>(i), m_adapters[i].*curve);
    };
    fill(*m_evalCurves, &ComparedAdapter::evalLoss, true);
    fill(*m_trainCurves, &ComparedAdapter::trainLoss, false);
    fill(*m_scoreCurves, &ComparedAdapter::score, true);
    nameLosses();
}

// A classifier has a figure that says more than its loss, and no tokens to divide the loss by.
void ComparePage::nameLosses() {
    QStringList scores;
    bool rows = false, tokens = false;
    for (const ComparedAdapter& adapter : m_adapters) {
        const auto& metrics = adapter.record.metrics;
        const QString name = metrics.empty() ? QString() : metricName(metrics.front().name);
        if (!name.isEmpty() && !scores.contains(name)) scores << name;
        (metrics.empty() ? tokens : rows) = true;
    }
    const QString per = !rows ? tr("nats per token") : !tokens ? tr("mean of the rows") : tr("per token or row");
    for (LineChart* chart : {m_evalCurves, m_trainCurves}) chart->setYAxis(per, axis_text::loss());
    m_perLoss = per;
    m_scoreCurves->setTitle(tr("Evaluation: %1").arg(scores.join(QStringLiteral(", "))));
    m_scoreCurves->setVisible(!scores.isEmpty());
}

void ComparePage::fillDifferences() {
    std::vector<DifferencesModel::Subject> subjects;
    for (const ComparedAdapter& adapter : m_adapters) {
        DifferencesModel::Subject subject;
        subject.name = adapter.name();
        subject.mark = QIcon(seriesPixmap(m_looks.look(adapter.id()), context().theme, devicePixelRatioF()));
        if (adapter.spec) subject.fields = specFields(*adapter.spec);
        subject.results = resultFields(adapter.record);
        subjects.push_back(std::move(subject));
    }
    m_differences->setSubjects(std::move(subjects));
    const int hidden = m_differences->hiddenRows();
    m_differencesHint->setText(hidden > 0 ? tr("hidden because they agree: %1").arg(hidden) : QString());
    m_differencesView->resizeColumnsToContents();
    for (int column = 1; column < m_differences->columnCount(); ++column)
        m_differencesView->setColumnWidth(column,
                                          std::clamp(m_differencesView->columnWidth(column), 110, 260));
}

void ComparePage::fillMeasures() {
    const QString wanted = context().settings.value(kMeasureKey).toString();
    const Measure usual = mainMeasure(m_adapters);
    m_measure->clear();
    int chosen = -1, main = 0;
    for (const Measure& each : measuresOf(m_adapters)) {
        const QString key = each.metric.empty() ? kLoss : QString::fromStdString(each.metric);
        if (key == wanted) chosen = m_measure->count();
        if (each == usual) main = m_measure->count();
        m_measure->addItem(each.metric.empty() ? tr("evaluation loss") : metricName(each.metric), key);
        m_measure->setItemData(m_measure->count() - 1, metricMeaning(each.metric), Qt::ToolTipRole);
    }
    m_measure->setCurrentIndex(chosen >= 0 ? chosen : main);
}

Measure ComparePage::measure() const {
    const QString key = m_measure->currentData().toString();
    return key == kLoss ? Measure{} : Measure{key.toStdString()};
}

void ComparePage::chooseMeasure() {
    context().settings.setValue(kMeasureKey, m_measure->currentData());
    fillScatter();
}

void ComparePage::fillScatter() {
    const Measure by = measure();
    const QString what = by.metric.empty() ? tr("evaluation loss") : metricName(by.metric);
    const QString start = what.left(1).toUpper() + what.mid(1);
    m_rank->setTitle(tr("%1 by rank").arg(start));
    m_pareto->setTitle(tr("%1 by trainable parameters").arg(start));
    for (ScatterChart* chart : {m_rank, m_pareto}) {
        chart->setYAxis(by.metric.empty() ? tr("evaluation loss, %1").arg(m_perLoss) : what,
                        by.metric.empty() ? axis_text::loss() : axis_text::number());
        chart->setMoreIsBetter(by.moreIsBetter());
    }
    std::vector<ScatterChart::Point> byRank, byParams;
    int missing = 0;
    for (const ComparedAdapter& adapter : m_adapters) {
        const auto& a = adapter.record;
        const std::optional<double> value = by.of(a);
        if (!value) {
            ++missing;
            continue;
        }
        ScatterChart::Point point{{static_cast<double>(a.rank), *value},
                                  adapter.name(),
                                  {},
                                  m_looks.look(adapter.id()),
                                  {}};
        if (a.rank > 0) {
            point.group = QString::fromStdString(a.model_ref + '|' + a.targets + '|' + a.method);
            byRank.push_back(point);
        }
        if (a.trainable_params <= 0) continue;
        point.group.clear();
        point.label = a.rank > 0 ? tr("r %1").arg(a.rank) : QString();
        point.at.setX(static_cast<double>(a.trainable_params));
        byParams.push_back(point);
    }
    m_rank->setPoints(std::move(byRank));
    m_pareto->setPoints(std::move(byParams));
    m_missing->setText(missing > 0 ? tr("without %1: %2").arg(what).arg(missing) : QString());
}

}  // namespace ui
