// Reader and writer of single safetensors files.
#include "formats/golden.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "io/safetensors_writer.h"

#include <QTemporaryDir>
#include <QTest>

#include <cstring>
#include <fstream>
#include <signal.h>
#include <sys/resource.h>

using namespace engine;
using golden::failure_of;

namespace {

std::string length_bytes(std::uint64_t length) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xff);
    return bytes;
}

std::string file_of(const std::string& header, const std::string& data) {
    return length_bytes(header.size()) + header + data;
}

std::span<const std::byte> bytes_of(const std::vector<float>& values) {
    return std::as_bytes(std::span(values));
}

}  // namespace

class TstSafetensors : public QObject {
    Q_OBJECT

    QTemporaryDir temporary_;
    std::filesystem::path folder() const { return temporary_.path().toStdString(); }
    std::filesystem::path write(const std::string& content) const {
        const auto path = folder() / "case.safetensors";
        std::ofstream(path, std::ios::binary) << content;
        return path;
    }
    std::size_t files_in_folder() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder()),
                                                      std::filesystem::directory_iterator()));
    }

  private Q_SLOTS:
    void cleanup() {
        for (const auto& entry : std::filesystem::directory_iterator(folder()))
            std::filesystem::remove_all(entry.path());
    }

    // Longer than what is read along with its length.
    void aLongHeaderIsReadWhole() {
        const auto path = folder() / "many.safetensors";
        std::vector<PlannedTensor> planned;
        for (int i = 0; i < 400; ++i) planned.push_back({"tensor." + std::to_string(i), Dtype::u8, {1}});
        SafetensorsWriter writer(path, {}, planned);
        for (const TensorEntry& entry : writer.plan()) writer.append(entry.name, std::vector<std::byte>(1, std::byte{7}));
        writer.commit();
        const SafetensorsFile file = SafetensorsFile::open(path);
        QVERIFY(file.header().data_begin() > 16'000);
        QCOMPARE(file.entries().size(), std::size_t{400});
        QVERIFY(file.bytes("tensor.399").front() == std::byte{7});
        // Cut off behind the first piece that is read.
        std::filesystem::resize_file(path, 10'000);
        QVERIFY_THROWS_EXCEPTION(Failure, SafetensorsFile::open(path));
    }

    void acceptsAndRefusesAsTheManifestSays() {
        const auto files = golden::folder("safetensors_files");
        SKIP_WITHOUT_GOLDEN(files);
        const Json manifest = read_json_file(files / "manifest.json");
        QVERIFY(manifest.size() >= 29);
        for (const auto& [name, verdict] : manifest.items()) {
            const auto failure = failure_of([&] { SafetensorsFile::open(files / name); });
            QVERIFY2(failure.empty() == verdict["valid"].get<bool>(), (name + ": " + failure).c_str());
            if (!failure.empty()) QVERIFY2(failure.find(name) != std::string::npos, failure.c_str());
        }
        const auto plain = SafetensorsFile::open(files / "ok_plain.safetensors");
        std::array<float, 4> values{};
        const auto bytes = plain.bytes(plain.entries().front());
        QCOMPARE(bytes.size(), sizeof values);
        std::memcpy(values.data(), bytes.data(), sizeof values);
        QCOMPARE(values, (std::array<float, 4>{1, 2, 3, 4}));
    }

    void refusesBrokenFiles_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArray>("expected");  // a part of the sentence
        const auto row = [](const char* name, const std::string& content, const char* expected) {
            QTest::newRow(name) << QByteArray(content.data(), static_cast<qsizetype>(content.size()))
                                << QByteArray(expected);
        };
        const std::string four(4, 'x'), eight(8, 'x');
        row("empty", "", "0 bytes");
        row("short", "1234567", "7 bytes");
        row("huge N", length_bytes(UINT64_MAX) + "{}", "announces a header");
        row("N above the limit", length_bytes(100'000'001) + "{}", "at most 100000000");
        row("N past the end", length_bytes(3) + "{}", "truncated");
        row("not JSON", file_of("{\"a\":", ""), "not valid JSON");
        row("list", file_of("[]", ""), "not a JSON object");
        row("deep", file_of("{\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "}", ""),
            "nests deeper");
        row("invalid UTF-8",
            file_of("{\"\xff\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}", "x"),
            "not valid JSON");
        row("duplicate",
            file_of(
                R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
                four),
            "listed twice");
        row("dtype", file_of(R"({"a":{"dtype":"F7","shape":[4],"data_offsets":[0,4]}})", four),
            "unknown dtype 'F7'");
        row("dtype number", file_of(R"({"a":{"dtype":7,"shape":[4],"data_offsets":[0,4]}})", four), "dtype");
        row("no shape", file_of(R"({"a":{"dtype":"U8","data_offsets":[0,4]}})", four), "no \"shape\"");
        row("negative", file_of(R"({"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}})", four),
            "dimension");
        row("fraction", file_of(R"({"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}})", four),
            "dimension");
        row("overflow",
            file_of(R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", four),
            "overflows");
        row("overflow in bytes",
            file_of(R"({"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}})", ""),
            "overflows");
        row("size", file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", four), "need 8");
        row("reversed", file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}})", four),
            "ends before it begins");
        row("three offsets", file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}})", four),
            "data_offsets");
        row("truncated", file_of(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})", four),
            "truncated");
        row("trailing", file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", eight),
            "4 bytes follow");
        row("hole", file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})", eight), "hole");
        row("overlap",
            file_of(
                R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[6],"data_offsets":[2,8]}})",
                eight),
            "overlaps");
        row("metadata", file_of(R"({"__metadata__":{"a":1}})", ""), "__metadata__");
        row("pointer", "version https://git-lfs.github.com/spec/v1\n", "Git LFS");
    }

    void refusesBrokenFiles() {
        QFETCH(QByteArray, content);
        QFETCH(QByteArray, expected);
        const auto path = write(content.toStdString());
        const std::string failure = failure_of([&] { SafetensorsFile::open(path); });
        QVERIFY2(failure.find(expected.toStdString()) != std::string::npos, failure.c_str());
        QVERIFY2(failure.find(path.string()) != std::string::npos, failure.c_str());
    }

    void refusesWhatIsNotAFile() {
        QVERIFY(!failure_of([&] { SafetensorsFile::open(folder() / "absent"); }).empty());
        QVERIFY(!failure_of([&] { SafetensorsFile::open(folder()); }).empty());
        QVERIFY(!failure_of([&] { SafetensorsFile::open("/dev/zero"); }).empty());
    }

    void acceptsEdgeCases() {
        const auto file = SafetensorsFile::open(write(file_of(
            R"( {"z":{"dtype":"F32","shape":[],"data_offsets":[1,5]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
            R"("none":{"dtype":"F64","shape":[3,0],"data_offsets":[5,5]},"__metadata__":{"k":"v"}}   )",
            "xabcd")));
        QCOMPARE(file.entries().size(), std::size_t{3});
        QCOMPARE(file.find("z")->numel(), std::int64_t{1});
        QCOMPARE(file.find("none")->numel(), std::int64_t{0});
        QCOMPARE(file.metadata().at("k"), std::string("v"));
        QCOMPARE(static_cast<char>(file.bytes("z")[0]), 'a');
        QVERIFY(!file.find("absent"));
        QVERIFY(failure_of([&] { (void)file.bytes("absent"); }).find("absent") != std::string::npos);
    }

    void mappingOutlivesTheFileObject() {
        std::shared_ptr<const MappedFile> mapping;
        std::span<const std::byte> bytes;
        {
            auto file = SafetensorsFile::open(
                write(file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "abcd")));
            const SafetensorsFile moved = std::move(file);
            bytes = moved.bytes("a");
            mapping = moved.mapping();
        }
        QCOMPARE(static_cast<char>(bytes[3]), 'd');
    }

    void writesWhatItReads() {
        const std::vector<float> a = {1, 2, 3, 4, 5, 6}, b = {7};
        const std::vector<std::byte> small(3, std::byte{9});
        const auto path = folder() / "out.safetensors";
        write_safetensors(path, {{"kind", "test"}},
                          {{{"small", Dtype::u8, {3}}, small},
                           {{"layer \"b\" é", Dtype::f32, {}}, bytes_of(b)},
                           {{"empty", Dtype::f32, {0, 7}}, {}},
                           {{"a", Dtype::f32, {2, 3}}, bytes_of(a)}});
        const auto file = SafetensorsFile::open(path);
        std::vector<std::string> order;
        for (const TensorEntry& entry : file.entries()) order.push_back(entry.name);
        QCOMPARE(order, (std::vector<std::string>{"a", "empty", "layer \"b\" é", "small"}));
        QCOMPARE(file.header().data_begin() % 8, std::uint64_t{0});
        QCOMPARE(file.metadata().at("format"), std::string("pt"));
        QCOMPARE(file.metadata().at("kind"), std::string("test"));
        QCOMPARE(std::memcmp(file.bytes("a").data(), a.data(), 24), 0);
        QCOMPARE(read_text(path)[8], '{');
        QCOMPARE(files_in_folder(), std::size_t{1});
    }

    void writerWithoutCommitLeavesNothing() {
        const auto path = write("old");
        const std::vector<float> values = {1, 2};
        {
            SafetensorsWriter writer(path, {}, {{"a", Dtype::f32, {2}}});
            writer.append("a", bytes_of(values));
        }
        QCOMPARE(read_text(path), std::string("old"));
        QCOMPARE(files_in_folder(), std::size_t{1});
    }

    void writerRefusesWrongUse() {
        const std::vector<float> values = {1, 2};
        const auto path = folder() / "x.safetensors";
        SafetensorsWriter writer(path, {}, {{"a", Dtype::f32, {2}}, {"b", Dtype::f32, {2}}});
        QVERIFY(!failure_of([&] { writer.append("b", bytes_of(values)); }).empty());
        writer.append("a", bytes_of(values));
        QVERIFY(!failure_of([&] { writer.append("a", bytes_of(values)); }).empty());
        QVERIFY(!failure_of([&] { writer.commit(); }).empty());
        QVERIFY(!failure_of([&] { lay_out({{"a", Dtype::f32, {}}, {"a", Dtype::f32, {}}}); }).empty());
    }

    // A limit on the file size stands in for a full disk: the write fails half-way with the system's reason.
    void failedWriteSaysWhyAndLeavesNothing() {
        const auto path = write("old");
        rlimit before{};
        getrlimit(RLIMIT_FSIZE, &before);
        const rlimit small{4096, before.rlim_max};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &small);
        const std::vector<std::byte> data(100'000);
        ErrorCode code = ErrorCode::failed;
        std::string failure;
        try {
            write_safetensors(path, {}, {{{"a", Dtype::u8, {100'000}}, data}});
        } catch (const Failure& e) {
            code = e.error().code;
            failure = e.error().message;
        }
        setrlimit(RLIMIT_FSIZE, &before);
        QVERIFY(code == ErrorCode::io);
        QVERIFY2(failure.find("size limit") != std::string::npos, failure.c_str());
        QCOMPARE(read_text(path), std::string("old"));
        QCOMPARE(files_in_folder(), std::size_t{1});
        QVERIFY(!failure_of([&] { atomic_write_text("/proc/no/such/file", "x"); }).empty());
    }

    void copiesAndHashesFiles() {
        const auto path = write("abc");
        copy_file_atomic(path, folder() / "copy");
        // FIPS 180-4, example for "abc"
        QCOMPARE(sha256_of_file(folder() / "copy"),
                 std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        QCOMPARE(sha256_of_text("abc"), sha256_of_file(path));
    }

    void readsConfigurationFieldsStrictly() {
        const Json object = parse_json(
            R"({"i":4096.0,"f":0.5,"big":18446744073709551615,"null":null,"s":"x","b":true})", "The test");
        QCOMPARE(*json_int(object, "i", "it"), std::int64_t{4096});
        QVERIFY(!json_int(object, "null", "it") && !json_int(object, "absent", "it"));
        for (const char* key : {"f", "big", "s", "b"})
            QVERIFY(!failure_of([&] { (void)json_int(object, key, "it"); }).empty());
        QVERIFY(failure_of([&] { parse_json("{\n \"a\": }", "The file 'f'"); }).find("line 2") !=
                std::string::npos);
        QCOMPARE(json_number(0.1), std::string("0.1"));
        QCOMPARE(json_number(std::numeric_limits<double>::infinity()), std::string("null"));
        QCOMPARE(dump_json(Json(std::string("\xff")), -1), std::string("\"\xEF\xBF\xBD\""));
    }
};

QTEST_GUILESS_MAIN(TstSafetensors)
#include "tst_safetensors.moc"
