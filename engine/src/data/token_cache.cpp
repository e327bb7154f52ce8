#include "data/token_cache.h"

#include "io/safetensors.h"
#include "io/safetensors_writer.h"
#include "io/sha256.h"
#include "tokenizer/tokenizer_files.h"

#include <engine/chat.h>
#include <engine/error.h>
#include <engine/version.h>

#include <algorithm>
#include <cstring>

namespace engine {
namespace {

namespace fs = std::filesystem;

constexpr const char* extension = ".tokens";

// The examples as columns: what the rows have one of, and what they have one of for each token.
struct Columns {
    std::vector<std::int64_t> lines, cuts, lengths;
    std::vector<std::uint64_t> groups;
    std::vector<std::int32_t> ids;
    std::vector<std::uint8_t> trained;

    // Calls each(name, type, column) for all of them.
    template <class Self, class Each>
    static void visit(Self& self, const Each& each) {
        each("lines", Dtype::i64, self.lines);
        each("cuts", Dtype::i64, self.cuts);
        each("lengths", Dtype::i64, self.lengths);
        each("groups", Dtype::u64, self.groups);
        each("ids", Dtype::i32, self.ids);
        each("trained", Dtype::u8, self.trained);
    }
};

Columns columns_of(const Dataset& dataset) {
    Columns columns;
    for (const Example& example : dataset.examples) {
        columns.lines.push_back(example.line);
        columns.cuts.push_back(example.cut);
        columns.lengths.push_back(static_cast<std::int64_t>(example.ids.size()));
        columns.groups.push_back(example.group);
        columns.ids.insert(columns.ids.end(), example.ids.begin(), example.ids.end());
        columns.trained.insert(columns.trained.end(), example.trained.begin(), example.trained.end());
    }
    return columns;
}

std::vector<Example> examples_of(const Columns& columns) {
    if (columns.trained.size() != columns.ids.size())
        fail_input("Not every token says whether it is trained.");
    std::vector<Example> examples(columns.lines.size());
    std::size_t begin = 0;
    for (std::size_t i = 0; i < examples.size(); ++i) {
        const auto length = static_cast<std::size_t>(columns.lengths.at(i));
        if (length > columns.ids.size() - begin) fail_input("The lengths do not fit the tokens.");
        const auto ids = columns.ids.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto trained = columns.trained.begin() + static_cast<std::ptrdiff_t>(begin);
        examples[i].ids.assign(ids, ids + static_cast<std::ptrdiff_t>(length));
        examples[i].trained.assign(trained, trained + static_cast<std::ptrdiff_t>(length));
        examples[i].line = columns.lines[i];
        examples[i].cut = columns.cuts.at(i);
        examples[i].group = columns.groups.at(i);
        begin += length;
    }
    return examples;
}

std::string checksum_of(const Columns& columns, const Dataset& dataset, const std::string& key) {
    Sha256 hash;
    hash.add(key + '\0' + dataset.format + '\0' + dataset.content_hash + '\0');
    Columns::visit(
        columns, [&](const char*, Dtype, const auto& column) { hash.add(std::as_bytes(std::span(column))); });
    return hash.hex();
}

bool is_entry(const fs::path& file) {
    const std::string name = file.filename().string();
    return name.find_first_not_of("0123456789abcdef") == 64 &&
           name.compare(64, std::strlen(extension), extension) == 0;
}

}  // namespace

TokenCache::TokenCache(fs::path folder, std::uint64_t most_bytes)
    : folder_(std::move(folder)), most_bytes_(most_bytes) {}

fs::path TokenCache::file_of(const std::string& key) const {
    return folder_ / (key + extension);
}

std::optional<Dataset> TokenCache::find(const std::string& key) const {
    const fs::path path = file_of(key);
    std::error_code error;
    if (!fs::is_regular_file(path, error)) return {};
    try {
        const SafetensorsFile file = SafetensorsFile::open(path);
        Columns columns;
        Columns::visit(columns, [&](const char* name, Dtype type, auto& column) {
            const TensorEntry* entry = file.find(name);
            if (!entry || entry->dtype != type) fail_input("A column is missing.");
            const auto bytes = file.bytes(*entry);
            column.resize(bytes.size() / size_of(type));
            if (!bytes.empty()) std::memcpy(column.data(), bytes.data(), bytes.size());
        });
        Dataset dataset;
        dataset.format = file.metadata().at("format");
        dataset.content_hash = file.metadata().at("content_hash");
        if (file.metadata().at("checksum") != checksum_of(columns, dataset, key)) return {};
        dataset.examples = examples_of(columns);
        count_tokens(dataset);
        fs::last_write_time(path, fs::file_time_type::clock::now(), error);
        return dataset;
    } catch (const Failure&) {
        return {};
    } catch (const std::out_of_range&) {  // metadata or rows that are not there
        return {};
    }
}

void TokenCache::store(const std::string& key, const Dataset& dataset) const {
    const Columns columns = columns_of(dataset);
    std::vector<TensorBytes> tensors;
    std::uint64_t size = 0;
    Columns::visit(columns, [&](const char* name, Dtype type, const auto& column) {
        const auto bytes = std::as_bytes(std::span(column));
        tensors.push_back({{name, type, {static_cast<std::int64_t>(column.size())}}, bytes});
        size += bytes.size();
    });
    if (size > most_bytes_) return;
    try {
        make_folder(folder_);
        write_safetensors(file_of(key),
                          {{"format", dataset.format},
                           {"content_hash", dataset.content_hash},
                           {"checksum", checksum_of(columns, dataset, key)}},
                          tensors);
        trim();
    } catch (const Failure&) {
        // As the header says.
    }
}

void TokenCache::trim() const {
    struct Entry {
        fs::file_time_type used;
        std::uint64_t size;
        fs::path path;
    };
    std::vector<Entry> entries;
    std::uint64_t total = 0;
    std::error_code error;
    for (const auto& item : fs::directory_iterator(folder_, error)) {
        if (!is_entry(item.path())) continue;
        std::error_code gone;  // another program trims too
        const Entry entry{item.last_write_time(gone), item.file_size(gone), item.path()};
        if (gone) continue;
        total += entry.size;
        entries.push_back(entry);
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
    for (const Entry& entry : entries) {
        if (total <= most_bytes_) break;
        fs::remove(entry.path, error);
        total -= entry.size;
    }
}

DatasetLoader::DatasetLoader(RowFormat format, std::int64_t seq_len, const fs::path& cache_dir)
    : format_(std::move(format)), seq_len_(seq_len) {
    if (!cache_dir.empty()) cache_.emplace(cache_dir);
}

std::string DatasetLoader::key_of(const std::string& file_hash, const fs::path& file) const {
    Sha256 hash;
    const auto add = [&](const std::string& part) { hash.add(std::to_string(part.size()) + ':' + part); };
    const auto add_file = [&](const fs::path& path) {
        if (fs::exists(path)) add(path.filename().string() + sha256_of_file(path));
    };
    for (const std::string& part :
         {std::string("tokens 1"), program_version(), file_hash, file.extension().string(),
          format_.prompt_template, std::to_string(seq_len_)}) {
        add(part);
    }
    add_file(format_.model / "config.json");
    for (const char* name : tokenizer_file_names) add_file(format_.model / name);
    if (format_.chat_template.empty()) {
        for (const fs::path& name : chat_template_files(format_.model)) add_file(format_.model / name);
    } else {
        add("named template");
        add_file(format_.chat_template);
    }
    return hash.hex();
}

Dataset DatasetLoader::load(const fs::path& file, std::stop_token stop) {
    std::string key, file_hash;
    if (cache_) {
        try {
            file_hash = sha256_of_file(file);
            key = key_of(file_hash, file);
            if (auto found = cache_->find(key)) return std::move(*found);
        } catch (const std::exception&) {
            key.clear();  // what cannot be read is told by those who read it below
        }
    }
    if (!tokenizer_) tokenizer_ = Tokenizer::load(format_.model).value();
    Dataset dataset = load_dataset(file, *tokenizer_, format_, seq_len_, std::move(stop));
    // The file may have changed between the two readings.
    if (!key.empty() && dataset.content_hash == file_hash) cache_->store(key, dataset);
    return dataset;
}

}  // namespace engine
