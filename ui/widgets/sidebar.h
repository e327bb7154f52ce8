// The pages of the window as a column of buttons; below them what computes and how much memory the program
// holds.
#pragma once

#include <QWidget>

#include <vector>

class QButtonGroup;
class QLabel;
class QMenu;
class QToolButton;
class QVBoxLayout;

namespace engine {
struct RuntimeInfo;
}

namespace ui {

class Theme;

class Sidebar : public QWidget {
    Q_OBJECT

  public:
    explicit Sidebar(const Theme& theme, QWidget* parent = nullptr);

    void addPage(const QString& text, const QString& icon, const QString& shortcut);
    void setCurrent(int page);
    void setBadge(int page, int count);  // 0: none
    void setMachine(const engine::RuntimeInfo& info, qint64 processBytes);
    void setMenu(QMenu* menu);

  Q_SIGNALS:
    void pageChosen(int page);

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    struct Entry {
        QToolButton* button;
        QString icon;
        QString text;
    };
    void restyle();

    const Theme& m_theme;
    QVBoxLayout* m_pages;
    QButtonGroup* m_group;
    std::vector<Entry> m_entries;
    QLabel* m_device;
    QLabel* m_memory;
    QWidget* m_memoryBar;
    QToolButton* m_settings;
};

}  // namespace ui
