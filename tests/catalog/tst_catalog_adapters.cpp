#include "catalog_fixture.h"

#include <catalog/catalog.h>

#include <QtTest>

using namespace catalog;

class TstCatalogAdapters : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void figuresOfAClassifierAreReadBackAndAskedFor() {
        const Metrics metrics = {{"accuracy", 0.9125}, {"f1", 1.0 / 3}, {"matthews", -1e-9}};
        QCOMPARE(metrics_from(to_text(metrics)), metrics);
        QCOMPARE(to_text({}), std::string());
        QCOMPARE(metrics_from("accuracy=0.5 nonsense =1 f1=x f1=2"), (Metrics{{"accuracy", 0.5}, {"f1", 2}}));
        Catalog catalog = Catalog::open(":memory:");
        AdapterRecord classifier = sample_adapter("classifier");
        classifier.metrics = metrics;
        classifier.whole_params = 66;
        QCOMPARE(catalog.insert_adapter(classifier).score.value(), 0.9125);
        QVERIFY(!catalog.insert_adapter(sample_adapter("text")).score);
        QCOMPARE(catalog.adapter("classifier").metrics, metrics);
        QCOMPARE(catalog.adapter("classifier").whole_params, std::int64_t{66});
        AdapterFilter filter;
        filter.text = "score>0.9";
        QCOMPARE(names_of(catalog.adapters(filter)), Texts{"classifier"});
        filter.text = "-score>0.9";
        QCOMPARE(names_of(catalog.adapters(filter)), Texts{"text"});
        const std::string run = catalog.insert_run(sample_run()).id;
        RunUpdate update;
        update.eval_metrics = metrics;
        catalog.update_run(run, update);
        QCOMPARE(catalog.run(run).eval_metrics, metrics);
        QVERIFY(catalog.run(run).best_eval_metrics.empty());
    }

    void insertedAdapterIsReadBackWhole() {
        Catalog catalog = Catalog::open(":memory:");
        AdapterRecord adapter = sample_adapter();
        adapter.run_id = catalog.insert_run(sample_run()).id;
        adapter.tags = {"good", " e2e ", "Good"};
        adapter.notes = "first\nsecond";
        adapter.starred = true;
        const AdapterRecord stored = catalog.insert_adapter(adapter);
        QVERIFY(stored.id.starts_with("a-"));
        QCOMPARE(stored.tags, (Texts{"e2e", "good"}));

        const AdapterRecord read = catalog.adapter(stored.id);
        QCOMPARE(read.run_id, adapter.run_id);
        QCOMPARE(read.name, adapter.name);
        QCOMPARE(read.path, adapter.path);
        QCOMPARE(read.size_bytes, adapter.size_bytes);
        QCOMPARE(read.hash, adapter.hash);
        QCOMPARE(read.method, adapter.method);
        QCOMPARE(read.rank, adapter.rank);
        QCOMPARE(read.alpha, adapter.alpha);
        QCOMPARE(read.scaling, adapter.scaling);
        QCOMPARE(read.targets, adapter.targets);
        QCOMPARE(read.model_ref, adapter.model_ref);
        QCOMPARE(read.model_name, adapter.model_name);
        QCOMPARE(read.model_hash, adapter.model_hash);
        QCOMPARE(read.trainable_params, adapter.trainable_params);
        QVERIFY(read.train_loss == adapter.train_loss);
        QVERIFY(read.eval_loss == adapter.eval_loss);
        QCOMPARE(read.step, adapter.step);
        QCOMPARE(read.seed, adapter.seed);
        QCOMPARE(read.notes, adapter.notes);
        QCOMPARE(read.created_at, stored.created_at);
        QVERIFY(read.starred);
        QVERIFY(!read.trashed);
    }

    void takenNameGetsANumber() {
        Catalog catalog = Catalog::open(":memory:");
        QCOMPARE(catalog.unique_adapter_name("q,v r8"), std::string("q,v r8"));
        QCOMPARE(catalog.insert_adapter(sample_adapter()).name, std::string("q,v r8"));
        QCOMPARE(catalog.unique_adapter_name("q,v r8"), std::string("q,v r8 (2)"));
        QCOMPARE(catalog.insert_adapter(sample_adapter()).name, std::string("q,v r8 (2)"));
        QCOMPARE(catalog.insert_adapter(sample_adapter("Q,V R8")).name, std::string("Q,V R8 (3)"));
        QVERIFY(
            throws(ErrorCode::constraint, "no name", [&] { catalog.insert_adapter(sample_adapter("")); }));
    }

    void unknownRunIsRefused() {
        Catalog catalog = Catalog::open(":memory:");
        AdapterRecord adapter = sample_adapter();
        adapter.run_id = "r-nobody";
        QVERIFY(throws(ErrorCode::not_found, "'r-nobody'", [&] { catalog.insert_adapter(adapter); }));
        QVERIFY(catalog.adapters().empty());
    }

    void adapterIsFoundByIdNameAndBeginning() {
        Catalog catalog = Catalog::open(":memory:");
        AdapterRecord adapter = sample_adapter("one");
        adapter.id = "a-0abcde";
        catalog.insert_adapter(adapter);
        adapter = sample_adapter("two");
        adapter.id = "a-0abcff";
        catalog.insert_adapter(adapter);
        QCOMPARE(catalog.adapter("TWO").id, std::string("a-0abcff"));
        QCOMPARE(catalog.adapter("a-0abcd").name, std::string("one"));
        QCOMPARE(catalog.adapter("0abcf").name, std::string("two"));
        QVERIFY(throws(ErrorCode::ambiguous, "a-0abcde 'one', a-0abcff 'two'",
                       [&] { catalog.adapter("a-0abc"); }));
        QVERIFY(throws(ErrorCode::not_found, "'three'", [&] { catalog.adapter("three"); }));
    }

    void changesAreStoredOneByOne() {
        Catalog catalog = Catalog::open(":memory:");
        const std::string id = catalog.insert_adapter(sample_adapter("one")).id;
        catalog.insert_adapter(sample_adapter("two"));
        catalog.set_tags(id, {"b", "a"});
        catalog.set_notes(id, "Tastes of \"salt\"; 50 %.");
        catalog.set_starred(id, true);
        catalog.rename_adapter(id, "One");
        catalog.set_adapter_path(id, "/new", 5, "sha256:dd");
        catalog.set_eval_loss(id, 1.0);
        AdapterRecord read = catalog.adapter(id);
        QCOMPARE(read.tags, (Texts{"a", "b"}));
        QCOMPARE(read.notes, std::string("Tastes of \"salt\"; 50 %."));
        QVERIFY(read.starred);
        QCOMPARE(read.name, std::string("One"));
        QCOMPARE(read.path, std::string("/new"));
        QCOMPARE(read.size_bytes, 5);
        QCOMPARE(read.hash, std::string("sha256:dd"));
        QVERIFY(read.eval_loss == 1.0);
        catalog.set_eval_loss(id, std::nullopt);
        QVERIFY(!catalog.adapter(id).eval_loss);

        QVERIFY(throws(ErrorCode::constraint, "'TWO'", [&] { catalog.rename_adapter(id, "TWO"); }));
        QVERIFY(throws(ErrorCode::constraint, "empty", [&] { catalog.rename_adapter(id, ""); }));
        QVERIFY(throws(ErrorCode::constraint, "empty", [&] { catalog.set_tags(id, {"c", " "}); }));
        QVERIFY(throws(ErrorCode::constraint, "commas", [&] { catalog.set_tags(id, {"c,d"}); }));
        QCOMPARE(catalog.adapter(id).tags, (Texts{"a", "b"}));
        for (const auto& change : std::vector<std::function<void()>>{
                 [&] { catalog.rename_adapter("a-nobody", "x"); },
                 [&] { catalog.set_tags("a-nobody", {"x"}); }, [&] { catalog.set_notes("a-nobody", "x"); },
                 [&] { catalog.set_starred("a-nobody", true); }, [&] { catalog.trash_adapter("a-nobody"); },
                 [&] { catalog.purge_adapter("a-nobody"); }})
            QVERIFY(throws(ErrorCode::not_found, "'a-nobody'", change));
    }

    void adaptersOfOneRunOrFolderAreListed() {
        Catalog catalog = Catalog::open(":memory:");
        AdapterRecord adapter = sample_adapter("one");
        adapter.run_id = catalog.insert_run(sample_run()).id;
        catalog.insert_adapter(adapter);
        catalog.insert_adapter(sample_adapter("two"));
        QCOMPARE(names_of(catalog.adapters({.run_id = adapter.run_id})), Texts{"one"});
        QCOMPARE(names_of(catalog.adapters({.path = "/adapters/two"})), Texts{"two"});
        QCOMPARE(names_of(catalog.adapters({.text = "rank:4", .run_id = adapter.run_id})), Texts{});
    }

    void tagsAreCounted() {
        Catalog catalog = Catalog::open(":memory:");
        const std::string one = catalog.insert_adapter(sample_adapter("one")).id;
        const std::string two = catalog.insert_adapter(sample_adapter("two")).id;
        catalog.set_tags(one, {"good", "e2e"});
        catalog.set_tags(two, {"good"});
        QCOMPARE(catalog.tags().size(), std::size_t{2});
        QCOMPARE(catalog.tags()[1].tag, std::string("good"));
        QCOMPARE(catalog.tags()[1].adapters, 2);
        catalog.trash_adapter(one);
        QCOMPARE(catalog.tags().size(), std::size_t{1});
    }

    void trashKeepsUntilPurged() {
        Catalog catalog = Catalog::open(":memory:");
        const std::string one = catalog.insert_adapter(sample_adapter("one")).id;
        const std::string two = catalog.insert_adapter(sample_adapter("two")).id;
        QVERIFY(throws(ErrorCode::constraint, "not in the trash", [&] { catalog.purge_adapter(one); }));
        catalog.trash_adapter(one);
        QCOMPARE(names_of(catalog.adapters()), Texts{"two"});
        QCOMPARE(names_of(catalog.adapters({.scope = AdapterScope::trashed})), Texts{"one"});
        QCOMPARE(catalog.adapters({.scope = AdapterScope::all}).size(), std::size_t{2});
        QCOMPARE(catalog.unique_adapter_name("one"), std::string("one (2)"));
        catalog.restore_adapter(one);
        QCOMPARE(catalog.adapters().size(), std::size_t{2});

        ExportRecord record;
        record.adapter_id = one;
        record.path = "/exports/one";
        catalog.insert_export(record);
        catalog.trash_adapter(one);
        QCOMPARE(catalog.purge_adapter(one), Texts{"/adapters/one"});
        QVERIFY(throws(ErrorCode::not_found, one, [&] { catalog.adapter(one); }));
        QVERIFY(catalog.exports().empty());
        catalog.trash_adapter(two);
        QCOMPARE(catalog.purge_trash(), Texts{"/adapters/two"});
        QVERIFY(catalog.adapters({.scope = AdapterScope::all}).empty());
    }

    void exportsKeepTheirVerdict() {
        Catalog catalog = Catalog::open(":memory:");
        ExportRecord record;
        record.adapter_id = catalog.insert_adapter(sample_adapter()).id;
        record.format = "hf";
        record.dtype = "bf16";
        record.path = "/exports/merged";
        record.size_bytes = 250000000;
        record.passed = true;
        record.max_abs_diff = 2.5e-6;
        record.matched = 148;
        record.missing = 1;
        record.unexpected = 2;
        record.report_json = "{}";
        const std::string id = catalog.insert_export(record).id;
        QVERIFY(id.starts_with("x-"));
        record.passed = false;
        record.max_abs_diff.reset();
        catalog.insert_export(record);

        const auto exports = catalog.exports(record.adapter_id);
        QCOMPARE(exports.size(), std::size_t{2});
        QVERIFY(!exports[0].passed && !exports[0].max_abs_diff);
        QCOMPARE(exports[1].id, id);
        QVERIFY(exports[1].passed);
        QVERIFY(exports[1].max_abs_diff == 2.5e-6);
        QCOMPARE(exports[1].matched, 148);
        QCOMPARE(exports[1].missing, 1);
        QCOMPARE(exports[1].unexpected, 2);
        QCOMPARE(exports[1].format, std::string("hf"));
        QCOMPARE(exports[1].dtype, std::string("bf16"));
        QVERIFY(catalog.exports("a-nobody").empty());
        record.adapter_id = "a-nobody";
        QVERIFY(throws(ErrorCode::not_found, "'a-nobody'", [&] { catalog.insert_export(record); }));
    }

    void tenThousandAdaptersAreFilteredAndOrdered() {
        Catalog catalog = Catalog::open(":memory:");
        catalog.in_transaction([&] {
            for (int i = 0; i < 10000; ++i) {
                AdapterRecord adapter = sample_adapter("run " + std::to_string(i));
                adapter.rank = 1 << (i % 7);
                adapter.eval_loss = 1.0 + i * 1e-4;
                if (i % 10 == 0) adapter.tags = {"tenth", "t" + std::to_string(i % 3)};
                adapter.trashed = i % 100 == 1;
                catalog.insert_adapter(adapter);
            }
        });
        QCOMPARE(catalog.adapters().size(), std::size_t{9900});
        QCOMPARE(catalog.adapters({.text = "tag:tenth"}).size(), std::size_t{1000});
        QCOMPARE(catalog.adapters({.text = "rank:8 -tag:tenth loss<1.5", .scope = AdapterScope::all}).size(),
                 std::size_t{642});
        const auto best =
            catalog.adapters({.order = AdapterOrder::eval_loss, .descending = false, .limit = 3});
        QCOMPARE(names_of(best), (Texts{"run 0", "run 2", "run 3"}));
        QCOMPARE(best[0].tags, (Texts{"t0", "tenth"}));
        QCOMPARE(names_of(catalog.adapters({.text = "run 9999"})), Texts{"run 9999"});
    }
};

QTEST_APPLESS_MAIN(TstCatalogAdapters)
#include "tst_catalog_adapters.moc"
