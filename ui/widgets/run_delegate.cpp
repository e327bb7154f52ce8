#include "ui/widgets/run_delegate.h"

#include "ui/models/run_table_model.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QPainter>

#include <utility>

namespace ui {
namespace {

using catalog::RunState;
constexpr int kPad = 8, kIcon = 16;

std::pair<QString, QColor> lookOf(RunState state, const Theme& theme) {
    switch (state) {
        case RunState::queued:
            return {QStringLiteral("layers"), theme.secondaryText()};
        case RunState::running:
            return {QStringLiteral("play"), theme.accent()};
        case RunState::paused:
            return {QStringLiteral("pause"), theme.accent()};
        case RunState::finished:
            return {QStringLiteral("check"), theme.success()};
        case RunState::stopped:
            return {QStringLiteral("stop"), theme.secondaryText()};
        case RunState::failed:
            return {QStringLiteral("warning"), theme.danger()};
        case RunState::interrupted:
            return {QStringLiteral("warning"), theme.warning()};
        case RunState::cancelled:
            return {QStringLiteral("close"), theme.secondaryText()};
    }
    return {};
}

bool isUnderWay(RunState state) {
    return state == RunState::running || state == RunState::paused || state == RunState::interrupted ||
           state == RunState::stopped;
}

}  // namespace

RunDelegate::RunDelegate(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), m_theme(theme) {}

void RunDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                        const QModelIndex& index) const {
    QStyleOptionViewItem background = option;
    initStyleOption(&background, index);
    background.text.clear();
    QStyle* style = option.widget ? option.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &background, painter, option.widget);

    const auto state = static_cast<RunState>(index.data(RunTableModel::StateRole).toInt());
    const bool selected = option.state & QStyle::State_Selected;
    const QColor text = selected ? option.palette.color(QPalette::HighlightedText) : m_theme.text();
    const QColor quiet = selected ? text : m_theme.secondaryText();
    const auto [icon, color] = lookOf(state, m_theme);

    painter->save();
    const QRect area = option.rect.adjusted(kPad, 6, -kPad, -6);
    const int line = option.fontMetrics.height();
    m_theme.icon(icon, selected ? text : color)
        .paint(painter, QRect(area.left(), area.top() + (line - kIcon) / 2, kIcon, kIcon));
    const int left = area.left() + kIcon + kPad;
    const int width = area.right() - left + 1;

    QFont bold = option.font;
    bold.setWeight(QFont::DemiBold);
    painter->setFont(bold);
    painter->setPen(text);
    painter->drawText(QRect(left, area.top(), width, line), Qt::AlignLeft | Qt::AlignVCenter,
                      QFontMetrics(bold).elidedText(index.data().toString(), Qt::ElideRight, width));
    QFont small = option.font;
    small.setPointSizeF(small.pointSizeF() * 0.9);
    painter->setFont(small);
    painter->setPen(quiet);
    painter->drawText(QRect(left, area.top() + line + 1, width, line), Qt::AlignLeft | Qt::AlignVCenter,
                      QFontMetrics(small).elidedText(index.data(RunTableModel::SummaryRole).toString(),
                                                     Qt::ElideRight, width));
    if (isUnderWay(state)) {
        const QRect bar(left, area.bottom() - 1, width, 3);
        painter->fillRect(bar, selected ? Theme::mix(option.palette.color(QPalette::Highlight), text, 0.3)
                                        : m_theme.border());
        const double fraction = index.data(RunTableModel::FractionRole).toDouble();
        painter->fillRect(QRect(bar.left(), bar.top(), static_cast<int>(width * fraction), bar.height()),
                          selected ? text : color);
    }
    painter->restore();
}

QSize RunDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
    return {160, 2 * option.fontMetrics.height() + 21};
}

}  // namespace ui
