#include "ui/widgets/label_bars.h"

#include "ui/format/units.h"
#include "ui/theme/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace ui {
namespace {

constexpr int kMostLines = 5;

QString nameOf(const engine::DataReport::LabelCount& label) {
    return QString::fromStdString(label.name);
}

}  // namespace

LabelBars::LabelBars(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setObjectName(QStringLiteral("labelBars"));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.85);
    setFont(small);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void LabelBars::setLabels(std::vector<engine::DataReport::LabelCount> labels, qint64 rows) {
    m_labels = std::move(labels);
    m_rows = rows;
    QStringList words;
    for (const auto& label : m_labels)
        words << tr("%1: %Ln row(s)", nullptr, static_cast<int>(label.rows)).arg(nameOf(label));
    setAccessibleName(tr("Labels: %1").arg(words.join(QStringLiteral(", "))));
    setVisible(!m_labels.empty());
    updateGeometry();
    update();
}

int LabelBars::shown() const {
    const int all = static_cast<int>(m_labels.size());
    return all <= kMostLines ? all : kMostLines - 1;  // the last line counts the rest
}

int LabelBars::lineHeight() const {
    return fontMetrics().height() + 3;
}

QSize LabelBars::sizeHint() const {
    return {240, lineHeight() * std::min(kMostLines, static_cast<int>(m_labels.size()))};
}

void LabelBars::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const QFontMetrics metrics = fontMetrics();
    int names = 0, counts = 0;
    qint64 most = 1;
    for (const auto& label : m_labels) most = std::max<qint64>(most, label.rows);
    for (int i = 0; i < shown(); ++i) {
        names = std::max(names, metrics.horizontalAdvance(nameOf(m_labels[static_cast<std::size_t>(i)])));
        counts = std::max(
            counts, metrics.horizontalAdvance(units::count(m_labels[static_cast<std::size_t>(i)].rows)));
    }
    names = std::min(names, width() * 2 / 5);
    const int left = names + 8, right = width() - counts - 8;
    for (int i = 0; i < shown(); ++i) {
        const auto& label = m_labels[static_cast<std::size_t>(i)];
        const QRect line(0, i * lineHeight(), width(), lineHeight());
        painter.setPen(m_theme.text());
        painter.drawText(line.adjusted(0, 0, names - width(), 0), Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(nameOf(label), Qt::ElideMiddle, names));
        painter.setPen(m_theme.secondaryText());
        painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, units::count(label.rows));
        const double share = static_cast<double>(label.rows) / static_cast<double>(most);
        const double wide = label.rows > 0 ? std::max(1.5, share * (right - left)) : 0;
        painter.fillRect(QRectF(left, line.top() + 4, wide, line.height() - 8),
                         Theme::mix(m_theme.surface(), m_theme.accent(), 0.75));
    }
    const int rest = static_cast<int>(m_labels.size()) - shown();
    if (rest == 0) return;
    painter.setPen(m_theme.secondaryText());
    painter.drawText(QRect(0, shown() * lineHeight(), width(), lineHeight()), Qt::AlignLeft | Qt::AlignVCenter,
                     tr("and %Ln more label(s)", nullptr, rest));
}

bool LabelBars::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int at = help->pos().y() / lineHeight();
    QStringList lines;
    const int end = at < shown() ? at + 1 : static_cast<int>(m_labels.size());
    for (int i = at; i < end && lines.size() < 30; ++i) {
        const auto& label = m_labels[static_cast<std::size_t>(i)];
        const double share = m_rows > 0 ? 100.0 * static_cast<double>(label.rows) / static_cast<double>(m_rows) : 0;
        lines << tr("%1: %Ln row(s), %2", nullptr, static_cast<int>(label.rows))
                     .arg(nameOf(label), units::percent(share));
    }
    QToolTip::showText(help->globalPos(), lines.join(QLatin1Char('\n')), this);
    return true;
}

}  // namespace ui
