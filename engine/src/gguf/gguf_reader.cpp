#include "gguf/gguf_reader.h"

#include "engine/error.h"
#include "gguf/blocks.h"

#include <array>
#include <bit>
#include <cstring>
#include <unordered_set>

namespace engine {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is read as it lies in memory");

constexpr std::size_t max_key_length = 65535;
constexpr std::uint64_t smallest_tensor_info = 8 + 4 + 4 + 8;  // name length, dimensions, type, offset
constexpr std::uint64_t smallest_entry = 8 + 4;                // key length, type
constexpr std::uint32_t array_type = 9;

// Bytes that a value of each type takes at least (strings and arrays: their length).
constexpr std::array<std::uint64_t, 13> smallest_value = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};

class Cursor {
  public:
    Cursor(std::span<const std::byte> bytes, const std::string& source) : bytes_(bytes), source_(source) {}

    std::uint64_t position() const { return position_; }
    std::uint64_t left() const { return bytes_.size() - position_; }

    [[noreturn]] void refuse(const std::string& why) const {
        fail_input("The GGUF file " + source_ + " cannot be read: " + why + ". Fetch or export it again.");
    }

    template <class T>
    T number(const char* what) {
        T value{};
        std::memcpy(&value, take(sizeof value, what).data(), sizeof value);
        return value;
    }

    std::string text(const char* what) {
        const auto length = number<std::uint64_t>(what);
        const auto bytes = take(length, what);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    GgufValue value(std::uint32_t type, const std::string& key) {
        switch (type) {
            case 0:
                return {number<std::uint8_t>("a value")};
            case 1:
                return {number<std::int8_t>("a value")};
            case 2:
                return {number<std::uint16_t>("a value")};
            case 3:
                return {number<std::int16_t>("a value")};
            case 4:
                return {number<std::uint32_t>("a value")};
            case 5:
                return {number<std::int32_t>("a value")};
            case 6:
                return {number<float>("a value")};
            case 7: {
                const auto flag = number<std::uint8_t>("a value");
                if (flag > 1) refuse("the key " + shown(key) + " is neither true nor false");
                return {flag == 1};
            }
            case 8:
                return {text("a text")};
            case array_type:
                return {array(key)};
            case 10:
                return {number<std::uint64_t>("a value")};
            case 11:
                return {number<std::int64_t>("a value")};
            case 12:
                return {number<double>("a value")};
            default:
                refuse("the key " + shown(key) + " has the unknown type " + std::to_string(type));
        }
    }

    static std::string shown(const std::string& name) {
        std::string printable;
        for (const char c : name.substr(0, 80)) printable += c >= ' ' && c < 127 ? c : '?';
        return "'" + printable + "'";
    }

  private:
    std::span<const std::byte> take(std::uint64_t length, const char* what) {
        if (length > left()) refuse("it ends inside " + std::string(what));
        const auto part =
            bytes_.subspan(static_cast<std::size_t>(position_), static_cast<std::size_t>(length));
        position_ += length;
        return part;
    }

    GgufArray array(const std::string& key) {
        GgufArray array;
        array.element = number<std::uint32_t>("an array");
        const auto count = number<std::uint64_t>("an array");
        if (array.element >= smallest_value.size() || array.element == array_type)
            refuse("the array " + shown(key) + " has elements of the type " + std::to_string(array.element) +
                   ", which is not supported");
        if (count > left() / smallest_value[array.element]) refuse("it ends inside the array " + shown(key));
        array.items.reserve(static_cast<std::size_t>(count));
        for (std::uint64_t i = 0; i < count; ++i) array.items.push_back(value(array.element, key));
        return array;
    }

    std::span<const std::byte> bytes_;
    const std::string& source_;
    std::uint64_t position_ = 0;
};

GgufMetadata read_metadata(Cursor& cursor, std::uint64_t count) {
    if (count > cursor.left() / smallest_entry) cursor.refuse("it ends inside its keys");
    GgufMetadata metadata;
    metadata.reserve(static_cast<std::size_t>(count));
    std::unordered_set<std::string> seen;
    for (std::uint64_t i = 0; i < count; ++i) {
        std::string key = cursor.text("a key");
        if (key.empty() || key.size() > max_key_length) cursor.refuse("it has an empty or endless key");
        if (!seen.insert(key).second) cursor.refuse("the key " + Cursor::shown(key) + " stands there twice");
        const auto type = cursor.number<std::uint32_t>("a key's type");
        GgufValue value = cursor.value(type, key);
        metadata.emplace_back(std::move(key), std::move(value));
    }
    return metadata;
}

std::uint64_t alignment_of(const Cursor& cursor, const GgufHeader& header) {
    const GgufValue* value = header.find("general.alignment");
    if (!value) return gguf_default_alignment;
    const auto* alignment = value->as<std::uint32_t>();
    if (!alignment || !std::has_single_bit(*alignment))
        cursor.refuse("its general.alignment is not a power of two");
    return *alignment;
}

GgufTensor read_tensor(Cursor& cursor) {
    GgufTensor tensor;
    tensor.name = cursor.text("a tensor's name");
    const std::string shown = Cursor::shown(tensor.name);
    if (tensor.name.empty() || tensor.name.size() > gguf_max_tensor_name)
        cursor.refuse("the tensor name " + shown + " is empty or longer than " +
                      std::to_string(gguf_max_tensor_name) + " bytes");
    const auto dimensions = cursor.number<std::uint32_t>("a tensor's description");
    if (dimensions > gguf_max_dimensions)
        cursor.refuse("the tensor " + shown + " has " + std::to_string(dimensions) + " dimensions");
    tensor.shape.resize(dimensions);
    constexpr auto limit =
        static_cast<std::uint64_t>(INT64_MAX) / 8;  // in bytes of any type it still fits 63 bits
    std::uint64_t values = 1;
    for (std::uint32_t d = 0; d < dimensions; ++d) {
        const auto size = cursor.number<std::uint64_t>("a tensor's description");
        if (size > limit || (size != 0 && values > limit / size))
            cursor.refuse("the tensor " + shown + " claims more values than any file can hold");
        values *= size;
        tensor.shape[dimensions - 1 - d] = static_cast<std::int64_t>(size);
    }
    const auto number = cursor.number<std::uint32_t>("a tensor's description");
    const auto type = gguf_type_from(number);
    if (!type)
        cursor.refuse("the tensor " + shown + " is stored as type " + std::to_string(number) +
                      "; F32, F16, BF16 and Q8_0 can be read");
    tensor.type = *type;
    const std::int64_t columns = dimensions ? tensor.shape.back() : 1;
    if (columns % block_values(*type) != 0)
        cursor.refuse("the rows of the tensor " + shown + " do not fill whole blocks of " +
                      std::string(name_of(*type)));
    tensor.offset = cursor.number<std::uint64_t>("a tensor's description");
    return tensor;
}

// Offsets ascend without a hole, each aligned, and the last tensor ends inside the file.
void check_layout(const Cursor& cursor, const GgufHeader& header, std::uint64_t file_size) {
    const auto aligned = [&](std::uint64_t value) {
        return (value + header.alignment - 1) & ~(header.alignment - 1);
    };
    std::uint64_t expected = 0, end = 0;
    for (const GgufTensor& tensor : header.tensors) {
        if (tensor.offset != expected)
            cursor.refuse("the tensor " + Cursor::shown(tensor.name) +
                          " does not begin where the one before it ends");
        const std::uint64_t available = file_size > header.data_begin ? file_size - header.data_begin : 0;
        if (tensor.offset > available || tensor.byte_size() > available - tensor.offset)
            cursor.refuse("the data of the tensor " + Cursor::shown(tensor.name) +
                          " reaches beyond the end of the file");
        end = tensor.offset + tensor.byte_size();
        expected = aligned(end);
    }
}

}  // namespace

