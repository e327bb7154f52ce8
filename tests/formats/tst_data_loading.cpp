// Rows encoded on several cores, and data sets kept between runs: both give exactly what a plain reading
// gives.
#include "byte_tokenizer.h"
#include "io/parallel.h"
#include "data/token_cache.h"
#include "engine/error.h"
#include "io/file.h"

#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <numeric>
#include <thread>

using namespace engine;

namespace {

// More rows than are encoded at a time.
std::string many_rows(int count = 20000) {
    std::string text;
    for (int i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        text += R"({"prompt": "row )" + number + R"(", "completion": ")" + std::string(1 + i % 7, 'x') +
                number + "\"}\n";
    }
    return text;
}

bool same(const Dataset& a, const Dataset& b) {
    if (a.format != b.format || a.content_hash != b.content_hash || a.trained_tokens != b.trained_tokens ||
        a.largest_id != b.largest_id || a.examples.size() != b.examples.size())
        return false;
    return std::equal(a.examples.begin(), a.examples.end(), b.examples.begin(),
                      [](const Example& x, const Example& y) {
                          return x.ids == y.ids && x.trained == y.trained && x.line == y.line &&
                                 x.cut == y.cut && x.group == y.group;
                      });
}

std::string message_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Failure& failure) {
        return failure.error().message;
    }
    return "nothing failed";
}

}  // namespace

