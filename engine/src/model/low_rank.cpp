#include "model/low_rank.h"

#include "model/rows_of_tensors.h"
#include "model/small_products.h"

namespace engine {
namespace {

constexpr int64_t block_rows = 16, depth_rows = 64, block_columns = 128;

RowsOf<const float> operand(const at::Tensor& x) {
    return {x.data_ptr<float>(), x.stride(0)};
}

LeftOperand left(const at::Tensor& x, int64_t row) {
    return {x.data_ptr<float>() + row * x.stride(0), x.stride(0), x.stride(1)};
}

// Tasks of so many rows that a core has enough to do.
int64_t grain(int64_t values_per_block) {
    return std::max<int64_t>(1, 32768 / std::max<int64_t>(1, values_per_block));
}

}  // namespace

bool in_small_products(const at::Tensor& x, int64_t rank) {
    return in_rows(x) && x.stride(-1) == 1 && rank <= 64;
}

at::Tensor padded_operand(const at::Tensor& x) {
    const int64_t columns = padded_to_lanes(x.size(1));
    if (columns == x.size(1)) return x.contiguous();
    const at::Tensor padded = at::zeros({x.size(0), columns}, x.options());
    padded.narrow(1, 0, x.size(1)).copy_(x);
    return padded;
}

at::Tensor times_transposed(const at::Tensor& x, const at::Tensor& a) {
    if (!in_small_products(x, a.size(0))) return at::mm(x.to(at::kFloat), a.t());
    const int64_t count = x.size(0), width = x.size(1);
    const at::Tensor across = padded_operand(a.t());
    const at::Tensor y = at::empty({count, across.size(1)}, a.options());
    with_rows(x, [&](auto* values) {
        const int64_t blocks = (count + block_rows - 1) / block_rows;
        at::parallel_for(0, blocks, grain(block_rows * width), [&](int64_t begin, int64_t end) {
            std::vector<float> copy;
            for (int64_t row = begin * block_rows; row < std::min(count, end * block_rows);
                 row += block_rows) {
                const int64_t rows = std::min(block_rows, count - row);
                const auto* const from = values + row * x.stride(0);
                LeftOperand factor{nullptr, x.stride(0), 1};
                if constexpr (std::is_same_v<decltype(values), float*>) {
                    factor.data = from;
                } else {
                    copy.resize(static_cast<std::size_t>(block_rows * width));
                    for (int64_t r = 0; r < rows; ++r)
                        rows::add(from + r * x.stride(0), nullptr, nullptr, width, copy.data() + r * width);
                    factor = {copy.data(), width, 1};
                }
                small_product(factor, operand(across), {y.data_ptr<float>() + row * y.stride(0), y.stride(0)},
                              {rows, width, y.size(1)}, false);
            }
        });
    });
    return y.narrow(1, 0, a.size(0));
}

at::Tensor transposed_times(const at::Tensor& g, const at::Tensor& x) {
    const int64_t rank = g.size(1), count = x.size(0), width = x.size(1);
    if (!in_small_products(x, rank)) return at::mm(g.t(), x.to(at::kFloat));
    const at::Tensor y = at::zeros({rank, padded_to_lanes(width)}, g.options());
    with_rows(x, [&](auto* values) {
        // By columns, so that every sum runs over the rows in their order, however many cores there are.
        const int64_t blocks = (width + block_columns - 1) / block_columns;
        at::parallel_for(0, blocks, grain(count * block_columns), [&](int64_t begin, int64_t end) {
            std::vector<float> copy(static_cast<std::size_t>(depth_rows * block_columns));
            for (int64_t column = begin * block_columns; column < std::min(width, end * block_columns);
                 column += block_columns) {
                const int64_t columns = std::min(block_columns, width - column);
                for (int64_t row = 0; row < count; row += depth_rows) {
                    const int64_t depth = std::min(depth_rows, count - row);
                    for (int64_t r = 0; r < depth; ++r) {
                        rows::add(values + (row + r) * x.stride(0) + column, nullptr, nullptr, columns,
                                  copy.data() + r * block_columns);
                    }
                    small_product({g.data_ptr<float>() + row * g.stride(0), g.stride(1), g.stride(0)},
                                  {copy.data(), block_columns}, {y.data_ptr<float>() + column, y.stride(0)},
                                  {rank, depth, padded_to_lanes(columns)}, true);
                }
            }
        });
    });
    return y.narrow(1, 0, width);
}

void add_low_rank(at::Tensor y, const at::Tensor& low, const at::Tensor& up) {
    const int64_t rank = up.size(0), count = y.size(0), width = y.size(1);
    if (!in_small_products(y, rank) || width % product_lanes != 0) {
        y.addmm_(low, up);
        return;
    }
    const at::Tensor right = up.contiguous();
    const int64_t blocks = (count + block_rows - 1) / block_rows;
    at::parallel_for(0, blocks, grain(block_rows * width), [&](int64_t begin, int64_t end) {
        const int64_t first = begin * block_rows, rows = std::min(count, end * block_rows) - first;
        small_product(left(low, first), operand(right),
                      {y.data_ptr<float>() + first * y.stride(0), y.stride(0)}, {rows, rank, width}, true);
    });
}

}  // namespace engine
