// The low-rank adapters on a decoder.
//
// y = x W0^T + scaling · (dropout(x) A^T) B^T        (Hu et al. 2021, arXiv:2106.09685, section 4.1)
// x [..., in]   W0 [out, in]   A [rank, in] Kaiming-uniform   B [rows, rank] zero, so a new adapter changes nothing
//
// A site covers rows of one stored projection: all of them, or those of one matrix (q, k, v, gate or up) inside a fused
// one. Trainable values of a site: rank · (in + rows).
#pragma once

#include "architecture/architecture.h"
#include "engine/lora_config.h"
#include "runtime/torch.h"

namespace engine {

struct AdapterSite {
    int64_t layer = 0;
    int projection = 0;  // index into Architecture::projections()
    int64_t row_begin = 0;
    int64_t rows = 0;
    int64_t blocks = 1, stride = 0;  // of interleaved rows, as in Slot
    std::string kind;  // of the matrix, or of the first one for a whole fused projection
    double alpha = 0;
    double scaling = 0;
    at::Tensor A, B;  // f32

    int64_t rank() const { return A.size(0); }
};

class AdapterSet {
  public:
    // projections: how many Architecture::projections() has.
    AdapterSet(int64_t layers, int projections);

    void add(AdapterSite site);
    const std::vector<AdapterSite>& sites() const { return sites_; }
    std::vector<AdapterSite>& sites() { return sites_; }
    int64_t parameter_count() const;

    // Training only: probability 0 switches dropout off. The masks of a forward pass depend on the seed alone.
    void set_dropout(double probability, uint64_t seed);

    // Sites over all rows of the projection: y + scaling · ...
    at::Tensor add_to_projection(int64_t layer, int projection, const at::Tensor& x, const at::Tensor& y) const;
    // Sites over this slot only; y is the slot's part.
    at::Tensor add_to_slot(int64_t layer, int projection, const Slot& slot, const at::Tensor& x,
                           const at::Tensor& y) const;

    // Sum of scaling · B · A over the sites of a projection, placed in its rows: [out, in] f32. Undefined when there
    // is no site.
    at::Tensor delta(int64_t layer, int projection, int64_t out_features) const;

  private:
    at::Tensor contribution(std::size_t site, const at::Tensor& x) const;

    std::vector<AdapterSite> sites_;
    int projections_;
    std::vector<std::vector<std::size_t>> by_projection_;  // layer * projections + projection -> sites
    double dropout_ = 0;
    uint64_t dropout_seed_ = 0;
};

// Fresh adapters for the ticked matrices, A from the stream "init" of the seed. Failure (bad_input): rank 0 or above
// min(in, out) of a matrix, nothing ticked, a kind or layer that the model does not have.
AdapterSet new_adapters(const Architecture& architecture, const LoraConfig& config, uint64_t seed,
                        const c10::Device& device);

// The rows of a site in a matrix [out, columns] of its projection: a view [blocks, rows / blocks, columns].
at::Tensor rows_of(const at::Tensor& matrix, const AdapterSite& site);

// Frobenius norm of scaling · B · A from rank x rank products: sqrt(sum((B^T B) * (A A^T))) · scaling.
double delta_norm(const AdapterSite& site);

}  // namespace engine
