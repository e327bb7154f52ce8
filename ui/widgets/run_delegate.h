// A run in two lines: state icon and name; below, state, steps and loss with a thin bar for what is under
// way.
#pragma once

#include <QStyledItemDelegate>

namespace ui {

class Theme;

class RunDelegate : public QStyledItemDelegate {
    Q_OBJECT

  public:
    explicit RunDelegate(const Theme& theme, QObject* parent = nullptr);
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

  private:
    const Theme& m_theme;
};

}  // namespace ui
