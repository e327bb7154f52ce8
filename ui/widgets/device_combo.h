// Auto, then every device that was found; one that cannot be used is shown, disabled, with its reason.
#pragma once

#include "engine/runtime.h"

#include <QComboBox>

namespace ui {

class DeviceCombo : public QComboBox {
    Q_OBJECT

  public:
    explicit DeviceCombo(QWidget* parent = nullptr);

    void setDevices(const std::vector<engine::DeviceInfo>& devices);
    void setDevice(const std::string& id);  // kept, and shown as missing, when there is no such device
    std::string device() const;
    QString reason() const;  // one sentence on the device that would be used

  Q_SIGNALS:
    void deviceChosen(const QString& id);  // by the person

  private:
    void fill();

    std::vector<engine::DeviceInfo> m_devices;
    std::string m_device = "auto";
};

}  // namespace ui
