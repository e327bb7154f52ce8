#include "ui/widgets/device_combo.h"

#include <QStandardItemModel>

namespace ui {

namespace {

QString nameOf(const engine::DeviceInfo& device) {
    const QString id = device.id == "cpu" ? QStringLiteral("CPU") : QString::fromStdString(device.id);
    return device.name.empty() ? id : QStringLiteral("%1, %2").arg(id, QString::fromStdString(device.name));
}

}  // namespace

DeviceCombo::DeviceCombo(QWidget* parent) : QComboBox(parent) {
    setObjectName(QStringLiteral("deviceCombo"));
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(12);
    connect(this, &QComboBox::activated, this, [this](int index) {
        m_device = itemData(index).toString().toStdString();
        Q_EMIT deviceChosen(QString::fromStdString(m_device));
    });
    fill();
}

void DeviceCombo::setDevices(const std::vector<engine::DeviceInfo>& devices) {
    const auto same = [](const engine::DeviceInfo& a, const engine::DeviceInfo& b) {
        return a.id == b.id && a.name == b.name && a.usable == b.usable && a.chosen == b.chosen &&
               a.reason == b.reason;
    };
    // Free memory changes all the time; an open list must not.
    if (std::equal(devices.begin(), devices.end(), m_devices.begin(), m_devices.end(), same)) return;
    m_devices = devices;
    fill();
}

void DeviceCombo::setDevice(const std::string& id) {
    if (m_device == id) return;
    m_device = id;
    fill();
}

std::string DeviceCombo::device() const {
    return m_device;
}

QString DeviceCombo::reason() const {
    for (const auto& device : m_devices)
        if (m_device == "auto" ? device.chosen : device.id == m_device)
            return QString::fromStdString(device.reason);
    return {};
}

void DeviceCombo::fill() {
    clear();
    QString automatic = tr("auto");
    for (const auto& device : m_devices)
        if (device.chosen) automatic = tr("auto: %1").arg(nameOf(device));
    addItem(automatic, QStringLiteral("auto"));
    for (const auto& device : m_devices) {
        addItem(device.usable ? nameOf(device) : tr("%1 (cannot be used)").arg(nameOf(device)),
                QString::fromStdString(device.id));
        setItemData(count() - 1, QString::fromStdString(device.reason), Qt::ToolTipRole);
        auto* items = qobject_cast<QStandardItemModel*>(model());
        if (items && !device.usable) items->item(count() - 1)->setEnabled(false);
    }
    int index = findData(QString::fromStdString(m_device));
    if (index < 0) {
        addItem(tr("%1 (not found)").arg(QString::fromStdString(m_device)), QString::fromStdString(m_device));
        index = count() - 1;
    }
    setCurrentIndex(index);
    setToolTip(reason());
}

}  // namespace ui
