#include "catalog_fixture.h"

#include <catalog/catalog.h>

#include <QtTest>

using namespace catalog;

class TstCatalogQuery : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void termsAreReadWithFieldOperatorAndValues() {
        const auto terms =
            parse_query(R"( rank:8,16  params<=2M -tag:"in draft" loss > 1.5e0 name=A "a:b c" plain )");
        QCOMPARE(terms.size(), std::size_t{7});
        QVERIFY(terms[0].field == QueryField::rank && terms[0].op == QueryOperator::equal);
        QCOMPARE(terms[0].numbers, (std::vector<double>{8, 16}));
        QVERIFY(terms[1].field == QueryField::params && terms[1].op == QueryOperator::less_equal);
        QCOMPARE(terms[1].numbers, std::vector<double>{2e6});
        QVERIFY(terms[2].field == QueryField::tag && terms[2].negated);
        QCOMPARE(terms[2].values, Texts{"in draft"});
        QVERIFY(terms[3].field == QueryField::loss && terms[3].op == QueryOperator::greater);
        QCOMPARE(terms[3].numbers, std::vector<double>{1.5});
        QVERIFY(terms[4].field == QueryField::name && terms[4].op == QueryOperator::equal);
        QVERIFY(terms[5].field == QueryField::words);
        QCOMPARE(terms[5].values, Texts{"a:b c"});
        QCOMPARE(terms[6].values, Texts{"plain"});
        QVERIFY(parse_query("").empty());
        QVERIFY(parse_query("  \t ").empty());
    }

    void unknownPartsAreExplained_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("part");
        QTest::newRow("field") << "colour:red"
                               << "'colour'";
        QTest::newRow("known fields are listed") << "x<1"
                                                 << "rank, alpha, model";
        QTest::newRow("no number") << "rank:many"
                                   << "'many'";
        QTest::newRow("two units") << "params<2MM"
                                   << "'2MM'";
        QTest::newRow("not finite") << "loss<inf"
                                    << "'inf'";
        QTest::newRow("text has no order") << "name<b"
                                           << "'name'";
        QTest::newRow("no value") << "rank:"
                                  << "'rank'";
        QTest::newRow("no value before blank") << "tag: "
                                               << "'tag'";
        QTest::newRow("empty alternative") << "rank:1,,2"
                                           << "'rank'";
        QTest::newRow("two bounds") << "loss<1,2"
                                    << "more than one";
        QTest::newRow("open quote") << "name:\"abc"
                                    << "quote";
        QTest::newRow("is") << "is:good"
                            << "'good'";
    }
    void unknownPartsAreExplained() {
        QFETCH(QString, text);
        QFETCH(QString, part);
        QVERIFY(throws(ErrorCode::bad_query, part.toStdString(), [&] { parse_query(text.toStdString()); }));
    }

    void everyNamedFieldCanBeAsked() {
        Catalog catalog = Catalog::open(":memory:");
        for (const QueryFieldInfo& info : query_fields()) {
            const std::string name(info.name);
            if (name == "is") continue;
            for (const char* op : {":", "="}) catalog.adapters({.text = name + op + "1"});
            if (!info.numeric) continue;
            for (const char* op : {"<", ">", "<=", ">="}) catalog.adapters({.text = name + op + "1"});
        }
    }

    void filterFinds_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("found");  // letters of the names that stay
        QTest::newRow("all") << ""
                             << "abcd";
        QTest::newRow("rank") << "rank:8"
                              << "ab";
        QTest::newRow("ranks") << "rank:4,64"
                               << "cd";
        QTest::newRow("not rank") << "-rank:8"
                                  << "cd";
        QTest::newRow("range") << "rank>4 rank<=8"
                               << "ab";
        QTest::newRow("alpha") << "alpha=128"
                               << "d";
        QTest::newRow("model by part") << "model:GPT2"
                                       << "abc";
        QTest::newRow("model itself") << "model=gpt2"
                                      << "ab";
        QTest::newRow("model by folder") << "model:hub/llama"
                                         << "d";
        QTest::newRow("eval loss first, else train loss") << "loss<2"
                                                          << "ac";
        QTest::newRow("blanks around the operator") << "loss < 2"
                                                    << "ac";
        QTest::newRow("unknown loss is not below") << "loss<100"
                                                   << "abc";
        QTest::newRow("unknown loss is in the opposite") << "-loss<2"
                                                         << "bd";
        QTest::newRow("params") << "params>=1M"
                                << "d";
        QTest::newRow("seed") << "seed:7"
                              << "b";
        QTest::newRow("one target") << "target:v"
                                    << "abd";
        QTest::newRow("two targets") << "target:q,v"
                                     << "ad";
        QTest::newRow("exactly these targets") << "targets=q,v"
                                               << "a";
        QTest::newRow("no part of a target") << "target:gat"
                                             << "";
        QTest::newRow("tag") << "tag:GOOD"
                             << "ab";
        QTest::newRow("tag is whole") << "tag:goo"
                                      << "";
        QTest::newRow("one of two tags") << "tag:good,draft"
                                         << "abd";
        QTest::newRow("not tagged") << "-tag:good"
                                    << "cd";
        QTest::newRow("method") << "method:lora"
                                << "abcd";
        QTest::newRow("starred") << "is:starred"
                                 << "c";
        QTest::newRow("not starred") << "-is:starred"
                                     << "abd";
        QTest::newRow("word in notes") << "restaurants"
                                       << "b";
        QTest::newRow("word in tags") << "draf"
                                      << "d";
        QTest::newRow("phrase") << "\"about restaurants\""
                                << "b";
        QTest::newRow("phrase not there") << "\"restaurants about\""
                                          << "";
        QTest::newRow("words together with conditions") << "loss<3 restaurants rank:8"
                                                        << "b";
        QTest::newRow("wildcards are letters") << "100%"
                                               << "c";
        QTest::newRow("underscore is a letter") << "_"
                                                << "";
        QTest::newRow("quote character is no SQL") << "name:a'"
                                                   << "";
        QTest::newRow("hostile") << "\"'; DROP TABLE adapters; --\""
                                 << "";
    }
    void filterFinds() {
        QFETCH(QString, text);
        QFETCH(QString, found);
        Catalog catalog = Catalog::open(":memory:");
        AdapterRecord a = sample_adapter("a");
        a.tags = {"good"};
        catalog.insert_adapter(a);
        AdapterRecord b = sample_adapter("b");
        b.eval_loss = 2.5;
        b.train_loss = 1.0;
        b.seed = 7;
        b.targets = "v";
        b.tags = {"Good"};
        b.notes = "Short sentences about restaurants";
        catalog.insert_adapter(b);
        AdapterRecord c = sample_adapter("c");
        c.rank = 4;
        c.model_name = "gpt2-medium";
        c.eval_loss.reset();
        c.targets = "gate,up";
        c.starred = true;
        c.notes = "100% done";
        catalog.insert_adapter(c);
        AdapterRecord d = sample_adapter("d");
        d.rank = 64;
        d.alpha = 128;
        d.model_name = "tiny";
        d.model_ref = "/hub/llama";
        d.eval_loss.reset();
        d.train_loss.reset();
        d.trainable_params = 2359296;
        d.targets = "q, k, v, o";
        d.tags = {"draft"};
        catalog.insert_adapter(d);

        const AdapterFilter filter{
            .text = text.toStdString(), .order = AdapterOrder::name, .descending = false};
        QString names;
        for (const std::string& name : names_of(catalog.adapters(filter)))
            names += QString::fromStdString(name);
        QCOMPARE(names, found);
    }
};

QTEST_APPLESS_MAIN(TstCatalogQuery)
#include "tst_catalog_query.moc"
