#include "catalog_fixture.h"
#include "metric_table.h"
#include "migrations.h"
#include "run_table.h"
#include "support/ordinary_user.h"

#include <catalog/catalog.h>

#include <QFile>
#include <QtTest>

#include <fstream>

using namespace catalog;

namespace {

void overwrite(const std::filesystem::path& path, std::streamoff offset, const std::string& bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file << bytes;
}

}  // namespace

class TstCatalogFailures : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void garbageIsNotACatalog() {
        CatalogFolder folder;
        std::ofstream(folder.path()) << std::string(10000, 'x');
        QVERIFY(throws(ErrorCode::corrupt, folder.path().string(), [&] { Catalog::open(folder.path()); }));
    }

    void damagedPageIsReportedNotReturned() {
        CatalogFolder folder;
        {
            Catalog catalog = Catalog::open(folder.path());
            catalog.in_transaction([&] {
                for (int i = 0; i < 500; ++i) catalog.insert_run(sample_run());
            });
        }
        const auto size = static_cast<std::streamoff>(std::filesystem::file_size(folder.path()));
        overwrite(folder.path(), size / 2, std::string(static_cast<std::size_t>(size / 4), '\xff'));
        QVERIFY(
            throws(ErrorCode::corrupt, folder.path().string(), [&] { Catalog::open(folder.path()).runs(); }));
    }

    void damagedFileIsNotMigrated() {
        CatalogFolder folder;
        {
            Catalog catalog = Catalog::open(folder.path());
            catalog.in_transaction([&] {
                for (int i = 0; i < 500; ++i) catalog.insert_run(sample_run());
            });
        }
        const auto size = static_cast<std::streamoff>(std::filesystem::file_size(folder.path()));
        overwrite(folder.path(), size / 2, std::string(static_cast<std::size_t>(size / 4), '\xff'));
        std::vector<Migration> migrations(schema().begin(), schema().end());
        migrations.push_back({migrations.back().version + 1, "9999_test", "CREATE TABLE more (x)"});
        Database database(folder.path());
        QVERIFY(throws(ErrorCode::corrupt, "was not updated", [&] { migrate(database, migrations); }));
    }

    void readOnlyFolderIsExplained() {
        CatalogFolder folder;
        std::filesystem::permissions(folder.path("."), std::filesystem::perms(0555));
        const support::AsOrdinaryUser user;
        QVERIFY(throws(ErrorCode::read_only, folder.path().string(), [&] { Catalog::open(folder.path()); }));
        QVERIFY(throws(ErrorCode::open_failed, "Permission denied",
                       [&] { Catalog::open(folder.path("new") / "catalog.db"); }));
    }

    void readOnlyFileIsExplained() {
        CatalogFolder folder;
        Catalog::open(folder.path()).insert_run(sample_run());
        std::filesystem::permissions(folder.path(), std::filesystem::perms(0444));
        std::filesystem::permissions(folder.path("."), std::filesystem::perms(0555));
        const support::AsOrdinaryUser user;
        QVERIFY(throws(ErrorCode::read_only, "Make it writable", [&] { Catalog::open(folder.path()); }));
    }

    void folderInPlaceOfTheFileIsExplained() {
        CatalogFolder folder;
        std::filesystem::create_directory(folder.path());
        QVERIFY(
            throws(ErrorCode::open_failed, folder.path().string(), [&] { Catalog::open(folder.path()); }));
    }

    void fileInPlaceOfTheFolderIsExplained() {
        CatalogFolder folder;
        std::ofstream(folder.path("data")) << "x";
        QVERIFY(throws(ErrorCode::open_failed, folder.path("data").string(),
                       [&] { Catalog::open(folder.path("data") / "catalog.db"); }));
    }

    // A limit on the number of pages gives the same result code as a full disk.
    void fullDiskLeavesTheCatalogReadable() {
        CatalogFolder folder;
        Catalog reader = Catalog::open(folder.path());
        const std::string run = reader.insert_run(sample_run("before")).id;
        {
            Database database(folder.path());
            migrate(database, schema());
            database.execute("PRAGMA max_page_count = 1");  // SQLite raises it to the present size
            std::vector<MetricSample> many;
            for (int step = 0; step < 100000; ++step) many.push_back({"loss", {step, 0.1, 1.0}});
            QVERIFY(throws(ErrorCode::disk_full, "disk is full",
                           [&] { metric_table::append(database, run, many); }));
            QVERIFY(metric_table::series(database, run, "loss", 0, -1).empty());
            QCOMPARE(run_table::find(database, "before").id, run);

            database.execute("PRAGMA max_page_count = 1000000");
            metric_table::append(database, run, {{"loss", {1, 0.1, 1.0}}});
        }
        QCOMPARE(reader.series(run, "loss").size(), std::size_t{1});
        QCOMPARE(Catalog::open(folder.path()).runs().size(), std::size_t{1});
    }
};

QTEST_APPLESS_MAIN(TstCatalogFailures)
#include "tst_catalog_failures.moc"
