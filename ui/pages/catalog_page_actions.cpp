// CatalogPage: what can be done with the selected adapters.
#include "ui/models/adapter_table_model.h"
#include "ui/navigator.h"
#include "ui/pages/catalog_page.h"
#include "ui/theme/theme.h"
#include "ui/widgets/adapter_details.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/table_view.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QShortcut>
#include <QTableView>

namespace ui {

void CatalogPage::buildActions() {
    const auto button = [this](const char* name, const QString& text) {
        auto* b = new QPushButton(text, this);
        b->setObjectName(QString::fromLatin1(name));
        actionsArea().addWidget(b);
        return b;
    };
    m_again = button("runAgain", tr("&Run again with changes"));
    m_delete = button("deleteAdapter", tr("&Delete"));
    m_purge = button("purgeAdapter", tr("Delete for &ever…"));
    m_restore = button("restoreAdapter", tr("&Restore"));
    m_export = button("exportAdapter", tr("E&xport"));
    m_compare = button("compareAdapters", tr("&Compare"));
    connect(m_again, &QPushButton::clicked, this, &CatalogPage::runAgain);
    connect(m_delete, &QPushButton::clicked, this, &CatalogPage::trashSelected);
    connect(m_purge, &QPushButton::clicked, this, &CatalogPage::purgeSelected);
    connect(m_restore, &QPushButton::clicked, this, [this] { restore(selectedIds()); });
    connect(m_export, &QPushButton::clicked, this,
            [this] { Q_EMIT context().navigator.exportRequested(selectedIds().value(0)); });
    connect(m_compare, &QPushButton::clicked, this,
            [this] { Q_EMIT context().navigator.compareRequested(selectedIds()); });
}

void CatalogPage::connectDetails() {
    // Delete works in the table only: in a text field it deletes a character.
    auto* deleteKey = new QShortcut(QKeySequence::Delete, m_table);
    deleteKey->setContext(Qt::WidgetShortcut);
    connect(deleteKey, &QShortcut::activated, this,
            [this] { m_trashShown ? purgeSelected() : trashSelected(); });

    connect(m_details, &AdapterDetails::nameEdited, this, [this](const QString& id, const QString& name) {
        inBackground([=](workbench::Workbench& w) {
            w.catalog().rename_adapter(id.toStdString(), name.toStdString());
        });
    });
    connect(m_details, &AdapterDetails::tagsEdited, this, [this](const QString& id, const QStringList& tags) {
        std::vector<std::string> list;
        for (const QString& tag : tags) list.push_back(tag.toStdString());
        inBackground([=](workbench::Workbench& w) { w.catalog().set_tags(id.toStdString(), list); });
    });
    connect(m_details, &AdapterDetails::notesEdited, this, [this](const QString& id, const QString& notes) {
        inBackground(
            [=](workbench::Workbench& w) { w.catalog().set_notes(id.toStdString(), notes.toStdString()); });
    });
    connect(m_details, &AdapterDetails::saveFailed, this,
            [this](const QString& text) { messageBar().show(MessageBar::Kind::Error, text); });
    connect(m_details, &AdapterDetails::runRequested, this,
            [this](const QString& runId) { Q_EMIT context().navigator.runRequested(runId); });
}

void CatalogPage::inBackground(std::function<void(workbench::Workbench&)> work, std::function<void()> done) {
    context().tasks.run(
        this, [&workbench = context().workbench, work = std::move(work)] { work(workbench); },
        [this, done = std::move(done)](engine::Status status) {
            if (!status)
                messageBar().showError(status.error());
            else if (done)
                done();
            load();
        });
}

void CatalogPage::updateActions() {
    const auto chosen = selection();
    const bool one = chosen.size() == 1;
    const QString chooseOne = tr("Choose one adapter in the table");
    const QString chooseSome = tr("Choose adapters in the table");
    const auto set = [](QPushButton* button, bool shown, bool enabled, const QString& why,
                        const QString& tip) {
        button->setVisible(shown);
        button->setEnabled(enabled);
        button->setToolTip(enabled ? tip : why);
    };
    set(m_compare, !m_trashShown, chosen.size() >= 2, tr("Choose two or more adapters in the table"),
        tr("Curves, differences and losses side by side"));
    set(m_export, !m_trashShown, one, chooseOne, tr("Write it for other software"));
    const bool hasRun = one && !chosen.front().run_id.empty();
    set(m_again, !m_trashShown, hasRun,
        one ? tr("This adapter was not trained here, or its run was deleted") : chooseOne,
        tr("Copies the configuration to the Experiment page"));
    set(m_delete, !m_trashShown, !chosen.empty(), chooseSome, tr("Moves to the trash (Delete)"));
    set(m_restore, m_trashShown, !chosen.empty(), chooseSome, tr("Back to the catalog"));
    set(m_purge, m_trashShown, !chosen.empty(), chooseSome, tr("Deletes record and files"));
}

void CatalogPage::showTableMenu(const QPoint& position) {
    const auto chosen = selection();
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("adapterMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    const auto add = [&](QPushButton* button) {
        if (!button->isVisibleTo(this)) return;
        QAction* action = menu->addAction(button->text(), button, &QPushButton::click);
        action->setEnabled(button->isEnabled());
        action->setToolTip(button->toolTip());
    };
    for (QPushButton* b : {m_compare, m_export, m_again, m_restore}) add(b);
    menu->addSeparator();
    if (!chosen.empty() && !m_trashShown) {
        const bool on = !chosen.front().starred;
        menu->addAction(on ? tr("&Star") : tr("Remove &star"), this, [this, chosen, on] {
            for (const auto& adapter : chosen) setStarred(QString::fromStdString(adapter.id), on);
        });
    }
    QAction* copy = menu->addAction(tr("Copy ro&ws"), this, [this] {
        QGuiApplication::clipboard()->setText(selectedRowsAsText(*m_table));
    });
    copy->setEnabled(!chosen.empty());
    QAction* copyIds = menu->addAction(tr("Copy &id"), this, [this] {
        QGuiApplication::clipboard()->setText(selectedIds().join(QLatin1Char('\n')));
    });
    copyIds->setEnabled(!chosen.empty());
    menu->addSeparator();
    add(m_delete);
    add(m_purge);
    menu->popup(m_table->viewport()->mapToGlobal(position));
}

void CatalogPage::setStarred(const QString& id, bool starred) {
    m_model->setStarred(id, starred);  // at once; the catalog follows
    inBackground([=](workbench::Workbench& w) { w.catalog().set_starred(id.toStdString(), starred); });
}

void CatalogPage::trashSelected() {
    const auto chosen = selection();
    if (chosen.empty()) return;
    m_details->flush();
    const QStringList ids = selectedIds();
    const QString text = chosen.size() == 1
                             ? tr("“%1” is in the trash.").arg(QString::fromStdString(chosen.front().name))
                             : tr("%n adapters are in the trash.", nullptr, static_cast<int>(chosen.size()));
    inBackground(
        [ids](workbench::Workbench& w) {
            w.catalog().in_transaction([&] {
                for (const QString& id : ids) w.catalog().trash_adapter(id.toStdString());
            });
        },
        [this, ids, text] {
            messageBar().show(MessageBar::Kind::Success, text, tr("Undo"), [this, ids] { restore(ids); });
        });
}

void CatalogPage::restore(const QStringList& ids) {
    inBackground(
        [ids](workbench::Workbench& w) {
            w.catalog().in_transaction([&] {
                for (const QString& id : ids) w.catalog().restore_adapter(id.toStdString());
            });
        },
        [this] { messageBar().clear(); });
}

void CatalogPage::purgeSelected() {
    const auto chosen = selection();
    if (chosen.empty()) return;
    const QString what =
        chosen.size() == 1
            ? tr("Delete adapter “%1” for ever?").arg(QString::fromStdString(chosen.front().name))
            : tr("Delete %n adapters for ever?", nullptr, static_cast<int>(chosen.size()));
    auto* question =
        new QMessageBox(QMessageBox::Question, tr("Delete for ever"), what, QMessageBox::Cancel, this);
    question->setObjectName(QStringLiteral("purgeQuestion"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    question->setInformativeText(tr("Record and files are removed. This cannot be undone."));
    QPushButton* remove = question->addButton(tr("&Delete for ever"), QMessageBox::DestructiveRole);
    connect(remove, &QPushButton::clicked, this, [this, ids = selectedIds()] {
        inBackground([ids](workbench::Workbench& w) {
            for (const QString& id : ids)
                if (const auto removed = w.empty_trash(id.toStdString()); !removed)
                    throw engine::Failure(removed.error());
        });
    });
    question->open();
}

void CatalogPage::runAgain() {
    const auto chosen = selection();
    if (chosen.size() != 1 || chosen.front().run_id.empty()) return;
    context().tasks.run(
        this,
        [&workbench = context().workbench, run = chosen.front().run_id] {
            return engine::spec_from_json(workbench.catalog().run(run).spec_json);
        },
        [this](engine::Result<engine::ExperimentSpec> spec) {
            if (!spec) return messageBar().showError(spec.error());
            Q_EMIT context().navigator.experimentRequested(*spec);
        });
}

}  // namespace ui
