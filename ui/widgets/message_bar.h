// One sentence and at most one action at the top of a page: the place for errors and outcomes, instead of a
// modal box. Takes no room while empty. GUI thread only.
#pragma once

#include "engine/error.h"

#include <QFrame>

#include <functional>

class QLabel;
class QPushButton;
class QToolButton;

namespace ui {

class Theme;

class MessageBar : public QFrame {
    Q_OBJECT

  public:
    enum class Kind { Info, Success, Warning, Error };

    explicit MessageBar(const Theme& theme, QWidget* parent = nullptr);

    // Replaces what was shown. Info and Success go away by themselves, a while after the window is looked at; Warning and
    // Error stay until closed.
    void show(Kind kind, const QString& text);
    void show(Kind kind, const QString& text, const QString& actionText, std::function<void()> action);
    void showError(const engine::Error& error);
    void clear();

    QString text() const;
    Kind kind() const { return m_kind; }

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    void restyle();

    const Theme& m_theme;
    Kind m_kind = Kind::Info;
    QColor m_ground;
    QColor m_edge;
    QLabel* m_icon;
    QLabel* m_text;
    QPushButton* m_action;
    QToolButton* m_close;
    std::function<void()> m_callback;
    class QTimer* m_timer;
};

}  // namespace ui
