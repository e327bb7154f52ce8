#include "catalog_fixture.h"
#include "migrations.h"
#include "statement.h"

#include <catalog/catalog.h>

#include <QFile>
#include <QtTest>

using namespace catalog;

namespace {

// A second version that exists only here.
constexpr std::string_view good_step = "ALTER TABLE runs ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'";
constexpr std::string_view bad_step = "CREATE TABLE half_done (x); INSERT INTO no_such_table VALUES (1)";

std::vector<Migration> schema_and(std::string_view sql) {
    std::vector<Migration> migrations(schema().begin(), schema().end());
    migrations.push_back({migrations.back().version + 1, "9999_test", sql});
    return migrations;
}

// Every object of the file with its SQL.
std::string structure(const std::filesystem::path& path) {
    Database database(path);
    Statement rows(
        database,
        "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY type, name");
    std::string text;
    while (rows.step()) text += rows.text(0) + "\n";
    return text + "version " + std::to_string(database.integer("PRAGMA user_version")) + " of " +
           std::to_string(database.integer("PRAGMA application_id"));
}

// Builds the file that a past version wrote; its text is kept in tests/data/catalog.
void restore_version(int version, const std::filesystem::path& path) {
    QFile file(QStringLiteral(LWB_SOURCE_DIR "/tests/data/catalog/v%1.sql").arg(version));
    QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.fileName()));
    Database(path).execute(file.readAll().toStdString());
}

void set_version(const std::filesystem::path& path, int version, int min_compatible) {
    Database database(path);
    database.execute("PRAGMA user_version = " + std::to_string(version));
    Statement(database, "UPDATE meta SET value = ? WHERE key = 'min_compatible'", min_compatible).run();
}

std::filesystem::path backup_of(const std::filesystem::path& path, int version) {
    return path.string() + ".v" + std::to_string(version) + ".backup";
}

}  // namespace

