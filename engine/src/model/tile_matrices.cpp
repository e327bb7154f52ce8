#include "model/tile_matrices.h"

#ifdef LWB_TARGETS
#include <ATen/Parallel.h>

#include <algorithm>
#include <immintrin.h>
#include <memory>
#include <vector>

#ifndef INTRA_OP_PARALLEL
#error "Compiled without OpenMP: at::parallel_for would run on one core."
#endif
#endif

#include <stdexcept>

namespace engine {

#ifdef LWB_TARGETS

namespace {

using rows::bf16;

// Everything below the units' own target: rows of sixteen values.
#define LWB_TILES __attribute__((target("arch=x86-64-v4,avx512bf16,amx-tile,amx-bf16")))

// A product is made block by block. A block's left operand (16 KiB) stays in the first cache, the packed
// right operand of its columns (at most 768 KiB) in the second; both measured.
constexpr int64_t block_rows = 2 * tile_rows, panel_columns = 2 * tile_rows,
                  block_columns = 4 * panel_columns, block_depth = 256, packed_depth = 3072;
// With more depth than that, sums of this many rows wait in between.
constexpr int64_t waiting_rows = 512;
constexpr int64_t tile_words = tile_rows * tile_rows;
// Where the memory is waited for: packing asks for what it reads this many tiles or rows later.
constexpr int64_t tiles_ahead = 8, rows_ahead = 64;

struct alignas(64) Line {
    unsigned char bytes[64];
};

// A thread's working memory.
struct Workspace {
    std::vector<Line> packed = std::vector<Line>(packed_depth * block_columns * sizeof(bf16) / sizeof(Line));
    std::vector<Line> sums = std::vector<Line>(block_rows * block_columns * sizeof(float) / sizeof(Line));
    std::vector<Line> left = std::vector<Line>(block_rows * block_depth * sizeof(bf16) / sizeof(Line));

    BfPair* right_operand() { return reinterpret_cast<BfPair*>(packed.data()); }
    float* sums_of(int64_t rows) {
        const auto lines = static_cast<std::size_t>(rows * block_columns) * sizeof(float) / sizeof(Line);
        if (sums.size() < lines) sums.resize(lines);
        return reinterpret_cast<float*>(sums.data());
    }
    bf16* left_operand() { return reinterpret_cast<bf16*>(left.data()); }
};

// Neighbouring rows and columns of a product.
struct ProductBlock {
    int64_t row, rows, column, columns;
};

__mmask16 first_lanes(int64_t count) {
    return static_cast<__mmask16>(count >= 16 ? 0xffff : (1 << std::max<int64_t>(count, 0)) - 1);
}

// One tile of a right operand out of the columns [columns, depth] of its transpose: four rows' quarters side
// by side, then their words across.
LWB_TILES void pack_transposed(const bf16* from, int64_t stride, BfPair* to) {
    for (int64_t row = 0; row < tile_rows; ++row)
        _mm_prefetch(from + row * stride + tiles_ahead * tile_depth, _MM_HINT_T0);
    for (int quarter = 0; quarter < 4; ++quarter, to += 4 * tile_rows) {
        const auto quarters = [&](int64_t row) LWB_TILES {
            const auto at = [&](int64_t i) LWB_TILES {
                return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + (row + i) * stride) + quarter);
            };
            __m512i x = _mm512_castsi128_si512(at(0));
            x = _mm512_mask_broadcast_i32x4(x, 0x00f0, at(4));
            x = _mm512_mask_broadcast_i32x4(x, 0x0f00, at(8));
            return _mm512_mask_broadcast_i32x4(x, 0xf000, at(12));
        };
        const __m512i r0 = quarters(0), r1 = quarters(1), r2 = quarters(2), r3 = quarters(3);
        const __m512i low01 = _mm512_unpacklo_epi32(r0, r1), high01 = _mm512_unpackhi_epi32(r0, r1);
        const __m512i low23 = _mm512_unpacklo_epi32(r2, r3), high23 = _mm512_unpackhi_epi32(r2, r3);
        _mm512_store_si512(to, _mm512_unpacklo_epi64(low01, low23));
        _mm512_store_si512(to + tile_rows, _mm512_unpackhi_epi64(low01, low23));
        _mm512_store_si512(to + 2 * tile_rows, _mm512_unpacklo_epi64(high01, high23));
        _mm512_store_si512(to + 3 * tile_rows, _mm512_unpackhi_epi64(high01, high23));
    }
}

