#include "ui/widgets/adapter_picker.h"

#include "ui/models/adapter_table_model.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QFocusEvent>
#include <QLineEdit>
#include <QSignalBlocker>

namespace ui {

AdapterPicker::AdapterPicker(const AppContext& context, QWidget* parent)
    : QComboBox(parent), m_context(context), m_load(context.tasks), m_model(new AdapterTableModel(this)) {
    m_model->sort(AdapterTableModel::Created, Qt::DescendingOrder);
    setEditable(true);
    setInsertPolicy(QComboBox::NoInsert);
    setModel(m_model);
    setModelColumn(AdapterTableModel::Name);
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(18);
    setCurrentIndex(-1);
    auto* completer = new QCompleter(m_model, this);
    completer->setCompletionColumn(AdapterTableModel::Name);
    completer->setCaseSensitivity(Qt::CaseInsensitive);
    completer->setFilterMode(Qt::MatchContains);
    completer->setMaxVisibleItems(12);
    setCompleter(completer);
    connect(this, &QComboBox::activated, this, &AdapterPicker::choose);
    connect(completer, qOverload<const QModelIndex&>(&QCompleter::activated), this,
            [this](const QModelIndex& index) {
                choose(m_model->rowOf(index.siblingAtColumn(0).data(AdapterTableModel::IdRole).toString()));
            });
    connect(lineEdit(), &QLineEdit::returnPressed, this, &AdapterPicker::acceptText);
}

void AdapterPicker::reload() {
    m_load.ask(
        this, [&workbench = m_context.workbench] { return workbench.catalog().adapters(); },
        [this](engine::Result<std::vector<catalog::AdapterRecord>> adapters) {
            if (!adapters) return Q_EMIT failed(adapters.error());
            m_known = static_cast<int>(adapters->size());
            const QString typed = lineEdit()->text();
            {
                const QSignalBlocker quiet(this);
                m_model->setAdapters(std::move(adapters).value());
                if (lineEdit()->hasFocus())
                    setEditText(typed);
                else
                    showCurrent();
            }
            Q_EMIT loaded();
        });
}

std::optional<catalog::AdapterRecord> AdapterPicker::current() const {
    const catalog::AdapterRecord* adapter = m_model->adapter(m_id);
    return adapter ? std::optional(*adapter) : std::nullopt;
}

void AdapterPicker::setCurrentId(const QString& adapterId) {
    m_id = adapterId;
    showCurrent();
}

void AdapterPicker::showCurrent() {
    const int row = m_id.isEmpty() ? -1 : m_model->rowOf(m_id);
    setCurrentIndex(row);
    if (row < 0) setEditText({});
    lineEdit()->setCursorPosition(0);
}

void AdapterPicker::choose(int row) {
    const catalog::AdapterRecord* adapter = m_model->adapter(m_model->index(row, 0));
    if (!adapter) return;
    const QString id = QString::fromStdString(adapter->id);
    m_id = m_clears ? QString() : id;
    // The completer writes its text after this signal; what is shown is settled behind it.
    QMetaObject::invokeMethod(this, &AdapterPicker::showCurrent, Qt::QueuedConnection);
    Q_EMIT chosen(id);
}

// Enter takes the name as typed, or the only adapter whose name contains it.
void AdapterPicker::acceptText() {
    const QString typed = lineEdit()->text().trimmed();
    if (typed.isEmpty()) return;
    int found = -1, matches = 0;
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const QString name = m_model->index(row, AdapterTableModel::Name).data().toString();
        if (name.compare(typed, Qt::CaseInsensitive) == 0) return choose(row);
        if (!name.contains(typed, Qt::CaseInsensitive)) continue;
        found = row;
        ++matches;
    }
    if (matches == 1) choose(found);
}

void AdapterPicker::focusOutEvent(QFocusEvent* event) {
    QComboBox::focusOutEvent(event);
    // Half a word is no choice: the box shows again what is chosen.
    if (event->reason() != Qt::PopupFocusReason) showCurrent();
}

}  // namespace ui
