// One way to export, as a large radio button: what it is, what reads it, what it will weigh. GUI thread.
#pragma once

#include <QAbstractButton>

namespace ui {

class Theme;

class TargetCard : public QAbstractButton {
    Q_OBJECT

  public:
    TargetCard(const Theme& theme, const QString& title, const QString& description,
               QWidget* parent = nullptr);

    void setSize(const QString& size);  // "25 MB"; empty: not known (yet)
    // Why it cannot be chosen, shown in the place of the description; empty: it can.
    void setObstacle(const QString& reason);
    bool isPossible() const { return m_obstacle.isEmpty(); }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {150, sizeHint().height()}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

  protected:
    void paintEvent(QPaintEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;

  private:
    QFont titleFont() const;
    QFont smallFont() const;

    const Theme& m_theme;
    const QString& shownText() const { return m_obstacle.isEmpty() ? m_description : m_obstacle; }
    QString m_description, m_size, m_obstacle;
};

}  // namespace ui
