#include "io/safetensors_writer.h"

#include "engine/error.h"
#include "io/json.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace engine {
namespace {

// The eight length bytes and the JSON, padded with spaces to a multiple of 8 so that the data starts aligned.
std::string header_bytes(const std::map<std::string, std::string>& metadata,
                         const std::vector<TensorEntry>& plan) {
    // Ordered: readers of the text find the tensors in the order of the data.
    nlohmann::ordered_json header;
    header["__metadata__"] = metadata;
    for (const TensorEntry& entry : plan)
        header[entry.name] = {{"dtype", name_of(entry.dtype)},
                              {"shape", entry.shape},
                              {"data_offsets", {entry.begin, entry.end}}};
    std::string json = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    json.append((8 - json.size() % 8) % 8, ' ');
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(json.size() >> (8 * i) & 0xff);
    return bytes + json;
}

}  // namespace

std::vector<TensorEntry> lay_out(std::vector<PlannedTensor> tensors) {
    std::sort(tensors.begin(), tensors.end(), [](const PlannedTensor& a, const PlannedTensor& b) {
        return std::make_tuple(size_of(b.dtype), std::string_view(a.name)) <
               std::make_tuple(size_of(a.dtype), std::string_view(b.name));
    });
    std::vector<TensorEntry> plan;
    std::uint64_t position = 0;
    for (PlannedTensor& tensor : tensors) {
        if (tensor.name == "__metadata__" || (!plan.empty() && plan.back().name == tensor.name))
            throw Failure(ErrorCode::failed,
                          "The tensor name '" + tensor.name +
                              "' cannot be written to a safetensors file: it is " +
                              (tensor.name == "__metadata__" ? "reserved." : "used twice."));
        TensorEntry entry{std::move(tensor.name), tensor.dtype, std::move(tensor.shape), position, 0};
        entry.end = position + static_cast<std::uint64_t>(entry.numel()) * size_of(entry.dtype);
        position = entry.end;
        plan.push_back(std::move(entry));
    }
    return plan;
}

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path,
                                     std::map<std::string, std::string> metadata,
                                     std::vector<PlannedTensor> tensors)
    : file_(path), plan_(lay_out(std::move(tensors))) {
    metadata.try_emplace("format", "pt");
    file_.append(header_bytes(metadata, plan_));
}

void SafetensorsWriter::append(const std::string& name, std::span<const std::byte> bytes) {
    // A tensor is passed when it is full; an empty one is full at once but still takes its (empty) turn.
    while (current_ < plan_.size() && plan_[current_].name != name && written_ == plan_[current_].byte_size())
        ++current_, written_ = 0;
    if (current_ == plan_.size() || plan_[current_].name != name ||
        plan_[current_].byte_size() - written_ < bytes.size())
        throw Failure(
            ErrorCode::failed,
            "'" + file_.target().string() + "' was not written: the bytes of tensor '" + name +
                "' came out of turn or were too many. This is a fault of the program; please report it.");
    file_.append(bytes);
    written_ += bytes.size();
}

void SafetensorsWriter::commit() {
    while (current_ < plan_.size() && written_ == plan_[current_].byte_size()) ++current_, written_ = 0;
    if (current_ < plan_.size())
        throw Failure(ErrorCode::failed,
                      "'" + file_.target().string() + "' was not written: tensor '" + plan_[current_].name +
                          "' is incomplete. This is a fault of the program; please report it.");
    file_.commit();
}

void write_safetensors(const std::filesystem::path& path, std::map<std::string, std::string> metadata,
                       const std::vector<TensorBytes>& tensors) {
    std::vector<PlannedTensor> planned;
    std::map<std::string_view, std::span<const std::byte>> bytes;
    for (const TensorBytes& item : tensors) {
        planned.push_back(item.tensor);
        bytes[item.tensor.name] = item.bytes;
    }
    SafetensorsWriter writer(path, std::move(metadata), std::move(planned));
    for (const TensorEntry& entry : writer.plan()) writer.append(entry.name, bytes[entry.name]);
    writer.commit();
}

}  // namespace engine
