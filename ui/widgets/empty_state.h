// What a page shows while it has nothing to show: an icon, what will appear here, and the way there.
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace ui {

class Theme;

class EmptyState : public QWidget {
    Q_OBJECT

  public:
    EmptyState(const Theme& theme, const QString& icon, QWidget* parent = nullptr);

    void setText(const QString& headline, const QString& explanation);
    void setAction(const QString& text);  // empty: no button

  Q_SIGNALS:
    void actionRequested();

  private:
    void restyle();

    const Theme& m_theme;
    QString m_iconName;
    QLabel *m_icon, *m_headline, *m_explanation;
    QPushButton* m_action;
};

}  // namespace ui
