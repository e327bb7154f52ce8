#include "model/projection_sites.h"

#include "model/low_rank.h"
#include "model/rows_of_tensors.h"
#include "model/small_products.h"

namespace engine {
namespace {

// What a site adds to the rows of one block at a time.
struct BlockOfSite {
    const ProjectionSite* site;
    at::Tensor up;  // padded
    std::vector<float> added;
};

constexpr int64_t block_rows = 16;

// Rows [begin, end) of y, of which the site acts on some, into `added` [rows, padded columns].
void multiply(BlockOfSite& part, int64_t begin, int64_t end) {
    const at::Tensor& low = part.site->low;
    const TokenRange& tokens = part.site->term.tokens;
    const int64_t first = tokens.count < 0 ? begin : std::max(begin, tokens.begin),
                  last = tokens.count < 0 ? end : std::min(end, tokens.begin + tokens.count);
    if (first >= last) return;
    const int64_t width = part.up.size(1);
    part.added.resize(static_cast<std::size_t>(block_rows * width));
    const int64_t row = tokens.count < 0 ? first : first - tokens.begin;
    small_product({low.data_ptr<float>() + row * low.stride(0), low.stride(0), low.stride(1)},
                  {part.up.data_ptr<float>(), width}, {part.added.data() + (first - begin) * width, width},
                  {last - first, low.size(1), width}, false);
}

}  // namespace

std::vector<SiteGroup> groups_of(const std::vector<ProjectionTerm>& terms) {
    std::vector<SiteGroup> groups;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        for (const SiteTerm& term : terms[i].sites) {
            auto group = std::find_if(groups.begin(), groups.end(), [&](const SiteGroup& other) {
                return term.dropout == 0 && other.dropout == 0 && other.tokens == term.tokens;
            });
            if (group == groups.end())
                group = groups.insert(group, {{}, {}, term.tokens, term.dropout, term.dropout_seed});
            group->sites.push_back({term, i, term.site.A.detach(), term.site.B.detach(), {}});
        }
    }
    for (SiteGroup& group : groups) {
        std::vector<at::Tensor> all;
        for (const ProjectionSite& site : group.sites) all.push_back(site.A);
        group.A = all.size() == 1 ? all.front() : at::cat(all);
    }
    return groups;
}

at::Tensor columns_of(const at::Tensor& y, const AdapterSite& site) {
    if (site.blocks == 1) return y.narrow(1, site.row_begin, site.rows).unsqueeze(1);
    return y.unflatten(1, {site.blocks, site.stride}).narrow(2, site.row_begin, site.rows / site.blocks);
}

void add_site(const at::Tensor& y, const ProjectionSite& site) {
    const at::Tensor columns = columns_of(site.term.tokens.of(y), site.term.site);
    if (columns.size(1) == 1) {
        add_low_rank(columns.squeeze(1), site.low, site.up());
    } else {
        columns.add_(at::mm(site.low, site.up()).view(columns.sizes()));
    }
}

void add_in_one_pass(const at::Tensor& y, const at::Tensor& bias,
                     const std::vector<const ProjectionSite*>& sites) {
    const int64_t count = y.size(0), width = y.size(1);
    const float* const b = bias.defined() ? bias.data_ptr<float>() : nullptr;
    auto* const values = reinterpret_cast<rows::bf16*>(y.data_ptr<at::BFloat16>());
    std::vector<BlockOfSite> parts;
    for (const ProjectionSite* site : sites) parts.push_back({site, padded_operand(site->up()), {}});
    for_rows((count + block_rows - 1) / block_rows, block_rows * width, [&](int64_t first, int64_t last) {
        std::vector<BlockOfSite> own = parts;
        for (int64_t begin = first * block_rows; begin < std::min(count, last * block_rows);
             begin += block_rows) {
            const int64_t end = std::min(count, begin + block_rows);
            for (BlockOfSite& part : own) multiply(part, begin, end);
            for (int64_t row = begin; row < end; ++row) {
                rows::bf16* const to = values + row * width;
                if (b) rows::add(to, b, nullptr, width, to);
                for (const BlockOfSite& part : own) {
                    if (!part.site->term.tokens.holds(row)) continue;
                    const AdapterSite& site = part.site->term.site;
                    const int64_t columns = site.rows / site.blocks;
                    const float* from = part.added.data() + (row - begin) * part.up.size(1);
                    for (int64_t block = 0; block < site.blocks; ++block, from += columns) {
                        rows::bf16* const at = to + block * site.stride + site.row_begin;
                        rows::add(at, nullptr, from, columns, at);
                    }
                }
            }
        }
    });
}

}  // namespace engine
