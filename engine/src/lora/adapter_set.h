// The adapters on a decoder.
//
// y = x W0^T + scaling · (dropout(x) A^T) B^T        (Hu et al. 2021, arXiv:2106.09685, section 4.1)
// x [..., in]   W0 [out, in]   A [rank, in] Kaiming-uniform   B [rows, rank] zero, so a new adapter changes nothing
// With DoRA: y = m / n · (x W0^T + scaling · x A^T B^T), n = ||W0 + scaling · B A|| per row and a constant for the
// gradient, m [rows] starting at ||W0||            (Liu et al. 2024, arXiv:2402.09353, equation 5 and section 4.3)
//
// A site covers rows of one stored projection: all of them, or those of one matrix (q, k, v, gate or up) inside a fused
// one. Trainable values of a site: rank · (in + rows), and rows more with DoRA. The embedding and the head may carry a
// site each. Beside the sites an adapter may replace whole tensors of the base: saved modules and biases (attach.h).
#pragma once

#include <optional>

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
    at::Tensor A, B;          // f32; of the embedding: A [rank, vocab], B [hidden, rank]
    at::Tensor magnitude;     // m [rows] f32 with DoRA, else undefined
    at::Tensor fixed_scale;   // m / n once it no longer changes (fix_scales in attach.h), else undefined
    at::Tensor frozen_norms;  // with DoRA on a part of a fused projection: ||row|| of all of the frozen one, [out]

    int64_t rank() const { return A.size(0); }
};

// A tensor of the base that the adapter brings along in full.
struct ReplacedTensor {
    std::string name;     // canonical (architecture.h, tensors()): "lm_head.weight"
    at::Tensor value;     // f32; matrices [out, in]
    bool conv1d = false;  // files hold the transpose
};

// What a projection was computed from: y = x W^T + b.
struct ProjectionInput {
    const at::Tensor& x;
    const at::Tensor& weight;  // [out, in]
    const at::Tensor& bias;    // [out] or undefined
    at::ScalarType compute_type;
};

// Tokens [begin, begin + count) of a pass; count < 0: all of them.
struct TokenRange {
    int64_t begin = 0, count = -1;

    // Of these tokens, along a dimension of a tensor of all of them.
    at::Tensor of(const at::Tensor& all, int64_t dim = 0) const { return count < 0 ? all : all.narrow(dim, begin, count); }
    bool holds(int64_t token) const { return count < 0 || (token >= begin && token < begin + count); }
    bool operator==(const TokenRange&) const = default;
};

// A site without DoRA as one forward pass sees it: with the dropout of that pass.
struct SiteTerm {
    AdapterSite site;  // shares the tensors
    double dropout = 0;
    uint64_t dropout_seed = 0;
    TokenRange tokens = {};  // that it acts on
};

class AdapterSet {
  public:
    // projections: how many Architecture::projections() has.
    AdapterSet(int64_t layers, int projections);

    // Several adapters in one pass over one base, each on tokens of its own: ids [1, N] of which part after part takes the
    // next `tokens`. For forward passes only; what tells or changes adapters is asked of the parts, which must outlive it. They
    // differ from the base in sites on projections and the embedding alone.
    struct Part {
        const AdapterSet* adapters;
        int64_t tokens;
    };
    static AdapterSet stacked(const std::vector<Part>& parts);

    void add(AdapterSite site);
    // The sites on projections.
    const std::vector<AdapterSite>& sites() const { return sites_; }
    std::vector<AdapterSite>& sites() { return sites_; }
    std::optional<AdapterSite> embedding, head;
    std::vector<ReplacedTensor> replaced;

    // Every trainable tensor with a name for people. The pointers hold until a site or tensor is added.
    struct Parameter {
        std::string name;
        at::Tensor* tensor;
    };
    std::vector<Parameter> parameters();
    int64_t parameter_count() const;

    // Training only: probability 0 switches dropout off. The masks of a forward pass depend on the seed alone.
    void set_dropout(double probability, uint64_t seed);

    // The sites on a projection, unless one of them has DoRA.
    std::optional<std::vector<SiteTerm>> terms(int64_t layer, int projection) const;
    // y with the sites over all rows of the projection.
    at::Tensor add_to_projection(int64_t layer, int projection, const ProjectionInput& input, const at::Tensor& y) const;
    // The same for the sites over this slot only; y is the slot's part.
    at::Tensor add_to_slot(int64_t layer, int projection, const Slot& slot, const ProjectionInput& input,
                           const at::Tensor& y) const;
    // ids [B, T], y their embeddings [B, T, d] f32, weight the table [V, d].
    at::Tensor add_to_embedding(const at::Tensor& ids, const at::Tensor& weight, const at::Tensor& y) const;

    // weight [out, in] of a projection, f32 -> with its sites; the same tensor when there is none.
    at::Tensor merged(int64_t layer, int projection, const at::Tensor& weight) const;

  private:
    at::Tensor apply(std::size_t site, const ProjectionInput& input, const at::Tensor& y) const;
    const std::vector<std::size_t>& sites_of(int64_t layer, int projection) const;
    // What `each` makes of every part's adapters and tokens, end to end.
    template <class Each>
    at::Tensor by_parts(const Each& each) const;

    std::vector<AdapterSite> sites_;
    int projections_;
    std::vector<std::vector<std::size_t>> by_projection_;  // layer * projections + projection -> sites
    double dropout_ = 0;
    uint64_t dropout_seed_ = 0;
    std::vector<std::pair<const AdapterSet*, TokenRange>> parts_;  // of stacked ones
};

// 0 with the given probability and else 1 / (1 - probability), in the shape of x; depends on the seed alone.
at::Tensor dropout_mask(const at::Tensor& x, double probability, uint64_t seed);

// The rows of a site in a matrix [out, columns] of its projection: a view [blocks, rows / blocks, columns].
at::Tensor rows_of(const at::Tensor& matrix, const AdapterSite& site);

// rows [rows, in] of the base under a site -> those of base + adapter, f32, differentiable except through DoRA's norm.
at::Tensor merged_rows(const AdapterSite& site, const at::Tensor& rows);
// m / n of a DoRA site on these rows of the base.
at::Tensor dora_scale(const AdapterSite& site, const at::Tensor& rows);
// Euclidean norm of each row, never 0, f32.
at::Tensor row_norms(const at::Tensor& matrix);
// table [V, d] of the embedding with its site.
at::Tensor merged_embedding(const AdapterSite& site, const at::Tensor& table);

// Frobenius norm of scaling · B · A from rank x rank products: sqrt(sum((B^T B) * (A A^T))) · scaling.
double delta_norm(const AdapterSite& site);

}  // namespace engine