class TstCatalogMigrations : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void schemaIsNumberedWithoutGaps() {
        int version = 0;
        for (const Migration& migration : schema()) QCOMPARE(migration.version, ++version);
        QVERIFY(version >= 1);
    }

    void everyStoredVersionBecomesTheFreshOne_data() {
        QTest::addColumn<int>("version");
        for (const Migration& migration : schema())
            QTest::addRow("%d", migration.version) << migration.version;
    }
    void everyStoredVersionBecomesTheFreshOne() {
        QFETCH(int, version);
        CatalogFolder folder;
        Catalog::open(folder.path("fresh.db"));
        restore_version(version, folder.path("old.db"));
        const Catalog catalog = Catalog::open(folder.path("old.db"));
        QCOMPARE(structure(folder.path("old.db")), structure(folder.path("fresh.db")));

        const auto runs = catalog.runs();
        QCOMPARE(runs.size(), std::size_t{2});
        const RunRecord run = catalog.run("e2e r8");
        QVERIFY(run.state == RunState::finished);
        QCOMPARE(catalog.series(run.id, "loss").size(), std::size_t{3});
        QCOMPARE(run.memory_floor_bytes, version < 4 ? 0 : 351'000'000);
        const AdapterRecord adapter = catalog.adapter("q,v r8");
        QCOMPARE(adapter.run_id, run.id);
        QCOMPARE(adapter.tags, (Texts{"e2e", "good"}));
        QCOMPARE(catalog.exports(adapter.id).size(), std::size_t{1});
        QCOMPARE(names_of(catalog.recent_models()), Texts{"tiny"});
        QVERIFY(catalog.setting("theme") == "dark");
    }

    void openingTwiceChangesNothing() {
        CatalogFolder folder;
        Catalog::open(folder.path()).insert_run(sample_run());
        const std::string before = structure(folder.path());
        QCOMPARE(Catalog::open(folder.path()).runs().size(), std::size_t{1});
        QCOMPARE(structure(folder.path()), before);
        QVERIFY(!std::filesystem::exists(backup_of(folder.path(), 1)));
    }

    void olderFileIsCopiedAndThenMigrated() {
        CatalogFolder folder;
        const auto path = folder.path();
        const int known = schema().back().version;
        Catalog::open(path).insert_run(sample_run("before"));
        const std::string before = structure(path);
        {
            Database database(path);
            migrate(database, schema_and(good_step));
            QCOMPARE(database.integer("SELECT count(*) FROM runs WHERE colour = 'red' AND name = 'before'"),
                     1);
            QCOMPARE(database.integer("PRAGMA user_version"), known + 1);
        }
        QCOMPARE(structure(backup_of(path, known)), before);
        QCOMPARE(names_of(Catalog::open(backup_of(path, known)).runs()), Texts{"before"});
    }

    void failingStepLeavesTheOldFileIntact() {
        CatalogFolder folder;
        const auto path = folder.path();
        Catalog::open(path).insert_run(sample_run("before"));
        const std::string before = structure(path);
        {
            Database database(path);
            QVERIFY(throws(ErrorCode::failed, "9999_test", [&] { migrate(database, schema_and(bad_step)); }));
        }
        QCOMPARE(structure(path), before);
        QCOMPARE(names_of(Catalog::open(path).runs()), Texts{"before"});
    }

    void failingFirstStepLeavesAnEmptyFile() {
        CatalogFolder folder;
        const Migration broken[] = {{1, "0001_broken", bad_step}};
        {
            Database database(folder.path());
            QVERIFY(throws(ErrorCode::failed, "left empty", [&] { migrate(database, broken); }));
        }
        QVERIFY(Catalog::open(folder.path()).runs().empty());
    }

    void refusesCatalogFromNewerVersion() {
        CatalogFolder folder;
        const auto path = folder.path();
        Catalog::open(path).insert_run(sample_run());
        set_version(path, 99, 99);
        QVERIFY(throws(ErrorCode::too_new, path.string(), [&] { Catalog::open(path); }));
        QVERIFY(throws(ErrorCode::too_new, "version 99", [&] { Catalog::open(path); }));
        QVERIFY(throws(ErrorCode::too_new, "Update LoRA Workbench", [&] { Catalog::open(path); }));
    }

    void opensNewerCompatibleCatalogForReadingOnly() {
        CatalogFolder folder;
        const auto path = folder.path();
        Catalog::open(path).insert_run(sample_run("before"));
        set_version(path, 99, 1);
        Catalog catalog = Catalog::open(path);
        QVERIFY(catalog.read_only());
        QCOMPARE(names_of(catalog.runs()), Texts{"before"});
        QVERIFY(
            throws(ErrorCode::read_only, "Update LoRA Workbench", [&] { catalog.insert_run(sample_run()); }));
        QVERIFY(
            throws(ErrorCode::read_only, "Update LoRA Workbench", [&] { catalog.set_setting("a", "b"); }));
    }

    void fileOfAnotherProgramIsLeftAlone() {
        CatalogFolder folder;
        const auto path = folder.path();
        Database(path).execute("CREATE TABLE recipes (title TEXT); PRAGMA user_version = 1");
        const std::string before = structure(path);
        QVERIFY(throws(ErrorCode::open_failed, "another program", [&] { Catalog::open(path); }));
        QCOMPARE(structure(path), before);
    }

    void emptyFileBecomesACatalog() {
        CatalogFolder folder;
        QFile file(QString::fromStdString(folder.path().string()));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        QVERIFY(Catalog::open(folder.path()).runs().empty());
    }

    void missingFoldersAreMade() {
        CatalogFolder folder;
        QVERIFY(Catalog::open(folder.path("a") / "b" / "catalog.db").runs().empty());
    }
};

QTEST_APPLESS_MAIN(TstCatalogMigrations)
#include "tst_catalog_migrations.moc"
