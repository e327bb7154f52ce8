// The weights of base + adapter, piece by piece from the mapped checkpoint: what every merged export is made of.
// Needs memory for the pieces asked for, and for one whole weight where the adapter changes it. Sums in float32. Owned by
// one thread; the architecture and the adapters must outlive it.
#pragma once

#include "architecture/architecture.h"
#include "lora/merge.h"

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>

namespace engine {

class MergedWeights {
  public:
    MergedWeights(const std::filesystem::path& base, const Architecture& architecture, const AdapterSet& adapters);

    // Of the merged model, see Merger.
    const Architecture& architecture() const { return merger_.architecture(); }
    const Checkpoint& checkpoint() const { return checkpoint_; }
    // Canonical names of the merged model throughout.
    bool has(const std::string& name) const { return names_.contains(merger_.source_of(name)); }
    // The base's own weight.
    CheckpointTensor stored(const std::string& name) const {
        return checkpoint_.require(names_.at(merger_.source_of(name)));
    }
    bool changed(const std::string& name) const { return merger_.changes(name); }

    // Rows [first, first + count) of the merged weight as the file orients it, contiguous float32.
    at::Tensor rows(const std::string& name, std::int64_t first, std::int64_t count);
    // A weight that the base lacks and the adapter brings along: a new head. Failure where it does not.
    at::Tensor of_adapter(const std::string& name) const;
    at::Tensor whole(const std::string& name);

    // The whole weight in runs of rows of about piece_bytes of float32: work(first row, rows). The pages of the base
    // that were read are given back afterwards.
    void for_each_piece(const std::string& name, const std::function<void(std::int64_t, const at::Tensor&)>& work);

    // The bytes of the base's own weight, in runs of at most piece_bytes.
    void for_each_run_of_bytes(const std::string& name, const std::function<void(std::span<const std::byte>)>& work) const;
    // The pages of the base that hold these rows may leave memory.
    void forget(const std::string& name, std::int64_t first, std::int64_t count) const;

    static constexpr std::int64_t piece_bytes = std::int64_t{32} << 20;

  private:
    Checkpoint checkpoint_;
    std::map<std::string, std::string> names_;  // of the base
    Merger merger_;
    std::string merged_name_;  // the changed weight asked for last
    at::Tensor merged_;
};

}  // namespace engine
