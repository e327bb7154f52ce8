#include "ui/format/metrics.h"

#include "ui/format/units.h"

#include <QCoreApplication>
#include <QStringList>

namespace ui {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(ui::Metrics)
};

}  // namespace

QString metricName(const std::string& name) {
    if (name == "accuracy") return Words::tr("accuracy");
    if (name == "f1") return Words::tr("F1");
    if (name == "matthews") return Words::tr("Matthews");
    if (name == "pearson") return Words::tr("Pearson");
    if (name == "spearman") return Words::tr("Spearman");
    return QString::fromStdString(name);
}

QString metricText(const catalog::Metric& metric) {
    return metricName(metric.name) + QLatin1Char(' ') + units::loss(metric.value);
}

QString metricsText(const catalog::Metrics& metrics) {
    QStringList texts;
    for (const catalog::Metric& metric : metrics) texts << metricText(metric);
    return texts.join(QStringLiteral(", "));
}

QString metricMeaning(const std::string& name) {
    if (name == "accuracy") return Words::tr("Share of the labels that are right");
    if (name == "f1") return Words::tr("F1: 2 · precision · recall / (precision + recall)");
    if (name == "matthews") return Words::tr("Matthews correlation: 1 all right, 0 no better than chance");
    if (name == "pearson") return Words::tr("Pearson correlation of the numbers given and wanted");
    if (name == "spearman") return Words::tr("Spearman correlation: that of the ranks of the numbers");
    return {};
}

}  // namespace ui
