// One page of the window: a title row with the page's main actions at its right end, a message bar that takes
// no room while it has nothing to say, and the page's own content below. GUI thread only.
#pragma once

#include "ui/context.h"

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QVBoxLayout;

namespace ui {

class MessageBar;

class Page : public QWidget {
    Q_OBJECT

  public:
    // context must outlive the page.
    Page(const AppContext& context, const QString& title, QWidget* parent = nullptr);

    QString title() const;
    MessageBar& messageBar() const { return *m_messageBar; }

    // The page has come to the front.
    virtual void activated() {}
    // F5, or something behind the page has changed.
    virtual void refresh() {}
    // Ctrl+F; false when the page has nothing to search.
    virtual bool focusSearch() { return false; }

  protected:
    const AppContext& context() const { return m_context; }
    void setTitle(const QString& title);
    // Right end of the title row; primary actions first from the right.
    QHBoxLayout& actionsArea() const { return *m_actions; }
    // Below title and message bar. The page's margins are set already.
    QVBoxLayout& contentArea() const { return *m_content; }

  private:
    AppContext m_context;
    QLabel* m_title;
    QHBoxLayout* m_actions;
    MessageBar* m_messageBar;
    QVBoxLayout* m_content;
};

}  // namespace ui
