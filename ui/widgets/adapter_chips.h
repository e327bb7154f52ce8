// The chosen adapters as a row of chips, each with the colour, line and marker it has in the charts, and a
// cross to take it away; what adds another one stands at the end. Wraps. GUI thread.
#pragma once

#include "ui/widgets/charts/series_style.h"

#include <QList>
#include <QStringList>
#include <QWidget>

namespace ui {

class FlowLayout;

class AdapterChips : public QWidget {
    Q_OBJECT

  public:
    struct Chip {
        QString id, name;
        SeriesStyle style;
        bool operator==(const Chip&) const = default;
    };

    // last: stands behind the chips; taken over.
    AdapterChips(const Theme& theme, QWidget* last, QWidget* parent = nullptr);

    void setChips(const QList<Chip>& chips);
    bool isShown(const QString& id) const { return !m_hidden.contains(id); }

  Q_SIGNALS:
    void removeRequested(const QString& id);
    void shownChanged(const QString& id, bool shown);
    void opened(const QString& id);  // the person wants to see this adapter

  private:
    QWidget* makeChip(const Chip& chip);
    void rebuild();

    const Theme& m_theme;
    QWidget* m_last;
    FlowLayout* m_flow;
    QList<Chip> m_chips;
    QStringList m_hidden;
    QList<QWidget*> m_widgets;
};

}  // namespace ui
