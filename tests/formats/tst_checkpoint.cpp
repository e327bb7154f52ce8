// Model folders: one file or shards with an index, and writing them.
#include "formats/golden.h"
#include "io/abandoned.h"
#include "io/checkpoint.h"
#include "io/json.h"
#include "io/safetensors_writer.h"

#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace engine;
using golden::failure_of;

class TstCheckpoint : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> temporary_;
    std::filesystem::path folder() const { return temporary_->path().toStdString(); }

    // Three tensors of 16 bytes in shards of at most 32.
    void writeShards() {
        CheckpointWriter writer(
            folder(), {{"c", Dtype::f32, {4}}, {"a", Dtype::f32, {2, 2}}, {"b", Dtype::f32, {4}}}, 32);
        const std::vector<std::byte> bytes(16, std::byte{1});
        for (const TensorEntry& entry : writer.plan()) writer.append(entry.name, bytes);
        writer.commit();
        QCOMPARE(writer.file_names().size(), std::size_t{3});
    }
    void changeIndex(const std::function<void(Json&)>& change) {
        Json index = read_json_file(folder() / "model.safetensors.index.json");
        change(index["weight_map"]);
        atomic_write_text(folder() / "model.safetensors.index.json", dump_json(index));
    }
    void verifyRefused(const std::string& part) {
        const std::string failure = failure_of([&] { Checkpoint::open(folder()); });
        QVERIFY2(failure.find(part) != std::string::npos, failure.c_str());
    }

  private Q_SLOTS:
    void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

    void readsItsOwnShards() {
        writeShards();
        QVERIFY(std::filesystem::exists(folder() / "model-00002-of-00002.safetensors"));
        const Json index = read_json_file(folder() / "model.safetensors.index.json");
        QCOMPARE(index["metadata"]["total_size"].get<int>(), 48);
        const Checkpoint checkpoint = Checkpoint::open(folder());
        QVERIFY(checkpoint.sharded());
        QCOMPARE(checkpoint.data_bytes(), std::uint64_t{48});
        QCOMPARE(checkpoint.names(), (std::vector<std::string>{"a", "b", "c"}));
        QCOMPARE(checkpoint.require("a").entry->shape, (std::vector<std::int64_t>{2, 2}));
        QCOMPARE(checkpoint.require("b").bytes().size(), std::size_t{16});
        QVERIFY(!checkpoint.find("d"));
        QVERIFY(failure_of([&] { checkpoint.require("d"); }).find("'d'") != std::string::npos);
    }

    void writesOneFileWhenItFits() {
        CheckpointWriter writer(folder(), {{"a", Dtype::bf16, {3}}});
        writer.append("a", std::vector<std::byte>(6));
        writer.commit();
        QCOMPARE(writer.file_names(), (std::vector<std::string>{"model.safetensors"}));
        QVERIFY(!Checkpoint::open(folder()).sharded());
    }

    void writerWithoutCommitLeavesNothing() {
        {
            CheckpointWriter writer(folder(), {{"a", Dtype::bf16, {3}}});
            writer.append("a", std::vector<std::byte>(6));
        }
        QVERIFY(std::filesystem::is_empty(folder()));
    }

    // A process that was killed removes nothing; the next write of the same file does, as long as nobody writes there.
    void theNextWriteRemovesWhatAKilledOneLeft() {
        const auto target = folder() / "weights";
        int ends[2];
        QCOMPARE(::pipe(ends), 0);
        const auto child = [&](bool ends_at_once) {
            const pid_t process = ::fork();
            if (process == 0) {
                AtomicFile file(target);
                file.append("unfinished");
                if (ends_at_once) ::_exit(0);  // no destructor, as when killed
                const char ready = 'r';
                (void)!::write(ends[1], &ready, 1);
                for (;;) ::pause();
            }
            return process;
        };
        const pid_t killed = child(true);
        QCOMPARE(::waitpid(killed, nullptr, 0), killed);
        const auto left = target.string() + ".part-" + std::to_string(killed);
        const auto parts = [&](const std::string& start) {
            int count = 0;
            for (const auto& entry : std::filesystem::directory_iterator(folder()))
                if (entry.path().string().starts_with(start)) ++count;
            return count;
        };
        QCOMPARE(parts(left), 1);
        const pid_t alive = child(false);
        char ready = 0;
        QCOMPARE(::read(ends[0], &ready, 1), ssize_t{1});
        const auto other = folder() / ("other.part-" + std::to_string(killed) + "-0");
        std::ofstream(other) << "another target's";
        atomic_write_text(target, "complete");
        QCOMPARE(parts(left), 0);
        QCOMPARE(parts(target.string() + ".part-" + std::to_string(alive)), 1);
        QVERIFY(std::filesystem::exists(other));
        remove_abandoned_parts(folder());
        QVERIFY(!std::filesystem::exists(other));
        QCOMPARE(parts(target.string() + ".part-" + std::to_string(alive)), 1);
        ::kill(alive, SIGKILL);
        ::waitpid(alive, nullptr, 0);
        ::close(ends[0]);
        ::close(ends[1]);
        QCOMPARE(read_text(target), std::string("complete"));
    }

    void refusesShardNamesOutsideTheFolder_data() {
        QTest::addColumn<QString>("name");
        for (const char* name :
             {"../other.safetensors", "..", ".", "", "/etc/passwd", "sub/model.safetensors", "a\\b"})
            QTest::newRow(name) << QString::fromUtf8(name);
        QTest::newRow("NUL") << QString(QChar(0));
    }
    void refusesShardNamesOutsideTheFolder() {
        QFETCH(QString, name);
        writeShards();
        changeIndex([&](Json& map) { map["a"] = name.toStdString(); });
        verifyRefused("not a plain file name");
    }

    void refusesIndexesThatDisagree() {
        writeShards();
        changeIndex([](Json& map) { map["new"] = map["a"]; });
        verifyRefused("lacks the tensor 'new'");
        changeIndex([](Json& map) { map.erase("new"), map.erase("c"); });
        verifyRefused("does not list");
        changeIndex([](Json& map) { map["b"] = map["a"]; });
        verifyRefused("lacks the tensor 'b'");
        changeIndex([](Json& map) { map["b"] = "model-00009-of-00009.safetensors"; });
        verifyRefused("is missing");
        changeIndex([](Json& map) { map["b"] = 3; });
        verifyRefused("no file name");
    }

    void refusesATruncatedShardByName() {
        writeShards();
        std::filesystem::resize_file(folder() / "model-00002-of-00002.safetensors", 100);
        verifyRefused("model-00002-of-00002.safetensors");
    }

    void refusesFoldersWithoutWeights() {
        QVERIFY(failure_of([&] { Checkpoint::open(folder() / "absent"); }).find("no model folder") !=
                std::string::npos);
        verifyRefused("holds neither");
        atomic_write_text(folder() / "pytorch_model.bin", "x");
        verifyRefused("pickle");
        QVERIFY(failure_of([&] { Checkpoint::open(folder() / "pytorch_model.bin"); }).find("is a file") !=
                std::string::npos);
    }

    void fingerprintFollowsTheContent() {
        writeShards();
        atomic_write_text(folder() / "config.json", "{}");
        const std::string first = fingerprint_of_model(folder());
        QCOMPARE(first.size(), std::size_t{64});
        QCOMPARE(fingerprint_of_model(folder()), first);
        atomic_write_text(folder() / "config.json", "{ }");
        QVERIFY(fingerprint_of_model(folder()) != first);
    }

    void opensEveryReferenceModel() {
        SKIP_WITHOUT_GOLDEN(golden::folder(""));
        int seen = 0;
        for (const auto& entry : std::filesystem::directory_iterator(golden::folder(""))) {
            if (!has_checkpoint(entry.path() / "model")) continue;
            QVERIFY(Checkpoint::open(entry.path() / "model").tensor_count() > 0);
            ++seen;
        }
        QVERIFY(seen >= 18);
        QCOMPARE(Checkpoint::open(golden::folder("llama_bf16_sharded/model")).files().size(), std::size_t{3});
    }
};

QTEST_GUILESS_MAIN(TstCheckpoint)
#include "tst_checkpoint.moc"
