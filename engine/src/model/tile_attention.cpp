#include "model/tile_attention.h"

#include "model/tile_loops.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace engine {
namespace {

using rows::bf16;

constexpr int64_t block_rows = tile_loops::lanes;

int64_t whole_tiles(int64_t count) {
    return padded_to(count, tile_depth);
}

// Rows as long as a sequence start this far beyond a multiple of the page size, which would put them all into
// the same lines of the cache.
int64_t row_stride(int64_t tokens) {
    return whole_tiles(tokens) + tile_depth;
}

// [rows, width] with zeros up to [padded_rows, padded_width].
void copy_rows(RowsOf<const bf16> from, int64_t rows, int64_t width, bf16* to, int64_t padded_rows,
               int64_t padded_width) {
    for (int64_t row = 0; row < rows; ++row, to += padded_width) {
        std::memcpy(to, from.data + row * from.stride, static_cast<std::size_t>(width) * sizeof(bf16));
        std::fill(to + width, to + padded_width, bf16{});
    }
    std::fill(to, to + (padded_rows - rows) * padded_width, bf16{});
}

// Each row of [rows, width] as words of two values.
RowsOf<const BfPair> words_of(const bf16* values, int64_t width) {
    return {reinterpret_cast<const BfPair*>(values), width / 2};
}

// Hands out parts of the working memory, or only counts them where there is none.
struct Memory {
    float* begin;
    int64_t& values;

    template <class T>
    void take(T*& part, int64_t count) {
        part = begin != nullptr ? reinterpret_cast<T*>(begin + values) : nullptr;
        values +=
            padded_to(count * static_cast<int64_t>(sizeof(T)), 64) / static_cast<int64_t>(sizeof(float));
    }
};

}  // namespace

// Queries [begin, begin + count) and the keys that any of them sees, from a multiple of a tile's depth on.
struct TileAttentionHead::Block {
    int64_t begin, count, first_key = 0, keys = 0, window;
    int64_t all = 0;  // keys where every query sees them all

    Block(int64_t first, const HeadShape& shape)
        : begin(first),
          count(std::min(block_rows, shape.tokens - first)),
          window(shape.window),
          all(shape.causal ? 0 : shape.tokens) {
        if (window > 0) first_key = std::max<int64_t>(0, begin - window + 1) / tile_depth * tile_depth;
        keys = whole_tiles(all > 0 ? all : begin + count - first_key);
    }
    int64_t rows() const { return whole_tiles(count); }

    // The keys of a query, counted from first_key.
    rows::SeenKeys keys_of(int64_t row) const {
        if (all > 0) return {0, all};
        const int64_t position = begin + row - first_key;
        return {window > 0 ? std::max<int64_t>(0, position - window + 1) : 0, position + 1};
    }
    // The queries that see a key, counted from begin.
    rows::SeenKeys queries_of(int64_t key) const {
        if (all > 0) return {0, key < all ? count : 0};
        const int64_t position = first_key + key - begin;
        const int64_t end = window > 0 ? std::clamp<int64_t>(position + window, 0, count) : count;
        return {std::clamp<int64_t>(position, 0, end), end};
    }
};

TileAttentionHead::Parts TileAttentionHead::forward_parts(const HeadShape& shape, float* begin,
                                                          int64_t& values) {
    const int64_t tokens = whole_tiles(shape.tokens), width = whole_tiles(shape.width),
                  stride = row_stride(shape.tokens);
    Memory memory{begin, values};
    Parts parts{};
    memory.take(parts.keys, tokens * width);
    memory.take(parts.values, tokens * width);
    memory.take(parts.key_words_across, width / 2 * stride);
    memory.take(parts.value_pairs, tokens / 2 * width);
    memory.take(parts.rows, block_rows * width);
    memory.take(parts.scores, block_rows * stride);
    memory.take(parts.weights, block_rows * stride);
    memory.take(parts.result, block_rows * width);
    return parts;
}

