#include "ui/pages/experiment/bad_rows_dialog.h"

#include "ui/format/units.h"

#include <QAction>
#include <QClipboard>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

namespace ui {

BadRowsDialog::BadRowsDialog(const QString& file, const std::vector<engine::BadRow>& rows, QWidget* parent)
    : QDialog(parent), m_file(file), m_table(new QTableWidget(static_cast<int>(rows.size()), 3, this)) {
    setObjectName(QStringLiteral("badRowsDialog"));
    setWindowTitle(tr("Rows that cannot be used"));
    resize(560, 360);

    m_table->setObjectName(QStringLiteral("badRowsTable"));
    m_table->setHorizontalHeaderLabels({tr("Line"), tr("Field"), tr("Reason")});
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->verticalHeader()->hide();
    m_table->horizontalHeader()->setStretchLastSection(true);
    for (int i = 0; i < m_table->rowCount(); ++i) {
        const auto& row = rows[static_cast<std::size_t>(i)];
        auto* line = new QTableWidgetItem(units::count(row.line));
        line->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        line->setData(Qt::UserRole, qlonglong(row.line));
        m_table->setItem(i, 0, line);
        m_table->setItem(i, 1, new QTableWidgetItem(QString::fromStdString(row.field)));
        m_table->setItem(i, 2, new QTableWidgetItem(QString::fromStdString(row.reason)));
    }

    auto* copyAction = new QAction(tr("Copy"), m_table);
    copyAction->setShortcut(QKeySequence::Copy);
    copyAction->setShortcutContext(Qt::WidgetShortcut);
    m_table->addAction(copyAction);
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
    connect(copyAction, &QAction::triggered, this, &BadRowsDialog::copy);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    auto* copyAll = buttons->addButton(tr("Copy all"), QDialogButtonBox::ActionRole);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(copyAll, &QPushButton::clicked, this, [this] {
        m_table->selectAll();
        copy();
    });

    auto* box = new QVBoxLayout(this);
    auto* label = new QLabel(
        tr("%1: %Ln row(s). Mend them in the file; it is read again when it is chosen again or on F5.",
           nullptr, static_cast<int>(rows.size()))
            .arg(QFileInfo(file).fileName()),
        this);
    label->setWordWrap(true);
    box->addWidget(label);
    box->addWidget(m_table, 1);
    box->addWidget(buttons);
}

void BadRowsDialog::copy() {
    QStringList lines;
    for (int i = 0; i < m_table->rowCount(); ++i) {
        if (!m_table->item(i, 0)->isSelected()) continue;
        const QString field = m_table->item(i, 1)->text();
        lines << QStringLiteral("%1:%2: %3%4")
                     .arg(m_file)
                     .arg(m_table->item(i, 0)->data(Qt::UserRole).toLongLong())
                     .arg(field.isEmpty() ? QString() : field + QStringLiteral(": "),
                          m_table->item(i, 2)->text());
    }
    QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

}  // namespace ui
