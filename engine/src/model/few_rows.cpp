#include "model/few_rows.h"

#include <ATen/Parallel.h>

#include "model/few_row_kernels.h"
#include "model/row_kernels.h"

namespace engine {
namespace {

using rows::Half;

constexpr int64_t values_per_task = 32768;  // of a matrix: enough to be worth waking a core
// Rows of a transposed weight whose sum is formed in one go; the sums of these parts are added in their order, whoever formed them.
constexpr int64_t part_rows = 192;

bool plain_rows(const at::Tensor& tensor) { return tensor.stride(1) == 1 && tensor.stride(0) >= tensor.size(1); }

const Half* values(const at::Tensor& tensor, Half) { return reinterpret_cast<const Half*>(tensor.data_ptr<at::BFloat16>()); }
const float* values(const at::Tensor& tensor, float) { return tensor.data_ptr<float>(); }

// weight [out, in] with rows in memory: each core takes some of them.
template <class W>
void project_rows(const at::Tensor& weight, const float* x, int64_t few, float* y) {
    const int64_t out = weight.size(0), in = weight.size(1), stride = weight.stride(0);
    const W* const w = values(weight, W{});
    std::vector<float> ordered;
    if constexpr (std::is_same_v<W, Half>) {
        ordered.resize(static_cast<std::size_t>(few * in));
        for (int64_t m = 0; m < few; ++m) rows::to_pair_order(x + m * in, in, ordered.data() + m * in);
        x = ordered.data();
    }
    const int64_t tasks = (out + 3) / 4;  // of four rows, which the kernel walks together
    at::parallel_for(0, tasks, std::max<int64_t>(1, values_per_task / (4 * in)), [&](int64_t begin, int64_t end) {
        const int64_t first = 4 * begin, last = std::min(out, 4 * end);
        rows::multiply_rows(w + first * stride, last - first, in, stride, x, few, y + first, out);
    });
}

// weight [out, in] whose columns lie in memory: each core takes some of the columns or a part of their length.
template <class W>
void project_columns(const at::Tensor& weight, const float* x, int64_t few, float* y) {
    const int64_t out = weight.size(0), in = weight.size(1), stride = weight.stride(1);
    const W* const w = values(weight, W{});
    const int64_t parts = (in + part_rows - 1) / part_rows;
    // Parts are enough for as many cores; with more of them their width is cut as well, into whole blocks of the kernel.
    const int64_t cuts = std::clamp<int64_t>(at::get_num_threads() / parts, 1, std::max<int64_t>(1, out / 512));
    const int64_t cut = (out / cuts + 15) / 16 * 16;
    std::vector<float> sums(static_cast<std::size_t>(parts * few * out));
    at::parallel_for(0, parts * cuts, std::max<int64_t>(1, values_per_task / (part_rows * cut)), [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
            const int64_t part = task / cuts, first_row = part * part_rows, first = std::min(out, task % cuts * cut);
            const int64_t width = task % cuts == cuts - 1 ? out - first : std::min(cut, out - first);
            // [few, width] of this task stand together.
            float* const to = sums.data() + part * few * out + few * first;
            rows::add_rows(w + first_row * stride + first, std::min(part_rows, in - first_row), width, stride, x + first_row, in,
                           few, to);
        }
    });
    for (int64_t c = 0; c < cuts; ++c) {
        const int64_t first = std::min(out, c * cut), width = c == cuts - 1 ? out - first : std::min(cut, out - first);
        float* const total = sums.data() + few * first;
        for (int64_t part = 1; part < parts; ++part) {
            const float* const from = total + part * few * out;
            for (int64_t i = 0; i < few * width; ++i) total[i] += from[i];
        }
        for (int64_t m = 0; m < few; ++m) {
            const float* const from = total + m * width;
            if constexpr (std::is_same_v<W, Half>) {
                rows::from_pair_order(from, width, y + m * out + first);
            } else {
                std::copy(from, from + width, y + m * out + first);
            }
        }
    }
}

template <class W>
void project_as_stored(const at::Tensor& weight, const float* x, int64_t few, float* y) {
    if (plain_rows(weight)) return project_rows<W>(weight, x, few, y);
    project_columns<W>(weight, x, few, y);
}

}  // namespace

bool is_few_rows(const at::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == at::kFloat && !at::GradMode::is_enabled() && x.numel() > 0 &&
           x.numel() <= rows::most_few_rows * x.size(-1);
}

