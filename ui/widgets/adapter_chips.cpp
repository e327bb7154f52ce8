#include "ui/widgets/adapter_chips.h"

#include "ui/theme/theme.h"
#include "ui/widgets/charts/legend_bar.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QToolButton>

namespace ui {
namespace {

constexpr int kWidest = 200;  // of a name, in pixels

// A rounded outline on the surface colour.
class ChipFrame : public QWidget {
  public:
    ChipFrame(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {}

  protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setBrush(m_theme.surface());
        painter.setPen(m_theme.border());
        const qreal radius = height() / 2.0 - 0.5;
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
    }

  private:
    const Theme& m_theme;
};

}  // namespace

AdapterChips::AdapterChips(const Theme& theme, QWidget* last, QWidget* parent)
    : QWidget(parent), m_theme(theme), m_last(last), m_flow(new FlowLayout(this, 6, 6)) {
    m_last->setParent(this);
    m_flow->addWidget(m_last);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(&theme, &Theme::changed, this, &AdapterChips::rebuild);
}

void AdapterChips::setChips(const QList<Chip>& chips) {
    if (chips == m_chips) return;
    m_chips = chips;
    rebuild();
}

void AdapterChips::rebuild() {
    for (QWidget* widget : std::as_const(m_widgets)) {
        m_flow->removeWidget(widget);
        widget->setParent(nullptr);  // it may be what was just clicked
        widget->deleteLater();
    }
    m_widgets.clear();
    m_flow->removeWidget(m_last);
    for (const Chip& chip : std::as_const(m_chips)) {
        m_widgets << makeChip(chip);
        m_flow->addWidget(m_widgets.back());
    }
    m_flow->addWidget(m_last);
    m_flow->invalidate();
    updateGeometry();
}

QWidget* AdapterChips::makeChip(const Chip& chip) {
    auto* frame = new ChipFrame(m_theme, this);
    frame->setObjectName(QStringLiteral("chip_") + chip.id);
    auto* row = new QHBoxLayout(frame);
    row->setContentsMargins(10, 2, 4, 2);
    row->setSpacing(4);
    auto* sample = new QToolButton(frame);
    sample->setObjectName(QStringLiteral("showChip"));
    sample->setCheckable(true);
    sample->setChecked(isShown(chip.id));
    sample->setIconSize({22, 12});
    sample->setStyleSheet(QStringLiteral("QToolButton{border:none;background:transparent}"));
    sample->setAccessibleName(tr("Show the curves of “%1”").arg(chip.name));
    sample->setToolTip(tr("Click to hide or show the curves of “%1”").arg(chip.name));
    auto* name = new QToolButton(frame);
    name->setAutoRaise(true);
    name->setText(name->fontMetrics().elidedText(chip.name, Qt::ElideMiddle, kWidest));
    name->setToolTip(tr("%1. Click to see it in the catalog").arg(chip.name));
    auto* remove = new QToolButton(frame);
    remove->setObjectName(QStringLiteral("removeChip"));
    remove->setAutoRaise(true);
    remove->setIcon(m_theme.icon(QStringLiteral("close"), m_theme.secondaryText()));
    remove->setIconSize({12, 12});
    remove->setToolTip(tr("Take “%1” out of the comparison").arg(chip.name));
    remove->setAccessibleName(remove->toolTip());
    for (QWidget* widget : std::initializer_list<QWidget*>{sample, name, remove}) row->addWidget(widget);
    const auto paint = [this, sample, name, style = chip.style](bool shown) {
        const QPixmap look = seriesPixmap(style, m_theme, devicePixelRatioF());
        sample->setIcon(shown ? look : faded(look));
        QPalette colors = name->palette();
        colors.setColor(QPalette::ButtonText, shown ? m_theme.text() : m_theme.secondaryText());
        name->setPalette(colors);
    };
    paint(sample->isChecked());
    connect(sample, &QToolButton::toggled, this, [this, paint, id = chip.id](bool shown) {
        m_hidden.removeAll(id);
        if (!shown) m_hidden << id;
        paint(shown);
        Q_EMIT shownChanged(id, shown);
    });
    connect(name, &QToolButton::clicked, this, [this, id = chip.id] { Q_EMIT opened(id); });
    connect(remove, &QToolButton::clicked, this, [this, id = chip.id] { Q_EMIT removeRequested(id); });
    frame->show();
    return frame;
}

}  // namespace ui
