#include "io/safetensors.h"

#include "engine/error.h"
#include "io/json.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <tuple>

namespace engine {
namespace {

struct DtypeFact {
    Dtype dtype;
    std::string_view name;
    std::size_t size;
};

constexpr std::array dtype_facts = {
    DtypeFact{Dtype::f64, "F64", 8},         DtypeFact{Dtype::f32, "F32", 4},
    DtypeFact{Dtype::f16, "F16", 2},         DtypeFact{Dtype::bf16, "BF16", 2},
    DtypeFact{Dtype::i64, "I64", 8},         DtypeFact{Dtype::i32, "I32", 4},
    DtypeFact{Dtype::i16, "I16", 2},         DtypeFact{Dtype::i8, "I8", 1},
    DtypeFact{Dtype::u64, "U64", 8},         DtypeFact{Dtype::u32, "U32", 4},
    DtypeFact{Dtype::u16, "U16", 2},         DtypeFact{Dtype::u8, "U8", 1},
    DtypeFact{Dtype::boolean, "BOOL", 1},    DtypeFact{Dtype::c64, "C64", 8},
    DtypeFact{Dtype::f8_e4m3, "F8_E4M3", 1}, DtypeFact{Dtype::f8_e5m2, "F8_E5M2", 1},
    DtypeFact{Dtype::f8_e8m0, "F8_E8M0", 1},
};

const DtypeFact& fact(Dtype dtype) {
    return *std::find_if(dtype_facts.begin(), dtype_facts.end(),
                         [dtype](const DtypeFact& f) { return f.dtype == dtype; });
}

constexpr std::uint64_t max_header_bytes = 100'000'000;
constexpr std::uint64_t first_read = 8 << 10;  // of the header, together with its length

// Builds the sentence for a file that breaks a rule of the format.
class Judge {
  public:
    explicit Judge(const std::string& source) : source_(source) {}
    [[noreturn]] void refuse(const std::string& rule) const {
        fail_input(source_ + " is not a valid safetensors file: " + rule +
                   ". It may be damaged or incomplete; fetch or export it again.");
    }
    [[noreturn]] void refuse(const std::string& tensor, const std::string& rule) const {
        refuse("tensor '" + tensor + "' " + rule);
    }

