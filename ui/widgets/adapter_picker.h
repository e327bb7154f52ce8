// A combo box over all adapters of the catalog that is searched by typing any part of a name. Reads the
// catalog off the GUI thread. GUI thread.
#pragma once

#include "ui/bridge/task_runner.h"
#include "ui/context.h"

#include <catalog/records.h>

#include <QComboBox>

#include <optional>

namespace ui {

class AdapterTableModel;

class AdapterPicker : public QComboBox {
    Q_OBJECT

  public:
    explicit AdapterPicker(const AppContext& context, QWidget* parent = nullptr);

    void reload();
    void setCurrentId(const QString& adapterId);  // also when it has not been read yet; empty: nothing chosen
    QString currentId() const { return m_id; }
    std::optional<catalog::AdapterRecord> current() const;
    // Adapters in the catalog; -1 before the first reading.
    int adapterCount() const { return m_known; }
    // After a choice the box is empty again and ready for the next one.
    void setClearsAfterChoice(bool on) { m_clears = on; }

  Q_SIGNALS:
    void chosen(const QString& adapterId);  // by the person
    void loaded();
    void failed(const engine::Error& error);

  protected:
    void focusOutEvent(QFocusEvent* event) override;

  private:
    void choose(int row);
    void acceptText();
    void showCurrent();

    AppContext m_context;
    LatestTask m_load;
    AdapterTableModel* m_model;
    QString m_id;
    int m_known = -1;
    bool m_clears = false;
};

}  // namespace ui
