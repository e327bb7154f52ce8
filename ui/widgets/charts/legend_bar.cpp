#include "ui/widgets/charts/legend_bar.h"

#include "ui/theme/theme.h"

#include <QToolButton>

namespace ui {

FlowLayout::FlowLayout(QWidget* parent, int horizontalGap, int verticalGap)
    : QLayout(parent), m_horizontalGap(horizontalGap), m_verticalGap(verticalGap) {
    setContentsMargins(0, 0, 0, 0);
}

FlowLayout::~FlowLayout() {
    qDeleteAll(m_items);
}

void FlowLayout::addItem(QLayoutItem* item) {
    m_items.append(item);
}

QLayoutItem* FlowLayout::itemAt(int index) const {
    return m_items.value(index);
}

QLayoutItem* FlowLayout::takeAt(int index) {
    return index >= 0 && index < m_items.size() ? m_items.takeAt(index) : nullptr;
}

int FlowLayout::heightForWidth(int width) const {
    return arrange(QRect(0, 0, width, 0), false);
}

QSize FlowLayout::minimumSize() const {
    QSize size;
    for (const QLayoutItem* item : m_items)
        if (!item->isEmpty()) size = size.expandedTo(item->minimumSize());
    const QMargins m = contentsMargins();
    return size + QSize(m.left() + m.right(), m.top() + m.bottom());
}

void FlowLayout::setGeometry(const QRect& area) {
    QLayout::setGeometry(area);
    arrange(area, true);
}

int FlowLayout::arrange(const QRect& area, bool apply) const {
    const QMargins m = contentsMargins();
    const QRect inner = area.marginsRemoved(m);
    int x = inner.x(), y = inner.y(), lineHeight = 0;
    for (QLayoutItem* item : m_items) {
        if (item->isEmpty()) continue;
        const QSize hint = item->sizeHint();
        const int width = qMin(hint.width(), qMax(inner.width(), 1));
        if (x > inner.x() && x + width > inner.right() + 1) {
            x = inner.x();
            y += lineHeight + m_verticalGap;
            lineHeight = 0;
        }
        if (apply) item->setGeometry(QRect(x, y, width, hint.height()));
        x += width + m_horizontalGap;
        lineHeight = qMax(lineHeight, hint.height());
    }
    return y + lineHeight - area.y() + m.bottom();
}

LegendBar::LegendBar(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    new FlowLayout(this);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void LegendBar::clear() {
    for (const Entry& entry : std::as_const(m_entries)) {
        layout()->removeWidget(entry.button);
        entry.button->setParent(nullptr);  // it may be what was just clicked
        entry.button->deleteLater();
    }
    m_entries.clear();
}

void LegendBar::add(int series, const QString& name, const SeriesStyle& style, bool shown) {
    auto* button = new QToolButton(this);
    button->setObjectName(QStringLiteral("legend%1").arg(series));
    button->setText(name);
    button->setToolTip(tr("Click to hide or show “%1”").arg(name));
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setIconSize({16, 12});
    QFont small = button->font();
    small.setPointSizeF(small.pointSizeF() * 0.88);
    button->setFont(small);
    button->setFixedHeight(fontMetrics().height() + 6);
    button->setAutoRaise(true);
    button->setCheckable(true);
    button->setChecked(shown);
    // A checked tool button would be drawn pressed in; here the text alone tells hidden from shown.
    button->setStyleSheet(
        QStringLiteral("QToolButton{border:none;background:transparent;padding:0 2px}"
                       "QToolButton:hover,QToolButton:focus{text-decoration:underline}"));
    m_entries.append({button, style});
    layout()->addWidget(button);
    paint(m_entries.back());
    connect(button, &QToolButton::toggled, this, [this, series, entry = m_entries.back()](bool on) {
        paint(entry);
        Q_EMIT toggled(series, on);
    });
    updateGeometry();
}

void LegendBar::restyle() {
    for (const Entry& entry : std::as_const(m_entries)) paint(entry);
}

void LegendBar::paint(const Entry& entry) const {
    const QPixmap pixmap = seriesPixmap(entry.style, m_theme, devicePixelRatioF(), {16, 12});
    entry.button->setIcon(entry.button->isChecked() ? pixmap : faded(pixmap));
    QPalette colors = entry.button->palette();
    const QColor text = entry.button->isChecked()
                            ? m_theme.text()
                            : Theme::mix(m_theme.secondaryText(), m_theme.surface(), 0.4);
    colors.setColor(QPalette::ButtonText, text);
    colors.setColor(QPalette::WindowText, text);
    entry.button->setPalette(colors);
}

}  // namespace ui
