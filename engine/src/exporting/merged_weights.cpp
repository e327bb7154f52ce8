#include "exporting/merged_weights.h"

#include "model/tensor_io.h"

#include <engine/error.h>

#include <algorithm>

namespace engine {

MergedWeights::MergedWeights(const std::filesystem::path& base, const Architecture& architecture,
                             const AdapterSet& adapters)
    : checkpoint_(Checkpoint::open(base)),
      names_(resolve_tensors(architecture, checkpoint_)),
      merger_(architecture, adapters) {}

at::Tensor MergedWeights::rows(const std::string& name, std::int64_t first, std::int64_t count) {
    const CheckpointTensor source = stored(name);
    const at::Tensor base = map_tensor(*source.file, *source.entry);
    if (!changed(name)) return base.narrow(0, first, count).to(at::kFloat).contiguous();
    if (merged_name_ != name) {
        merged_ = at::Tensor();  // frees the one before first
        merged_ = merger_.merged(name, base);
        merged_name_ = name;
        forget(name, 0, base.size(0));
    }
    return merged_.narrow(0, first, count).contiguous();
}

at::Tensor MergedWeights::of_adapter(const std::string& name) const {
    if (!changed(name))
        fail_input("The base model '" + checkpoint_.folder().string() + "' has no " + name +
                   " and the adapter brings none; choose the adapter that was trained for this task.");
    return merger_.merged(name, {});
}

at::Tensor MergedWeights::whole(const std::string& name) { return rows(name, 0, stored(name).entry->shape.at(0)); }

void MergedWeights::forget(const std::string& name, std::int64_t first, std::int64_t count) const {
    const CheckpointTensor source = stored(name);
    const auto bytes = source.bytes();
    const std::size_t row = bytes.size() / static_cast<std::size_t>(std::max<std::int64_t>(1, source.entry->shape.at(0)));
    source.mapping()->forget(
        bytes.subspan(static_cast<std::size_t>(first) * row, static_cast<std::size_t>(count) * row));
}

void MergedWeights::for_each_piece(const std::string& name,
                                   const std::function<void(std::int64_t, const at::Tensor&)>& work) {
    const TensorEntry& entry = *stored(name).entry;
    const std::int64_t rows_total = entry.shape.at(0);
    const std::int64_t row_values = std::max<std::int64_t>(1, entry.numel() / std::max<std::int64_t>(1, rows_total));
    const std::int64_t step = std::max<std::int64_t>(1, piece_bytes / 4 / row_values);
    for (std::int64_t first = 0; first < rows_total; first += step) {
        const std::int64_t count = std::min(step, rows_total - first);
        work(first, rows(name, first, count));
        forget(name, first, count);
    }
}

void MergedWeights::for_each_run_of_bytes(const std::string& name,
                                          const std::function<void(std::span<const std::byte>)>& work) const {
    const CheckpointTensor source = stored(name);
    auto left = source.bytes();
    while (!left.empty()) {
        const auto run = left.first(std::min<std::size_t>(left.size(), piece_bytes));
        work(run);
        source.mapping()->forget(run);
        left = left.subspan(run.size());
    }
}

}  // namespace engine