  private:
    const std::string& source_;
};

// Of a valid JSON object, those that are listed twice counted twice.
std::size_t count_members(std::string_view object) {
    std::size_t members = 0;
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < object.size(); ++i) {
        const char c = object[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            --depth;
        } else if (c == ':' && depth == 1) {
            ++members;
        }
    }
    return members;
}

std::string repeated_name(std::string_view text, const std::string& source) {
    std::set<std::string> names;
    std::string duplicate;
    (void)parse_json(text, source, [&](int depth, Json::parse_event_t event, Json& value) {
        if (event == Json::parse_event_t::key && depth == 1 && !names.insert(value.get<std::string>()).second)
            duplicate = value.get<std::string>();
        return true;
    });
    return duplicate;
}

// A JSON object silently merges names that are there twice.
Json parse_header_json(std::string_view text, const Judge& judge, const std::string& source) {
    Json header = parse_json(text, "The header of " + source);
    if (!header.is_object()) judge.refuse("its header is not a JSON object");
    if (count_members(text) != header.size()) judge.refuse(repeated_name(text, "The header of " + source), "is listed twice");
    return header;
}

std::uint64_t unsigned_number(const Json& value, const Judge& judge, const std::string& tensor,
                              const char* what) {
    if (!value.is_number_unsigned())
        judge.refuse(tensor, std::string("has ") + what + " that is not a whole number of 0 or more");
    return value.get<std::uint64_t>();
}

TensorEntry parse_entry(const std::string& name, const Json& value, const Judge& judge) {
    if (!value.is_object()) judge.refuse(name, "is not described by a JSON object");
    for (const char* key : {"dtype", "shape", "data_offsets"})
        if (!value.contains(key)) judge.refuse(name, std::string("has no \"") + key + "\"");
    TensorEntry entry;
    entry.name = name;
    const Json& dtype = value["dtype"];
    if (!dtype.is_string()) judge.refuse(name, "has a dtype that is not a text");
    const auto known = dtype_from_name(dtype.get<std::string>());
    if (!known) judge.refuse(name, "has the unknown dtype '" + dtype.get<std::string>().substr(0, 40) + "'");
    entry.dtype = *known;

    const Json& shape = value["shape"];
    if (!shape.is_array()) judge.refuse(name, "has a shape that is not a list");
    std::uint64_t bytes = size_of(entry.dtype);
    std::uint64_t elements = 1;
    for (const Json& item : shape) {
        const std::uint64_t dimension = unsigned_number(item, judge, name, "a dimension");
        if (dimension > std::uint64_t{INT64_MAX} || __builtin_mul_overflow(elements, dimension, &elements) ||
            elements > std::uint64_t{INT64_MAX} || __builtin_mul_overflow(bytes, dimension, &bytes))
            judge.refuse(name, "has a shape whose size overflows 64 bits");
        entry.shape.push_back(static_cast<std::int64_t>(dimension));
    }

    const Json& offsets = value["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2)
        judge.refuse(name, "has data_offsets that are not two numbers");
    entry.begin = unsigned_number(offsets[0], judge, name, "an offset");
    entry.end = unsigned_number(offsets[1], judge, name, "an offset");
    if (entry.end < entry.begin) judge.refuse(name, "ends before it begins");
    if (entry.end - entry.begin != bytes)
        judge.refuse(name, "takes " + std::to_string(entry.end - entry.begin) +
                               " bytes, but its shape and dtype need " + std::to_string(bytes));
    return entry;
}

// The tensors must tile the data: start at 0, touch each other, end at its end.
void check_tiling(const std::vector<TensorEntry>& entries, std::uint64_t data_size, const Judge& judge) {
    std::uint64_t position = 0;
    for (const TensorEntry& entry : entries) {
        if (entry.begin > position)
            judge.refuse(entry.name, "begins at byte " + std::to_string(entry.begin) +
                                         " after a hole from byte " + std::to_string(position));
        if (entry.begin < position)
            judge.refuse(entry.name, "begins at byte " + std::to_string(entry.begin) +
                                         " and overlaps its neighbour, which ends at " +
                                         std::to_string(position));
        if (entry.end > data_size)
            judge.refuse(entry.name, "ends at byte " + std::to_string(entry.end) +
                                         " of the data, but the file holds only " +
                                         std::to_string(data_size) + " (truncated)");
        position = entry.end;
    }
    if (position != data_size)
        judge.refuse(std::to_string(data_size - position) + " bytes follow the last tensor");
}

// What people get instead of weights when a download tool was missing.
void refuse_pointer_file(std::string_view start, const std::string& source) {
    if (start == "version ")
        fail_input(source +
                   " is a Git LFS pointer, not the weights themselves. Run 'git lfs pull' in its folder.");
}

}  // namespace

std::size_t size_of(Dtype dtype) {
    return fact(dtype).size;
}
std::string_view name_of(Dtype dtype) {
    return fact(dtype).name;
}

std::optional<Dtype> dtype_from_name(std::string_view name) {
    for (const DtypeFact& f : dtype_facts)
        if (f.name == name) return f.dtype;
    return std::nullopt;
}

std::int64_t TensorEntry::numel() const {
    std::int64_t count = 1;
    for (const std::int64_t dimension : shape) count *= dimension;
    return count;
}

SafetensorsHeader SafetensorsHeader::parse(std::string_view json, std::uint64_t data_size,
                                           const std::string& source) {
    const Judge judge(source);
    const Json document = parse_header_json(json, judge, source);
    SafetensorsHeader header;
    header.data_size_ = data_size;
    for (const auto& [name, value] : document.items()) {
        if (name != "__metadata__") {
            header.entries_.push_back(parse_entry(name, value, judge));
            continue;
        }
        if (!value.is_object()) judge.refuse("its __metadata__ is not a JSON object");
        for (const auto& [key, text] : value.items()) {
            if (!text.is_string())
                judge.refuse("the value of '" + key + "' in its __metadata__ is not a text");
            header.metadata_[key] = text.get<std::string>();
        }
    }
    std::sort(header.entries_.begin(), header.entries_.end(), [](const TensorEntry& a, const TensorEntry& b) {
        return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    check_tiling(header.entries_, data_size, judge);
    for (std::size_t i = 0; i < header.entries_.size(); ++i) header.index_[header.entries_[i].name] = i;
    return header;
}

SafetensorsHeader SafetensorsHeader::read(const FileDescriptor& file, const std::filesystem::path& path,
                                          std::uint64_t file_size) {
    const std::string source = "'" + path.string() + "'";
    const Judge judge(source);
    if (file_size < 8)
        judge.refuse("it has " + std::to_string(file_size) +
                     " bytes, and the length of the header alone takes 8");
    // Most headers come along with their length.
    std::string start(static_cast<std::size_t>(std::min<std::uint64_t>(file_size, 8 + first_read)), '\0');
    read_exactly(file, path, 0, std::as_writable_bytes(std::span(start)));
    refuse_pointer_file(std::string_view(start).substr(0, 8), source);
    std::uint64_t length = 0;
    for (int i = 7; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(start[static_cast<std::size_t>(i)]);
    if (length > max_header_bytes)
        judge.refuse("it announces a header of " + std::to_string(length) +
                     " bytes; at most 100000000 are allowed");
    if (length > file_size - 8)
        judge.refuse("it announces a header of " + std::to_string(length) + " bytes, but only " +
                     std::to_string(file_size - 8) + " follow (truncated)");
    const std::size_t there = std::min(start.size() - 8, static_cast<std::size_t>(length));
    start.resize(8 + static_cast<std::size_t>(length));
    if (there < length) read_exactly(file, path, 8 + there, std::as_writable_bytes(std::span(start)).subspan(8 + there));
    SafetensorsHeader header = parse(std::string_view(start).substr(8), file_size - 8 - length, source);
    header.data_begin_ = 8 + length;
    return header;
}

SafetensorsHeader SafetensorsHeader::read(const std::filesystem::path& path) {
    std::uint64_t size = 0;
    const FileDescriptor file = open_for_reading(path, size);
    return read(file, path, size);
}

const TensorEntry* SafetensorsHeader::find(std::string_view name) const {
    const auto it = index_.find(std::string(name));
    return it == index_.end() ? nullptr : &entries_[it->second];
}

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
    std::uint64_t size = 0;
    const FileDescriptor descriptor = open_for_reading(path, size);
    SafetensorsFile file;
    file.path_ = path;
    file.header_ = SafetensorsHeader::read(descriptor, path, size);
    file.mapping_ = MappedFile::map(descriptor, path, size);
    return file;
}

std::span<const std::byte> SafetensorsFile::bytes(const TensorEntry& entry) const {
    return mapping_->bytes().subspan(header_.data_begin() + entry.begin, entry.byte_size());
}

std::span<const std::byte> SafetensorsFile::bytes(std::string_view name) const {
    const TensorEntry* entry = find(name);
    if (!entry)
        fail_input("'" + path_.string() + "' has no tensor '" + std::string(name) +
                   "'. Check that it is the right file.");
    return bytes(*entry);
}

}  // namespace engine