const GgufValue* GgufHeader::find(std::string_view key) const {
    for (const auto& [name, value] : metadata)
        if (name == key) return &value;
    return nullptr;
}

GgufHeader GgufHeader::parse(std::span<const std::byte> bytes, const std::string& source) {
    Cursor cursor(bytes, source);
    if (cursor.number<std::uint32_t>("its first bytes") != gguf_magic)
        cursor.refuse("it does not begin with 'GGUF'");
    const auto version = cursor.number<std::uint32_t>("its first bytes");
    if (version != gguf_version)
        cursor.refuse("it is of version " + std::to_string(version) + ", and version 3 can be read");
    const auto tensor_count = cursor.number<std::uint64_t>("its first bytes");
    const auto key_count = cursor.number<std::uint64_t>("its first bytes");
    GgufHeader header;
    header.metadata = read_metadata(cursor, key_count);
    header.alignment = alignment_of(cursor, header);
    if (tensor_count > cursor.left() / smallest_tensor_info)
        cursor.refuse("it ends inside its list of tensors");
    header.tensors.reserve(static_cast<std::size_t>(tensor_count));
    std::unordered_set<std::string> seen;
    for (std::uint64_t i = 0; i < tensor_count; ++i) {
        header.tensors.push_back(read_tensor(cursor));
        if (!seen.insert(header.tensors.back().name).second)
            cursor.refuse("the tensor " + Cursor::shown(header.tensors.back().name) + " stands there twice");
    }
    header.data_begin = (cursor.position() + header.alignment - 1) & ~(header.alignment - 1);
    check_layout(cursor, header, bytes.size());
    return header;
}

GgufFile GgufFile::open(const std::filesystem::path& path) {
    std::uint64_t size = 0;
    const FileDescriptor descriptor = open_for_reading(path, size);
    GgufFile file;
    file.path_ = path;
    file.mapping_ = MappedFile::map(descriptor, path, size);
    file.header_ = GgufHeader::parse(file.mapping_->bytes(), "'" + path.string() + "'");
    for (std::size_t i = 0; i < file.header_.tensors.size(); ++i)
        file.index_[file.header_.tensors[i].name] = i;
    return file;
}

const GgufTensor* GgufFile::find(std::string_view name) const {
    const auto it = index_.find(name);
    return it == index_.end() ? nullptr : &header_.tensors[it->second];
}

std::span<const std::byte> GgufFile::bytes(const GgufTensor& tensor) const {
    return mapping_->bytes().subspan(static_cast<std::size_t>(header_.data_begin + tensor.offset),
                                     static_cast<std::size_t>(tensor.byte_size()));
}

void GgufFile::read(const GgufTensor& tensor, std::int64_t first, std::span<float> out) const {
    const auto begin = stored_bytes(tensor.type, static_cast<std::uint64_t>(first));
    const auto length = stored_bytes(tensor.type, out.size());
    decode_values(tensor.type,
                  bytes(tensor).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(length)),
                  out);
}

void GgufFile::forget(const GgufTensor& tensor) const {
    mapping_->forget(bytes(tensor));
}

}  // namespace engine
