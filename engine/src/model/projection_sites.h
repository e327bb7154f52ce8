// The adapters of fused_projections: which of them share an input, and what they add to a product.
#pragma once

#include "model/fused_projections.h"

namespace engine {

// A site with what its backward pass needs.
struct ProjectionSite {
    SiteTerm term;
    std::size_t projection = 0;
    at::Tensor A, B;
    at::Tensor low;  // n A^T [rows of its tokens, rank]

    at::Tensor up() const { return (B * term.site.scaling).t(); }  // scaling · B^T [rank, rows of the site]
};

// Sites that read the very same values: without dropout all of them on the same tokens, with dropout each for
// itself. Their A are one matrix.
struct SiteGroup {
    std::vector<ProjectionSite> sites;
    at::Tensor A;  // of all sites, [sum of ranks, in]
    TokenRange tokens;
    double dropout = 0;
    uint64_t seed = 0;
};

std::vector<SiteGroup> groups_of(const std::vector<ProjectionTerm>& terms);

// The columns of a site in y [rows, out]: a view [rows, blocks, columns].
at::Tensor columns_of(const at::Tensor& y, const AdapterSite& site);

// y [rows, out] += what the site adds to its tokens.
void add_site(const at::Tensor& y, const ProjectionSite& site);

// y [rows, out] bf16 on the CPU += bias f32 (or undefined) + what the sites add, in one pass over y.
void add_in_one_pass(const at::Tensor& y, const at::Tensor& bias,
                     const std::vector<const ProjectionSite*>& sites);

}  // namespace engine
