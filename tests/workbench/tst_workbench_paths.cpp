// Where the data folder and the resources are found.
#include "workbench_fixture.h"

#include <QtTest>

using namespace workbench_test;

class TstWorkbenchPaths : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path root() const { return folder_->path().toStdString(); }

  private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        for (const char* name : {"LWB_DATA_DIR", "LWB_RESOURCES", "XDG_DATA_HOME"}) qunsetenv(name);
        qputenv("HOME", folder_->path().toUtf8());
    }

    void theArgumentWinsThenTheEnvironmentThenXdgThenHome() {
        QCOMPARE(workbench::resolve_paths().value().data_dir, root() / ".local/share/lora-workbench");
        qputenv("XDG_DATA_HOME", "relative/is/ignored");
        QCOMPARE(workbench::resolve_paths().value().data_dir, root() / ".local/share/lora-workbench");
        qputenv("XDG_DATA_HOME", (root() / "xdg").c_str());
        QCOMPARE(workbench::resolve_paths().value().data_dir, root() / "xdg/lora-workbench");
        qputenv("LWB_DATA_DIR", (root() / "named").c_str());
        QCOMPARE(workbench::resolve_paths().value().data_dir, root() / "named");
        const auto paths = workbench::resolve_paths(root() / "argument").value();
        QCOMPARE(paths.data_dir, root() / "argument");
        QVERIFY(fs::is_directory(paths.data_dir));
    }

    void aFolderThatCannotBeMadeIsNamed() {
        write_text(root() / "file", "");
        const auto paths = workbench::resolve_paths(root() / "file/inside");
        QVERIFY(!paths.ok());
        QCOMPARE(paths.error().code, engine::ErrorCode::io);
        QVERIFY(paths.error().message.find("file/inside") != std::string::npos);
        QVERIFY(!workbench::resolve_paths(root() / "file").ok());
    }

    void resourcesMayBeNamed() {
        fs::create_directories(root() / "shared/models");
        qputenv("LWB_RESOURCES", (root() / "shared").c_str());
        QCOMPARE(workbench::resolve_paths(root() / "d").value().models_dir(), root() / "shared/models");
        qputenv("LWB_RESOURCES", "/no/such/folder");
        QVERIFY(!workbench::resolve_paths(root() / "d").ok());
    }

    void withoutInstallationTheSourceTreeIsUsed() {
        QCOMPARE(workbench::resolve_paths(root() / "d").value().resources_dir,
                 fs::path(LWB_SOURCE_DIR) / "resources");
    }
};

QTEST_GUILESS_MAIN(TstWorkbenchPaths)
#include "tst_workbench_paths.moc"
