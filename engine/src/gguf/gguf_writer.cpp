#include "gguf/gguf_writer.h"

#include "engine/error.h"

#include <array>
#include <set>

namespace engine {
namespace {

template <class T>
void put(std::string& out, T number) {
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void put_text(std::string& out, std::string_view text) {
    put<std::uint64_t>(out, text.size());
    out += text;
}

void put_value(std::string& out, const GgufValue& value) {
    std::visit(
        [&](const auto& held) {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::string>) {
                put_text(out, held);
            } else if constexpr (std::is_same_v<T, GgufArray>) {
                put(out, held.element);
                put<std::uint64_t>(out, held.items.size());
                for (const GgufValue& item : held.items) put_value(out, item);
            } else if constexpr (std::is_same_v<T, bool>) {
                put<std::uint8_t>(out, held ? 1 : 0);
            } else {
                put(out, held);
            }
        },
        value.value);
}

std::uint64_t padding_after(std::uint64_t size) {
    return (gguf_default_alignment - size % gguf_default_alignment) % gguf_default_alignment;
}

[[noreturn]] void fault(const std::filesystem::path& path, const std::string& why) {
    throw Failure(ErrorCode::failed, "'" + path.string() + "' was not written: " + why +
                                         ". This is a fault of the program; please report it.");
}

}  // namespace

GgufWriter::GgufWriter(const std::filesystem::path& path, const GgufMetadata& metadata,
                       std::vector<GgufTensor> tensors)
    : file_(path), plan_(std::move(tensors)) {
    std::string head;
    put(head, gguf_magic);
    put(head, gguf_version);
    put<std::uint64_t>(head, plan_.size());
    put<std::uint64_t>(head, metadata.size());
    std::set<std::string_view> seen;
    for (const auto& [key, value] : metadata) {
        if (!seen.insert(key).second) fault(path, "the key '" + key + "' is given twice");
        put_text(head, key);
        put(head, value.type());
        put_value(head, value);
    }
    seen.clear();
    std::uint64_t position = 0;
    for (GgufTensor& tensor : plan_) {
        if (!seen.insert(tensor.name).second) fault(path, "the tensor '" + tensor.name + "' is given twice");
        if (tensor.name.empty() || tensor.name.size() > gguf_max_tensor_name ||
            tensor.shape.size() > gguf_max_dimensions)
            fault(path, "the format has no room for the name or the dimensions of the tensor '" +
                            tensor.name + "'");
        if (!tensor.shape.empty() && tensor.shape.back() % block_values(tensor.type) != 0)
            fault(path, "the rows of the tensor '" + tensor.name + "' do not fill whole blocks");
        tensor.offset = position;
        put_text(head, tensor.name);
        put(head, static_cast<std::uint32_t>(tensor.shape.size()));
        for (auto size = tensor.shape.rbegin(); size != tensor.shape.rend(); ++size)
            put(head, static_cast<std::uint64_t>(*size));
        put(head, static_cast<std::uint32_t>(tensor.type));
        put(head, tensor.offset);
        position += tensor.byte_size();
        position += padding_after(position);
    }
    file_.append(head);
    pad();
}

void GgufWriter::pad() {
    constexpr std::array<std::byte, gguf_default_alignment> zeros{};
    file_.append(std::span(zeros).first(static_cast<std::size_t>(padding_after(file_.size()))));
}

void GgufWriter::append(const std::string& name, std::span<const std::byte> bytes) {
    while (current_ < plan_.size() && plan_[current_].name != name &&
           written_ == plan_[current_].byte_size()) {
        pad();
        ++current_, written_ = 0;
    }
    if (current_ == plan_.size() || plan_[current_].name != name ||
        plan_[current_].byte_size() - written_ < bytes.size())
        fault(file_.target(), "the bytes of tensor '" + name + "' came out of turn or were too many");
    file_.append(bytes);
    written_ += bytes.size();
}

void GgufWriter::commit() {
    while (current_ < plan_.size() && written_ == plan_[current_].byte_size()) {
        pad();
        ++current_, written_ = 0;
    }
    if (current_ < plan_.size()) fault(file_.target(), "tensor '" + plan_[current_].name + "' is incomplete");
    file_.commit();
}

}  // namespace engine