// Two tiles of a right operand [depth, 32 columns]: the values of two rows alternate.
LWB_TILES void pack_rows(const bf16* from, int64_t stride, BfPair* to) {
    const __m512i low = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7,
                                         38, 6, 37, 5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
    const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
    for (int64_t pair = 0; pair < tile_rows; ++pair, from += 2 * stride, to += tile_rows) {
        _mm_prefetch(from + rows_ahead * stride, _MM_HINT_T0);
        _mm_prefetch(from + (rows_ahead + 1) * stride, _MM_HINT_T0);
        const __m512i even = _mm512_loadu_si512(from), odd = _mm512_loadu_si512(from + stride);
        _mm512_store_si512(to, _mm512_permutex2var_epi16(even, low, odd));
        _mm512_store_si512(to + tile_words, _mm512_permutex2var_epi16(even, high, odd));
    }
}

// The same where fewer columns or rows are left: zeros behind them.
void pack_edge(RightMatrix b, int64_t depth, int64_t columns, BfPair* to) {
    for (int64_t column = 0; column < panel_columns; ++column) {
        for (int64_t k = 0; k < tile_depth; k += 2) {
            const auto value = [&](int64_t step) -> BfPair {
                if (step >= depth || column >= columns) return 0;
                return b.data[b.transposed ? column * b.stride + step : step * b.stride + column].bits;
            };
            to[column / tile_rows * tile_words + k / 2 * tile_rows + column % tile_rows] =
                value(k) | value(k + 1) << 16;
        }
    }
}

// Depth [k, k + depth) of columns [column, column + columns): panel by panel, in each tile by tile; read in
// the order of the memory.
void pack(RightMatrix b, int64_t k, int64_t depth, int64_t column, int64_t columns, BfPair* to) {
    const int64_t steps = (depth + tile_depth - 1) / tile_depth,
                  panels = (columns + panel_columns - 1) / panel_columns;
    const auto pack_one = [&](int64_t panel, int64_t step) {
        const int64_t first = column + panel * panel_columns, from = k + step * tile_depth;
        const int64_t width = std::min(panel_columns, columns - panel * panel_columns),
                      left = std::min(tile_depth, depth - step * tile_depth);
        const bf16* const data = b.data + (b.transposed ? first * b.stride + from : from * b.stride + first);
        BfPair* const tiles = to + (panel * steps + step) * 2 * tile_words;
        if (width < panel_columns || left < tile_depth) {
            pack_edge({data, b.stride, b.transposed}, left, width, tiles);
        } else if (b.transposed) {
            pack_transposed(data, b.stride, tiles);
            pack_transposed(data + tile_rows * b.stride, b.stride, tiles + tile_words);
        } else {
            pack_rows(data, b.stride, tiles);
        }
    };
    if (b.transposed) {
        for (int64_t panel = 0; panel < panels; ++panel) {
            for (int64_t step = 0; step < steps; ++step) pack_one(panel, step);
        }
    } else {
        for (int64_t step = 0; step < steps; ++step) {
            for (int64_t panel = 0; panel < panels; ++panel) pack_one(panel, step);
        }
    }
}

// What a later product reads, fetched into the second cache while this one computes: `lines` rows of 32
// values in each step. It may lie behind the last value: the processor ignores that.
struct Ahead {
    const bf16* from = nullptr;
    int64_t stride = 0, step = 0, lines = 0;  // between rows, between steps

    LWB_TILES void fetch(int64_t n) const {
        for (int64_t i = 0; i < lines; ++i) _mm_prefetch(from + n * step + i * stride, _MM_HINT_T1);
    }
};

// sums [32, 32 of block_columns] (+)= a [32, 32 steps] . a panel's tiles.
LWB_TILES void multiply_panel(RowsOf<const bf16> a, const BfPair* right, int64_t steps, float* sums,
                              bool accumulate, const Ahead& next_left, const Ahead& next_right) {
    constexpr long stride = block_columns * sizeof(float), word_stride = tile_rows * sizeof(BfPair);
    const auto a_stride = static_cast<long>(a.stride * 2);
    float* const lower = sums + tile_rows * block_columns;
    if (accumulate) {
        _tile_loadd(0, sums, stride);
        _tile_loadd(1, sums + tile_rows, stride);
        _tile_loadd(2, lower, stride);
        _tile_loadd(3, lower + tile_rows, stride);
    } else {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    }
    const bf16 *upper_rows = a.data, *lower_rows = a.data + tile_rows * a.stride;
    for (int64_t step = 0; step < steps; ++step) {
        _tile_loadd(4, upper_rows, a_stride);
        _tile_stream_loadd(6, right, word_stride);
        _tile_dpbf16ps(0, 4, 6);
        _tile_stream_loadd(7, right + tile_words, word_stride);
        _tile_dpbf16ps(1, 4, 7);
        next_right.fetch(step);
        _tile_loadd(5, lower_rows, a_stride);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
        next_left.fetch(step);
        upper_rows += tile_depth;
        lower_rows += tile_depth;
        right += 2 * tile_words;
    }
    _tile_stored(0, sums, stride);
    _tile_stored(1, sums + tile_rows, stride);
    _tile_stored(2, lower, stride);
    _tile_stored(3, lower + tile_rows, stride);
}