TileAttentionHead::Parts TileAttentionHead::backward_parts(const HeadShape& shape, float* begin,
                                                           int64_t& values) {
    const int64_t tokens = whole_tiles(shape.tokens), width = whole_tiles(shape.width);
    Memory memory{begin, values};
    Parts parts{};
    memory.take(parts.keys, tokens * width);
    memory.take(parts.values, tokens * width);
    memory.take(parts.keys_across, width * row_stride(shape.tokens));
    memory.take(parts.grad_keys, tokens * width);
    memory.take(parts.grad_values, tokens * width);
    memory.take(parts.rows, block_rows * width);
    memory.take(parts.scores, tokens * block_rows);
    memory.take(parts.grad_scores, tokens * block_rows);
    memory.take(parts.weights, tokens * block_rows);
    memory.take(parts.grad_weights, tokens * block_rows);
    memory.take(parts.grad_weight_pairs, tokens / 2 * block_rows);
    memory.take(parts.result, width * block_rows);
    for (BfPair** part :
         {&parts.query_words_across, &parts.grad_words_across, &parts.query_pairs, &parts.grad_pairs})
        memory.take(*part, width / 2 * block_rows);
    return parts;
}

int64_t TileAttentionHead::workspace(const HeadShape& shape, bool backward) {
    int64_t values = 0;
    backward ? backward_parts(shape, nullptr, values) : forward_parts(shape, nullptr, values);
    return values;
}

TileAttentionHead::TileAttentionHead(const HeadShape& shape, RowsOf<const bf16> k, RowsOf<const bf16> v,
                                     bool backward, float* workspace)
    : shape_(shape),
      tokens_(whole_tiles(shape.tokens)),
      width_(whole_tiles(shape.width)),
      stride_(row_stride(shape.tokens)) {
    int64_t values = 0;
    parts_ = backward ? backward_parts(shape, workspace, values) : forward_parts(shape, workspace, values);
    copy_rows(k, shape.tokens, shape.width, parts_.keys, tokens_, width_);
    copy_rows(v, shape.tokens, shape.width, parts_.values, tokens_, width_);
    const RowsOf<const BfPair> key_words = words_of(parts_.keys, width_);
    if (!backward) {
        tile_loops::words_across(key_words, tokens_, width_ / 2, {parts_.key_words_across, stride_});
        tile_loops::pairs_of_rows({parts_.values, width_}, tokens_, width_, {parts_.value_pairs, width_});
        return;
    }
    tile_loops::values_across(key_words, tokens_, width_ / 2, {parts_.keys_across, stride_});
    std::fill(parts_.grad_keys, parts_.grad_keys + tokens_ * width_, 0.f);
    std::fill(parts_.grad_values, parts_.grad_values + tokens_ * width_, 0.f);
}

void TileAttentionHead::copy_block(RowsOf<const bf16> from, const Block& block) const {
    copy_rows({from.data + block.begin * from.stride, from.stride}, block.count, shape_.width, parts_.rows,
              block.rows(), width_);
}

// A block of rows [block, D] as right operand of products over D and of products over the block.
void TileAttentionHead::spread_block(RowsOf<const bf16> from, const Block& block, BfPair* words_across,
                                     BfPair* pairs) const {
    copy_block(from, block);
    tile_loops::words_across(words_of(parts_.rows, width_), block.rows(), width_ / 2,
                             {words_across, block_rows});
    tile_loops::pairs_of_rows({parts_.rows, width_}, block.rows(), width_, {pairs, width_});
}