bool serves_few_rows(const at::Tensor& weight) {
    if (!weight.is_cpu() || weight.dim() != 2 || weight.numel() == 0) return false;
    if (weight.scalar_type() != at::kFloat && weight.scalar_type() != at::kBFloat16) return false;
    return plain_rows(weight) || plain_rows(weight.t());
}

at::Tensor project_few_rows(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    const at::Tensor input = x.contiguous();
    const int64_t in = input.size(-1), out = weight.size(0), few = input.numel() / in;
    std::vector<int64_t> shape = input.sizes().vec();
    shape.back() = out;
    const at::Tensor y = at::empty(shape, input.options());
    const float* const from = input.data_ptr<float>();
    float* const to = y.data_ptr<float>();
    if (weight.scalar_type() == at::kBFloat16) {
        project_as_stored<Half>(weight, from, few, to);
    } else {
        project_as_stored<float>(weight, from, few, to);
    }
    if (bias.defined()) y.add_(bias);
    return y;
}

void add_low_rank_few_rows(const at::Tensor& x, const at::Tensor& a, const at::Tensor& b, double scaling, const at::Tensor& y) {
    const at::Tensor input = x.contiguous(), down = a.contiguous(), up = b.contiguous();
    const int64_t in = input.size(-1), few = input.numel() / in, rank = down.size(0), out = up.size(0);
    std::vector<float> low(static_cast<std::size_t>(few * rank)), added(static_cast<std::size_t>(few * out));
    rows::multiply_rows(down.data_ptr<float>(), rank, in, in, input.data_ptr<float>(), few, low.data(), rank);
    for (float& value : low) value *= static_cast<float>(scaling);
    rows::multiply_rows(up.data_ptr<float>(), out, rank, rank, low.data(), few, added.data(), out);
    if (y.is_contiguous()) {
        float* const to = y.data_ptr<float>();
        for (int64_t i = 0; i < few * out; ++i) to[i] += added[static_cast<std::size_t>(i)];
    } else {
        y.add_(at::from_blob(added.data(), y.sizes(), y.options()));
    }
}

bool serves_few_queries(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
    if (at::GradMode::is_enabled() || q.size(0) != 1 || q.size(2) > rows::most_few_rows) return false;
    for (const at::Tensor* tensor : {&q, &k, &v}) {
        if (!tensor->is_cpu() || tensor->scalar_type() != at::kFloat || tensor->stride(3) != 1) return false;
    }
    return true;
}

at::Tensor attend_few_queries(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale, int64_t window) {
    const int64_t heads = q.size(1), tokens = q.size(2), width = q.size(3), kv_heads = k.size(1), keys = k.size(2);
    const int64_t group = heads / kv_heads;
    const at::Tensor out = at::empty({1, tokens, heads * width}, q.options());
    const at::Tensor queries = q.contiguous();
    const float *const asked = queries.data_ptr<float>(), *const key = k.data_ptr<float>(), *const value = v.data_ptr<float>();
    float* const to = out.data_ptr<float>();
    at::parallel_for(0, kv_heads, std::max<int64_t>(1, values_per_task / (keys * width)), [&](int64_t begin, int64_t end) {
        std::vector<float> scores(static_cast<std::size_t>(tokens * keys)), mixed(static_cast<std::size_t>(tokens * width));
        for (int64_t h = begin * group; h < end * group; ++h) {
            const int64_t kv = h / group;
            rows::multiply_rows(key + kv * k.stride(1), keys, width, k.stride(2), asked + h * tokens * width, tokens, scores.data(),
                                keys);
            for (int64_t t = 0; t < tokens; ++t) {
                const int64_t position = keys - tokens + t;
                rows::softmax_row(scores.data() + t * keys, keys,
                                  {window > 0 ? std::max<int64_t>(0, position - window + 1) : 0, position + 1},
                                  static_cast<float>(scale));
            }
            std::fill(mixed.begin(), mixed.end(), 0.f);
            rows::add_rows(value + kv * v.stride(1), keys, width, v.stride(2), scores.data(), keys, tokens, mixed.data());
            for (int64_t t = 0; t < tokens; ++t) {
                std::copy_n(mixed.data() + t * width, width, to + t * heads * width + h * width);
            }
        }
    });
    return out;
}

}  // namespace engine