// Rows and columns of the block out of sums into the target.
LWB_TILES void finish(const float* sums, const ProductBlock& block, const ProductTarget& target) {
    for (int64_t i = 0; i < block.rows; ++i, sums += block_columns) {
        const int64_t row = block.row + i;
        for (int64_t j = 0; j < block.columns; j += panel_columns) {
            const int64_t column = block.column + j, left = block.columns - j;
            const __mmask16 low = first_lanes(left), high = first_lanes(left - tile_rows);
            __m512 x = _mm512_load_ps(sums + j), y = _mm512_load_ps(sums + j + tile_rows);
            if (target.bias != nullptr) {
                x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(low, target.bias + column));
                y = _mm512_add_ps(y, _mm512_maskz_loadu_ps(high, target.bias + column + tile_rows));
            }
            if (target.half.data != nullptr) {
                const auto values = _mm512_cvtne2ps_pbh(y, x);
                _mm512_mask_storeu_epi16(target.half.data + row * target.half.stride + column,
                                         static_cast<__mmask32>(low) | static_cast<__mmask32>(high) << 16,
                                         reinterpret_cast<const __m512i&>(values));
                continue;
            }
            if (target.residual.data != nullptr) {
                const float* const other = target.residual.data + row * target.residual.stride + column;
                x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(low, other));
                y = _mm512_add_ps(y, _mm512_maskz_loadu_ps(high, other + tile_rows));
            }
            float* const to = target.full.data + row * target.full.stride + column;
            _mm512_mask_storeu_ps(to, low, x);
            _mm512_mask_storeu_ps(to + tile_rows, high, y);
        }
    }
}

// Depth and columns of a right operand that are packed at once.
struct Packed {
    int64_t k = 0, depth = 0, column = 0, columns = 0;
};

// Rows and columns of one product, by one thread.
class Part {
  public:
    Part(RowsOf<const bf16> a, RightMatrix b, const ProductTarget& target, int64_t depth)
        : a_(a), b_(b), target_(target), depth_(depth) {}

    void multiply(const ProductBlock& all) {
        end_ = all.row + all.rows;
        const bool waits = depth_ > packed_depth;
        const int64_t rows_at_once = waits ? waiting_rows : all.rows, column_end = all.column + all.columns;
        for (int64_t column = all.column; column < column_end; column += block_columns) {
            for (int64_t i = 0; i < all.rows; i += rows_at_once) {
                const ProductBlock rows{all.row + i, std::min(rows_at_once, all.rows - i), column,
                                        std::min(block_columns, column_end - column)};
                for (Packed now = packed(0, column, column_end), next; now.depth > 0; now = next) {
                    const int64_t k = now.k + now.depth;
                    next = k < depth_ ? packed(k, column, column_end) : Packed();
                    multiply_rows(rows, now,
                                  k < depth_ ? next : packed(0, column + block_columns, column_end), waits);
                }
            }
        }
    }

  private:
    Packed packed(int64_t k, int64_t column, int64_t column_end) const {
        return {k, std::min(packed_depth, depth_ - k), column, std::min(block_columns, column_end - column)};
    }

    void multiply_rows(const ProductBlock& rows, const Packed& now, const Packed& next, bool waits) {
        pack(b_, now.k, now.depth, now.column, now.columns, work().right_operand());
        float* sums = work().sums_of(waits ? padded_to(rows.rows, block_rows) : block_rows);
        const int64_t lines = (block_rows * tile_depth + rows.rows - 1) /
                              rows.rows;  // of each of the next tiles, for one block
        for (int64_t i = 0, line = 0; i < rows.rows; i += block_rows, line += lines) {
            const ProductBlock block{rows.row + i, std::min(block_rows, rows.rows - i), rows.column,
                                     rows.columns};
            multiply_block(block, now, next, line, std::min(lines, tile_depth - line), sums);
            if (now.k + now.depth == depth_) finish(sums, block, target_);
            if (waits) sums += block_rows * block_columns;
        }
    }