void TileAttentionHead::attend(RowsOf<const bf16> q, RowsOf<bf16> out, float* log_sums) {
    std::array<float, block_rows> factors;
    for (int64_t begin = 0; begin < shape_.tokens; begin += block_rows) {
        const Block block(begin, shape_);
        copy_block(q, block);
        tile_product({parts_.rows, width_}, {parts_.key_words_across + block.first_key, stride_},
                     {parts_.scores, stride_}, {block.rows(), width_, block.keys}, false);
        for (int64_t row = 0; row < block.count; ++row) {
            const auto [log_sum, factor] =
                tile_loops::softmax_row(parts_.scores + row * stride_, block.keys, block.keys_of(row),
                                        shape_.scale, parts_.weights + row * stride_);
            log_sums[begin + row] = log_sum;
            factors[static_cast<std::size_t>(row)] = factor;
        }
        std::fill(parts_.weights + block.count * stride_, parts_.weights + block.rows() * stride_, bf16{});
        tile_product({parts_.weights, stride_}, {parts_.value_pairs + block.first_key / 2 * width_, width_},
                     {parts_.result, width_}, {block.rows(), block.keys, width_}, false);
        for (int64_t row = 0; row < block.count; ++row) {
            tile_loops::store_row(parts_.result + row * width_, 1, shape_.width,
                                  factors[static_cast<std::size_t>(row)],
                                  out.data + (begin + row) * out.stride);
        }
    }
}

// Keys are the rows and queries the columns of everything here: a query's sums over its keys then run down
// the lanes of a register, and no product needs the weights transposed.
void TileAttentionHead::differentiate(RowsOf<const bf16> q, RowsOf<const bf16> grad, const float* log_sums,
                                      RowsOf<bf16> grad_q) {
    for (int64_t begin = 0; begin < shape_.tokens; begin += block_rows) {
        const Block block(begin, shape_);
        spread_block(q, block, parts_.query_words_across, parts_.query_pairs);
        spread_block(grad, block, parts_.grad_words_across, parts_.grad_pairs);
        const int64_t first = block.first_key * width_;
        const ProductSize over_width{block.keys, width_, block.rows()};
        tile_product({parts_.keys + first, width_}, {parts_.query_words_across, block_rows},
                     {parts_.scores, block_rows}, over_width, false);
        tile_product({parts_.values + first, width_}, {parts_.grad_words_across, block_rows},
                     {parts_.grad_scores, block_rows}, over_width, false);
        std::array<float, block_rows> sums{}, dots{};
        std::copy(log_sums + begin, log_sums + begin + block.count, sums.begin());
        for (int64_t key = 0; key < block.keys; ++key) {
            tile_loops::weights_again(parts_.scores + key * block_rows, parts_.grad_scores + key * block_rows,
                                      block.queries_of(key), shape_.scale, sums.data(), dots.data());
        }
        for (int64_t key = 0; key < block.keys; key += 2) {
            const int64_t at = key * block_rows;
            tile_loops::weight_gradients(parts_.scores + at, parts_.grad_scores + at, dots.data(),
                                         parts_.weights + at, parts_.grad_weights + at,
                                         parts_.grad_weight_pairs + at / 2);
        }
        const ProductSize over_queries{block.keys, block.rows(), width_};
        tile_product({parts_.weights, block_rows}, {parts_.grad_pairs, width_},
                     {parts_.grad_values + first, width_}, over_queries, true);
        tile_product({parts_.grad_weights, block_rows}, {parts_.query_pairs, width_},
                     {parts_.grad_keys + first, width_}, over_queries, true);
        tile_product({parts_.keys_across + block.first_key, stride_}, {parts_.grad_weight_pairs, block_rows},
                     {parts_.result, block_rows}, {width_, block.keys, block.rows()}, false);
        for (int64_t row = 0; row < block.count; ++row) {
            tile_loops::store_row(parts_.result + row, block_rows, shape_.width, shape_.scale,
                                  grad_q.data + (begin + row) * grad_q.stride);
        }
    }
}

void TileAttentionHead::gradients_of_keys_and_values(RowsOf<bf16> grad_k, RowsOf<bf16> grad_v) const {
    for (int64_t row = 0; row < shape_.tokens; ++row) {
        tile_loops::store_row(parts_.grad_keys + row * width_, 1, shape_.width, shape_.scale,
                              grad_k.data + row * grad_k.stride);
        tile_loops::store_row(parts_.grad_values + row * width_, 1, shape_.width, 1,
                              grad_v.data + row * grad_v.stride);
    }
}

}  // namespace engine
