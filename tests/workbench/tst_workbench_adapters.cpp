// Adapters by id, name and folder; the trash.
#include "workbench_fixture.h"

#include <QDir>
#include <QtTest>

using namespace workbench_test;

class TstWorkbenchAdapters : public QObject {
    Q_OBJECT

    std::unique_ptr<DataFolder> folder_;
    std::unique_ptr<workbench::Workbench> workbench_;
    std::string adapter_id_;
    fs::path adapter_path_;

    std::string refusal(const std::string& ref) {
        const auto adapter = workbench_->resolve_adapter(ref);
        return adapter.ok() ? std::string() : adapter.error().message;
    }

  private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<DataFolder>();
        workbench_ = folder_->open(ScriptedTraining{});
        IgnoringObserver observer;
        engine::RunControl control;
        const auto run_id = workbench_->create_run(folder_->spec("red")).value();
        adapter_id_ = workbench_->execute_run(run_id, observer, control).value().adapter_id;
        adapter_path_ = workbench_->catalog().adapter(adapter_id_).path;
    }

    void isFoundByIdPrefixNameAndFolder() {
        for (const auto& ref :
             {adapter_id_, adapter_id_.substr(0, 6), std::string("red"), adapter_path_.string()}) {
            const auto adapter = workbench_->resolve_adapter(ref);
            QVERIFY2(adapter.ok(), ref.c_str());
            QCOMPARE(adapter->path, adapter_path_);
            QCOMPARE(adapter->record.value().id, adapter_id_);
            QCOMPARE(adapter->spec.value().name, std::string("red"));
        }
    }

    void aForeignFolderHasNoRecord() {
        const fs::path foreign = folder_->root() / "foreign";
        write_text(foreign / "adapter_config.json", "{}");
        const auto adapter = workbench_->resolve_adapter(foreign.string()).value();
        QVERIFY(!adapter.record && !adapter.spec);
        QCOMPARE(adapter.path, fs::canonical(foreign));
    }

    void aNameWinsOverAFolderOfThatName() {
        write_text(folder_->root() / "red/adapter_config.json", "{}");
        const QString before = QDir::currentPath();
        QDir::setCurrent(QString::fromStdString(folder_->root().string()));
        const auto named = workbench_->resolve_adapter("red");
        const auto foldered = workbench_->resolve_adapter("./red");
        QDir::setCurrent(before);
        QVERIFY(named.value().record.has_value());
        QVERIFY(!foldered.value().record.has_value());
    }

    void whatIsNotThereIsNamed() {
        QVERIFY(refusal("blue").find("'blue'") != std::string::npos);
        QVERIFY(refusal(folder_->root().string()).find("adapter_config.json") != std::string::npos);
        fs::remove_all(adapter_path_);
        QVERIFY(refusal("red").find(adapter_path_.string()) != std::string::npos);
        QVERIFY(!refusal("").empty());
    }

    void staysUsableWithoutItsRun() {
        QVERIFY(workbench_->remove_run(workbench_->catalog().adapter(adapter_id_).run_id).ok());
        const auto adapter = workbench_->resolve_adapter("red").value();
        QVERIFY(adapter.record && !adapter.spec);
    }

    void theTrashKeepsFilesUntilItIsEmptied() {
        workbench_->catalog().trash_adapter(adapter_id_);
        QVERIFY(fs::exists(adapter_path_));
        QCOMPARE(workbench_->empty_trash().value(), int64_t{1});
        QVERIFY(!fs::exists(adapter_path_));
        QVERIFY(workbench_->catalog().adapters({.scope = catalog::AdapterScope::all}).empty());
    }

    void anImportedFolderIsNeverDeleted() {
        const fs::path foreign = folder_->root() / "foreign";
        write_text(foreign / "adapter_config.json", "{}");
        catalog::AdapterRecord record;
        record.name = "imported";
        record.path = foreign.string();
        record = workbench_->catalog().insert_adapter(record);
        workbench_->catalog().trash_adapter(record.id);
        QCOMPARE(workbench_->empty_trash(record.id).value(), int64_t{1});
        QVERIFY(fs::exists(foreign / "adapter_config.json"));
    }
};

QTEST_GUILESS_MAIN(TstWorkbenchAdapters)
#include "tst_workbench_adapters.moc"
