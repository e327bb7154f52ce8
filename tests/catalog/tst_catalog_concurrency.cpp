#include "catalog_fixture.h"

#include <catalog/catalog.h>

#include <QtTest>

#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace catalog;

namespace {

// Runs work in another process; its number, to wait for. The child ends with 0 when work returns.
pid_t in_process(const std::function<void()>& work) {
    const pid_t child = fork();
    if (child != 0) return child;
    const auto error = error_of(work);
    if (error) fprintf(stderr, "%s\n", error->what());
    _exit(error ? 1 : 0);
}

bool ended_well(pid_t child) {
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void write_runs(const std::filesystem::path& path, const std::string& name, int count) {
    Catalog catalog = Catalog::open(path);
    for (int i = 0; i < count; ++i) {
        const std::string run = catalog.insert_run(sample_run(name)).id;
        catalog.append_metrics(run, {{"loss", {i, 0.1, 1.0}}, {"loss", {i + 1, 0.2, 0.9}}});
        catalog.insert_adapter(sample_adapter("same name"));
    }
}

void check_runs(const std::filesystem::path& path, std::size_t count) {
    const Catalog catalog = Catalog::open(path);
    const auto runs = catalog.runs();
    QCOMPARE(runs.size(), count);
    for (const RunRecord& run : runs) QCOMPARE(catalog.series(run.id, "loss").size(), std::size_t{2});
    QCOMPARE(catalog.adapters().size(), count);
    QVERIFY(catalog.adapter("same name (" + std::to_string(count) + ")").rank == 8);
}

}  // namespace

class TstCatalogConcurrency : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void threadsWriteAtOnce() {
        CatalogFolder folder;
        std::vector<std::optional<Error>> errors(4);
        {
            std::vector<std::jthread> threads;
            for (auto& error : errors)
                threads.emplace_back(
                    [&] { error = error_of([&] { write_runs(folder.path(), "thread", 25); }); });
        }
        for (const auto& error : errors) QVERIFY2(!error, error ? error->what() : "");
        check_runs(folder.path(), 100);
    }

    void processesCreateAndWriteAtOnce() {
        CatalogFolder folder;
        std::vector<pid_t> children;
        for (int i = 0; i < 4; ++i)
            children.push_back(in_process([&] { write_runs(folder.path(), "process", 25); }));
        for (const pid_t child : children) QVERIFY(ended_well(child));
        check_runs(folder.path(), 100);
    }

    void eachQueuedRunIsClaimedOnce() {
        CatalogFolder folder;
        {
            Catalog catalog = Catalog::open(folder.path());
            for (int i = 0; i < 40; ++i) catalog.insert_run(sample_run());
        }
        std::vector<Texts> claimed(4);
        {
            std::vector<std::jthread> threads;
            for (Texts& mine : claimed)
                threads.emplace_back([&] {
                    Catalog catalog = Catalog::open(folder.path());
                    while (const auto run = catalog.claim_next_queued()) mine.push_back(run->id);
                });
        }
        Texts all;
        for (const Texts& mine : claimed) all.insert(all.end(), mine.begin(), mine.end());
        std::sort(all.begin(), all.end());
        QCOMPARE(all.size(), std::size_t{40});
        QVERIFY(std::adjacent_find(all.begin(), all.end()) == all.end());
    }

    void runOfADeadProcessIsInterrupted() {
        CatalogFolder folder;
        Catalog catalog = Catalog::open(folder.path());
        const std::string mine = catalog.insert_run(sample_run("mine")).id;
        QVERIFY(catalog.claim_run(mine));
        QVERIFY(ended_well(in_process([&] {
            Catalog other = Catalog::open(folder.path());
            other.claim_run(other.insert_run(sample_run("theirs")).id);
        })));
        QVERIFY(catalog.run("theirs").state == RunState::running);
        QCOMPARE(catalog.mark_interrupted(1e6), Texts{catalog.run("theirs").id});
        QVERIFY(catalog.run("theirs").state == RunState::interrupted);
        QVERIFY(catalog.run("mine").state == RunState::running);
        QVERIFY(catalog.mark_interrupted(1e6).empty());
        QVERIFY(catalog.claim_run(catalog.run("theirs").id));
    }

    void dataVersionTellsOfOthersOnly() {
        CatalogFolder folder;
        Catalog catalog = Catalog::open(folder.path());
        const auto version = catalog.data_version();
        catalog.insert_run(sample_run());
        QCOMPARE(catalog.data_version(), version);
        QVERIFY(ended_well(in_process([&] { Catalog::open(folder.path()).insert_run(sample_run()); })));
        const auto changed = catalog.data_version();
        QVERIFY(changed != version);
        QCOMPARE(catalog.runs().size(), std::size_t{2});
        QCOMPARE(catalog.data_version(), changed);
    }

    void readersAreNotStoppedByAWriter() {
        CatalogFolder folder;
        Catalog writer = Catalog::open(folder.path());
        const Catalog reader = Catalog::open(folder.path());
        writer.insert_run(sample_run("before"));
        writer.in_transaction([&] {
            writer.insert_run(sample_run("during"));
            QCOMPARE(names_of(reader.runs()), Texts{"before"});
        });
        QCOMPARE(reader.runs().size(), std::size_t{2});
    }

    void connectionMovesToAnotherThread() {
        CatalogFolder folder;
        Catalog catalog = Catalog::open(folder.path());
        std::jthread([moved = std::move(catalog)]() mutable {
            moved.insert_run(sample_run("moved"));
        }).join();
        QCOMPARE(names_of(Catalog::open(folder.path()).runs()), Texts{"moved"});
    }
};

QTEST_APPLESS_MAIN(TstCatalogConcurrency)
#include "tst_catalog_concurrency.moc"