class TstDataLoading : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> temporary_;
    std::filesystem::path folder() const { return temporary_->path().toStdString(); }
    std::filesystem::path cache() const { return folder() / "cache" / "tokens"; }

    std::filesystem::path write(const std::string& text, const std::string& name = "rows.jsonl") {
        atomic_write_text(folder() / name, text);
        return folder() / name;
    }
    Dataset plain(const std::filesystem::path& file, std::int64_t seq_len = 64) {
        return load_dataset(file, Tokenizer::load(folder()).value(), {.model = folder()}, seq_len);
    }
    Dataset cached(const std::filesystem::path& file, std::int64_t seq_len = 64,
                   const std::string& prompt_template = "{prompt}\n") {
        return DatasetLoader({prompt_template, folder(), {}}, seq_len, cache()).load(file);
    }
    std::vector<std::filesystem::path> entries() const {
        std::vector<std::filesystem::path> files;
        if (!std::filesystem::exists(cache())) return files;
        for (const auto& item : std::filesystem::directory_iterator(cache())) files.push_back(item.path());
        return files;
    }

  private Q_SLOTS:
    void init() {
        temporary_ = std::make_unique<QTemporaryDir>();
        write_byte_tokenizer(folder());
    }

    void workIsDoneOnceEach() {
        for (const std::size_t count : {0, 1, 31, 32, 33, 5000}) {
            std::vector<std::atomic<int>> calls(count);
            for_each_in_parallel(count, [&](std::size_t i) { ++calls[i]; });
            QVERIFY(std::all_of(calls.begin(), calls.end(), [](const auto& n) { return n == 1; }));
        }
    }

    void theFirstFailureIsThatOfAPlainLoop() {
        for (int round = 0; round < 50; ++round) {
            const std::string message = message_of([] {
                for_each_in_parallel(4000, [](std::size_t i) {
                    if (i % 100 == 77) fail_input(std::to_string(i));
                });
            });
            QCOMPARE(QString::fromStdString(message), "77");
        }
    }

    void rowsKeepTheirOrder() {
        const Dataset data = plain(write(many_rows()));
        QCOMPARE(data.examples.size(), std::size_t{20000});
        for (std::size_t i = 0; i < data.examples.size(); ++i) {
            QCOMPARE(data.examples[i].line, static_cast<std::int64_t>(i + 1));
            const std::string number = std::to_string(i);
            QCOMPARE(data.examples[i].ids.size(), 4 + number.size() + 1 + (1 + i % 7) + number.size() + 1);
            QCOMPARE(data.examples[i].ids[4], static_cast<std::int32_t>(number[0]));
        }
    }

    void encodingStopsWhenAsked() {
        const auto file = write(many_rows(60000));
        const Tokenizer tokenizer = Tokenizer::load(folder()).value();
        std::stop_source source;
        std::jthread later([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            source.request_stop();
        });
        try {
            load_dataset(file, tokenizer, {.model = folder()}, 64, source.get_token());
            QFAIL("the whole file was read");
        } catch (const Failure& failure) {
            QCOMPARE(failure.error().code, ErrorCode::interrupted);
        }
    }

    void theSecondReadingComesFromTheCache() {
        const auto file = write(many_rows(300));
        const Dataset expected = plain(file, 12);
        QVERIFY(std::any_of(expected.examples.begin(), expected.examples.end(),
                            [](const Example& e) { return e.cut; }));
        QVERIFY(same(cached(file, 12), expected));
        QCOMPARE(entries().size(), std::size_t{1});
        const auto written = std::filesystem::last_write_time(entries().front());
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        QVERIFY(same(cached(file, 12), expected));
        QCOMPARE(entries().size(), std::size_t{1});
        QVERIFY(std::filesystem::last_write_time(entries().front()) > written);  // it was used
    }

    void whatTheTokensDependOnMakesAnotherEntry() {
        const auto file = write(many_rows(20));
        cached(file);
        const auto after = [&](std::size_t count, const Dataset& found, const Dataset& expected) {
            QVERIFY(same(found, expected));
            QCOMPARE(entries().size(), count);
        };
        after(2, cached(file, 40), plain(file, 40));
        cached(file, 64, "Q: {prompt}\n");
        QCOMPARE(entries().size(), std::size_t{3});
        write(many_rows(21));
        after(4, cached(file), plain(file));
        // The name of the same bytes plays no part, the way to read them does.
        std::filesystem::copy_file(file, folder() / "other.jsonl");
        after(4, cached(folder() / "other.jsonl"), plain(file));
        std::filesystem::copy_file(file, folder() / "rows.txt");
        after(5, cached(folder() / "rows.txt"), plain(folder() / "rows.txt"));
        atomic_write_text(folder() / "tokenizer_config.json", R"({"add_bos_token": false})");
        after(6, cached(file), plain(file));
    }

    void badRowsAreToldAgainAndAgain() {
        const auto file = write(many_rows(10) + "{\"prompt\": 3}\n");
        const std::string expected = message_of([&] { plain(file); });
        QVERIFY(expected.find("rows.jsonl:11") != std::string::npos);
        for (int i = 0; i < 2; ++i) QCOMPARE(message_of([&] { cached(file); }), expected);
        QCOMPARE(entries().size(), std::size_t{0});
        const auto missing = folder() / "missing.jsonl";
        QCOMPARE(message_of([&] { cached(missing); }), message_of([&] { plain(missing); }));
    }

    void damagedAndForeignEntriesAreReadAnew_data() {
        QTest::addColumn<QString>("damage");
        for (const char* damage : {"a bit", "half", "empty", "foreign", "of another key", "a folder"})
            QTest::newRow(damage) << damage;
    }
    void damagedAndForeignEntriesAreReadAnew() {
        QFETCH(QString, damage);
        const auto file = write(many_rows(300));
        const Dataset expected = plain(file);
        cached(file);
        const auto entry = entries().front();
        const std::string good = read_text(entry);
        std::string bytes = good;
        if (damage == "a bit") bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
        if (damage == "half") bytes.resize(bytes.size() / 2);
        if (damage == "empty") bytes.clear();
        if (damage == "foreign") bytes = std::string("\2\0\0\0\0\0\0\0{}", 10);
        if (damage == "of another key") {
            cached(file, 40);
            for (const auto& other : entries())
                if (other != entry) bytes = read_text(other);
            QVERIFY(bytes != good);
        }
        if (damage == "a folder") {
            std::filesystem::remove(entry);
            std::filesystem::create_directory(entry);
        } else {
            atomic_write_text(entry, bytes);
        }
        QVERIFY(same(cached(file), expected));
        if (damage != "a folder") QCOMPARE(read_text(entry), good);  // mended
        QVERIFY(same(cached(file), expected));
    }

    void aCacheThatCannotBeWrittenIsNone() {
        const auto file = write(many_rows(20));
        atomic_write_text(folder() / "cache", "a file where the folder should be");
        QVERIFY(same(cached(file), plain(file)));
    }

    void theLongestUnusedGoesFirst() {
        const Dataset data = plain(write(many_rows(300)));
        const std::string keys[] = {std::string(64, 'a'), std::string(64, 'b'), std::string(64, 'c')};
        TokenCache(cache()).store(keys[0], data);
        const std::uint64_t size = std::filesystem::file_size(entries().front());
        const TokenCache small(cache(), 2 * size + size / 2);
        atomic_write_text(cache() / "a note.txt", std::string(10000, 'x'));  // of somebody else
        const auto wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); };
        wait();
        small.store(keys[1], data);
        wait();
        QVERIFY(small.find(keys[0]));
        wait();
        small.store(keys[2], data);
        QVERIFY(small.find(keys[0]) && small.find(keys[2]));
        QVERIFY(!small.find(keys[1]));
        QVERIFY(std::filesystem::exists(cache() / "a note.txt"));
        const TokenCache tiny(cache(), size / 2);
        tiny.store(keys[1], data);  // more than it may hold: not kept, and nothing goes for it
        QVERIFY(!tiny.find(keys[1]) && tiny.find(keys[0]));
    }
};

QTEST_APPLESS_MAIN(TstDataLoading)
#include "tst_data_loading.moc"