    void multiply_block(const ProductBlock& block, const Packed& now, const Packed& next, int64_t line,
                        int64_t lines, float* sums) {
        const int64_t all_steps = (now.depth + tile_depth - 1) / tile_depth;
        for (int64_t step = 0; step < all_steps; step += block_depth / tile_depth) {
            const int64_t steps = std::min(block_depth / tile_depth, all_steps - step), k = step * tile_depth;
            const RowsOf<const bf16> left = left_operand(block, now.k + k, steps);
            const BfPair* right = work().right_operand() + step * 2 * tile_words;
            for (int64_t j = 0; j < block.columns; j += panel_columns, right += all_steps * 2 * tile_words) {
                Ahead next_right;
                if (k < next.depth && j < next.columns) {
                    const int64_t row = b_.transposed ? next.column + j : next.k + k,
                                  column = b_.transposed ? next.k + k : next.column + j;
                    next_right = {b_.data + (row + line) * b_.stride + column, b_.stride,
                                  tile_depth * (b_.transposed ? 1 : b_.stride), lines};
                }
                multiply_panel(left, right, steps, sums + j, now.k + step > 0,
                               rows_behind(block, now.k + k, j), next_right);
            }
        }
    }

    // A quarter, by the panel, of the 32 rows behind the block's.
    Ahead rows_behind(const ProductBlock& block, int64_t k, int64_t panel) const {
        constexpr int64_t lines = block_rows * panel_columns / block_columns;
        const int64_t row = block.row + block_rows + panel / panel_columns * lines;
        if (row + lines > end_) return {};
        return {a_.data + row * a_.stride + k, a_.stride, tile_depth, lines};
    }

    // 32 rows of whole steps: where they are, or a copy with zeros behind what there is.
    RowsOf<const bf16> left_operand(const ProductBlock& block, int64_t k, int64_t steps) {
        const bf16* const from = a_.data + block.row * a_.stride + k;
        const int64_t width = std::min(steps * tile_depth, depth_ - k);
        if (block.rows == block_rows && width == steps * tile_depth) return {from, a_.stride};
        bf16* const copy = work().left_operand();
        std::fill(copy, copy + block_rows * block_depth, bf16{});
        for (int64_t i = 0; i < block.rows; ++i)
            std::copy(from + i * a_.stride, from + i * a_.stride + width, copy + i * block_depth);
        return {copy, block_depth};
    }

    static Workspace& work() {
        static thread_local const auto workspace = std::make_unique<Workspace>();
        return *workspace;
    }

    RowsOf<const bf16> a_;
    RightMatrix b_;
    const ProductTarget& target_;
    int64_t depth_, end_ = 0;  // of the rows
};

// The n-th of `parts` nearly equal runs of whole units of `count`: its beginning.
int64_t beginning(int64_t n, int64_t parts, int64_t count, int64_t unit) {
    const int64_t units = (count + unit - 1) / unit;
    return std::min(count, units * n / parts * unit);
}

}  // namespace

void tile_matrix_product(RowsOf<const bf16> a, RightMatrix b, const ProductTarget& target, ProductSize size) {
    // Columns first: each core packs its own, and whoever shares columns packs them again.
    const int64_t threads = at::get_num_threads();
    const auto units = [](int64_t count, int64_t unit) { return (count + unit - 1) / unit; };
    const int64_t column_parts = std::min(threads, units(size.columns, block_columns));
    const int64_t row_parts =
        std::min(std::max<int64_t>(1, threads / column_parts), units(size.rows, block_columns));
    at::parallel_for(0, column_parts * row_parts, 1, [&](int64_t begin, int64_t end) {
        const TileRegisters registers;
        Part part(a, b, target, size.depth);
        for (int64_t n = begin; n < end; ++n) {
            const auto row = [&](int64_t i) { return beginning(i, row_parts, size.rows, block_rows); };
            const auto column = [&](int64_t i) {
                return beginning(i, column_parts, size.columns, panel_columns);
            };
            const int64_t i = n / column_parts, j = n % column_parts;
            part.multiply({row(i), row(i + 1) - row(i), column(j), column(j + 1) - column(j)});
        }
    });
}

#else

void tile_matrix_product(RowsOf<const rows::bf16>, RightMatrix, const ProductTarget&, ProductSize) {
    throw std::logic_error("no tile unit was found");
}

#endif

}  // namespace engine
