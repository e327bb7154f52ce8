#include "support/gguf_values.h"

#include "architecture/architecture.h"
#include "engine/error.h"
#include "gguf/gguf_reader.h"
#include "gguf/gguf_writer.h"
#include "gguf/layout.h"
#include "io/checkpoint.h"
#include "io/safetensors_writer.h"

#include <map>
#include <vector>

namespace support {

using namespace engine;
namespace fs = std::filesystem;

namespace {

using Values = std::vector<float>;

// The values of one tensor of the file, put where the weight has them.
void put_back(const GgufSource& source, const Values& values, Values& weight) {
    const auto columns = static_cast<std::size_t>(source.shape.back());
    const std::size_t rows = values.size() / columns;
    const std::size_t all_rows = weight.size() / columns;
    for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t to = source.row_order.empty() ? row : static_cast<std::size_t>(source.row_order[row]);
        for (std::size_t column = 0; column < columns; ++column)
            weight.at(source.transposed ? column * all_rows + to : to * columns + column) =
                values[row * columns + column] - source.added;
    }
}

// Stored name -> values, of the matrices that the file rounds.
std::map<std::string, Values> rounded_weights(const Checkpoint& merged, const Architecture& architecture,
                                              const GgufFile& file) {
    const auto stored = resolve_tensors(architecture, merged);
    std::map<std::string, Values> weights;
    for (const GgufSource& source : gguf_sources(architecture)) {
        const GgufTensor* tensor = file.find(source.name);
        if (!tensor || tensor->shape != source.shape)
            fail_input("'" + file.path().string() + "' was not made from this folder: see its tensor " + source.name + ".");
        if (tensor->type == GgufType::f32) continue;
        Values& weight = weights[stored.at(source.weight)];
        weight.resize(static_cast<std::size_t>(merged.require(stored.at(source.weight)).entry->numel()));
        put_back(source, values_of(file, *tensor), weight);
    }
    return weights;
}

}  // namespace

Values values_of(const GgufFile& file, const GgufTensor& tensor) {
    Values values(static_cast<std::size_t>(tensor.numel()));
    file.read(tensor, 0, values);
    return values;
}

void write_values_file(const fs::path& file, const fs::path& out) {
    const GgufFile read = GgufFile::open(file);
    GgufMetadata metadata = read.header().metadata;
    for (auto& [key, value] : metadata)
        if (key == "general.file_type") value = GgufValue{std::uint32_t{0}};
    std::vector<GgufTensor> plan = read.header().tensors;
    for (GgufTensor& tensor : plan) tensor.type = GgufType::f32;
    GgufWriter writer(out, metadata, plan);
    for (const GgufTensor& tensor : read.header().tensors) {
        const Values values = values_of(read, tensor);
        writer.append(tensor.name, std::as_bytes(std::span(values)));
    }
    writer.commit();
}

void write_values_folder(const fs::path& merged, const fs::path& file, const fs::path& folder) {
    const Checkpoint checkpoint = Checkpoint::open(merged);
    const auto rounded = rounded_weights(checkpoint, read_architecture(merged), GgufFile::open(file));
    if (!fs::create_directories(folder)) fail_input("'" + folder.string() + "' is there already. Name a new folder.");
    for (const auto& entry : fs::directory_iterator(merged))
        if (entry.is_regular_file() && entry.path().filename().string().find(".safetensors") == std::string::npos)
            fs::copy_file(entry.path(), folder / entry.path().filename());

    std::vector<PlannedTensor> planned;
    for (const std::string& name : checkpoint.names()) {
        const TensorEntry& entry = *checkpoint.require(name).entry;
        if (entry.dtype != Dtype::f32) fail_input("'" + merged.string() + "' is not in F32. Export it with --dtype f32.");
        planned.push_back({name, entry.dtype, entry.shape});
    }
    SafetensorsWriter writer(folder / "model.safetensors", {}, planned);
    for (const TensorEntry& entry : std::vector(writer.plan())) {
        const auto found = rounded.find(entry.name);
        writer.append(entry.name, found == rounded.end() ? checkpoint.require(entry.name).bytes()
                                                         : std::as_bytes(std::span(found->second)));
    }
    writer.commit();
}

}  // namespace support
