#include "ui/widgets/sidebar.h"

#include "engine/runtime.h"
#include "ui/format/units.h"
#include "ui/theme/theme.h"
#include "ui/widgets/card.h"
#include "ui/widgets/parameter_bar.h"

#include <QButtonGroup>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr int sidebarWidth = 148;
constexpr int entryHeight = 36;
}  // namespace

Sidebar::Sidebar(const Theme& theme, QWidget* parent)
    : QWidget(parent),
      m_theme(theme),
      m_pages(new QVBoxLayout),
      m_group(new QButtonGroup(this)),
      m_device(makeHint(theme, {}, this)),
      m_memory(makeHint(theme, {}, this)),
      m_memoryBar(new ParameterBar(theme, this)),
      m_settings(new QToolButton(this)) {
    setObjectName(QStringLiteral("sidebar"));
    setFixedWidth(sidebarWidth);
    m_device->setWordWrap(true);
    m_device->setObjectName(QStringLiteral("sidebarDevice"));
    m_memoryBar->setFixedHeight(6);
    m_settings->setObjectName(QStringLiteral("settingsButton"));
    m_settings->setText(tr("Appearance"));
    m_settings->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_settings->setPopupMode(QToolButton::InstantPopup);
    m_settings->setIconSize({20, 20});
    m_settings->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_settings->setMinimumHeight(entryHeight - 4);
    m_settings->setFocusPolicy(Qt::TabFocus);

    m_pages->setSpacing(2);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(8, 12, 8, 10);
    all->setSpacing(6);
    all->addLayout(m_pages);
    all->addStretch(1);
    auto* machine = new QVBoxLayout;
    machine->setContentsMargins(8, 0, 8, 4);
    machine->setSpacing(4);
    machine->addWidget(m_device);
    machine->addWidget(m_memory);
    machine->addWidget(m_memoryBar);
    all->addLayout(machine);
    all->addWidget(m_settings);

    m_group->setExclusive(true);
    connect(m_group, &QButtonGroup::idClicked, this, &Sidebar::pageChosen);
    connect(&theme, &Theme::changed, this, &Sidebar::restyle);
    restyle();
}

void Sidebar::addPage(const QString& text, const QString& icon, const QString& shortcut) {
    auto* button = new QToolButton(this);
    button->setObjectName(QStringLiteral("nav_") + icon);
    button->setText(text);
    button->setCheckable(true);
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setIconSize({20, 20});
    button->setMinimumHeight(entryHeight);
    button->setFocusPolicy(Qt::TabFocus);
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    button->setToolTip(QStringLiteral("%1 (%2)").arg(text, shortcut));
    m_group->addButton(button, static_cast<int>(m_entries.size()));
    m_pages->addWidget(button);
    m_entries.push_back({button, icon, text});
    restyle();
}

void Sidebar::setCurrent(int page) {
    if (auto* button = m_group->button(page)) button->setChecked(true);
    restyle();
}

void Sidebar::setBadge(int page, int count) {
    const Entry& entry = m_entries[static_cast<std::size_t>(page)];
    entry.button->setText(count > 0 ? QStringLiteral("%1  %2").arg(entry.text).arg(count) : entry.text);
}

void Sidebar::setMachine(const engine::RuntimeInfo& info, qint64 processBytes) {
    QStringList lines{tr("libtorch %1").arg(QString::fromStdString(info.libtorch_version)),
                      QString::fromStdString(info.blas), QString::fromStdString(info.cpu_capability)};
    for (const auto& device : info.devices) {
        lines << QStringLiteral("%1: %2").arg(QString::fromStdString(device.id),
                                              QString::fromStdString(device.reason));
        if (!device.chosen) continue;
        const QString id = device.id == "cpu" ? QStringLiteral("CPU") : QString::fromStdString(device.id);
        m_device->setText(QStringLiteral("%1 %2").arg(id, QString::fromStdString(device.name)));
        const bool cpu = device.id == "cpu";
        const qint64 used = cpu ? processBytes : device.memory_bytes - device.free_bytes;
        m_memory->setText(tr("%1 of %2").arg(units::memory(used), units::memory(device.memory_bytes)));
        m_memory->setToolTip(cpu ? tr("Memory that this program holds, of the machine's")
                                 : tr("Memory in use on the device"));
        static_cast<ParameterBar*>(m_memoryBar)->setValue(used, device.memory_bytes);
        m_memoryBar->setToolTip(m_memory->toolTip());
    }
    m_device->setToolTip(lines.join(QLatin1Char('\n')));
}

void Sidebar::setMenu(QMenu* menu) {
    m_settings->setMenu(menu);
}

void Sidebar::restyle() {
    for (const Entry& entry : m_entries)
        entry.button->setIcon(
            m_theme.icon(entry.icon, entry.button->isChecked() ? m_theme.accent() : m_theme.secondaryText()));
    m_settings->setIcon(m_theme.icon(QStringLiteral("settings"), m_theme.secondaryText()));
    const QColor chosen = Theme::mix(m_theme.window(), m_theme.accent(), m_theme.isDark() ? 0.24 : 0.12);
    const QString style =
        QStringLiteral(
            "QToolButton { border: none; border-radius: 6px; padding-left: 8px; "
            "text-align: left; color: %1; }"
            "QToolButton:hover { background: %2; }"
            "QToolButton:checked { background: %3; color: %4; font-weight: 600; }"
            "QToolButton:focus { border: 1px solid %5; }"
            "QToolButton::menu-indicator { image: none; }")
            .arg(m_theme.text().name(), Theme::mix(m_theme.window(), m_theme.text(), 0.07).name(),
                 chosen.name(), m_theme.text().name(), m_theme.accent().name());
    // On each button: a sheet on the sidebar would freeze the palettes of its labels.
    for (const Entry& entry : m_entries) entry.button->setStyleSheet(style);
    m_settings->setStyleSheet(style);
    update();
}

void Sidebar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setPen(m_theme.border());
    painter.drawLine(rect().topRight(), rect().bottomRight());
}

}  // namespace ui
