// A titled panel on the surface colour with a thin border. Follows the theme by itself.
#pragma once

#include <QStringList>
#include <QWidget>

class QHBoxLayout;
class QLabel;
class QVBoxLayout;

namespace ui {

class Theme;

class Card : public QWidget {
    Q_OBJECT

  public:
    Card(const Theme& theme, const QString& title, QWidget* parent = nullptr);

    QHBoxLayout& header() const { return *m_header; }  // right of the title
    QVBoxLayout& body() const { return *m_body; }
    // While something that would land here is dragged over the window.
    void setHighlighted(bool on);

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    const Theme& m_theme;
    QHBoxLayout* m_header;
    QVBoxLayout* m_body;
    bool m_highlighted = false;
};

// "a  ·  b  ·  c", broken only between facts.
QString joinFacts(QStringList facts);

// A label in the smaller grey of units and hints; follows the theme.
QLabel* makeHint(const Theme& theme, const QString& text, QWidget* parent);
// Makes an existing label one.
void styleAsHint(const Theme& theme, QLabel* label);

}  // namespace ui
