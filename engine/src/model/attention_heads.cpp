#include "model/attention_heads.h"

#include "model/row_kernels.h"

#include <algorithm>

namespace engine {
namespace {

// Queries of one block: enough for the sums over them to pay, few enough to skip most of the future.
constexpr int64_t query_block = 64;

// Rows of a transposed copy start this far beyond a multiple of the page size, which would put them all into
// the same lines of the cache.
constexpr int64_t skew = product_lanes;

template <class T>
void transpose(RowsOf<const T> from, int64_t rows, int64_t columns, float* to, int64_t stride) {
    for (int64_t row = 0; row < rows; ++row) {
        const T* const values = from.data + row * from.stride;
        for (int64_t column = 0; column < columns; ++column)
            to[column * stride + row] = rows::load(values, column);
    }
    for (int64_t column = 0; column < columns; ++column)
        std::fill(to + column * stride + rows, to + (column + 1) * stride, 0.f);
}

template <class T>
void copy(RowsOf<const T> from, int64_t rows, int64_t columns, float* to, int64_t stride) {
    for (int64_t row = 0; row < rows; ++row, to += stride) {
        const T* const values = from.data + row * from.stride;
        for (int64_t column = 0; column < columns; ++column) to[column] = rows::load(values, column);
        std::fill(to + columns, to + stride, 0.f);
    }
}

template <class T>
void store_row(const float* from, int64_t count, float factor, T* to) {
    for (int64_t i = 0; i < count; ++i) rows::store(to, i, from[i] * factor);
}

}  // namespace

// Queries [begin, begin + count) and the keys that any of them sees, from a multiple of the lanes on.
template <class T>
struct AttentionHead<T>::Block {
    int64_t begin, count, first_key, keys, window;
    bool causal;

    Block(int64_t first, const HeadShape& shape)
        : begin(first),
          count(std::min(query_block, shape.tokens - first)),
          first_key(0),
          window(shape.window),
          causal(shape.causal) {
        if (window > 0) first_key = std::max<int64_t>(0, begin - window + 1) / product_lanes * product_lanes;
        keys = causal ? begin + count - first_key : shape.tokens;
    }

    rows::SeenKeys seen(int64_t row) const {
        if (!causal) return {0, keys};
        const int64_t position = begin + row - first_key;
        return {window > 0 ? std::max<int64_t>(0, position - window + 1) : 0, position + 1};
    }
};

template <class T>
int64_t AttentionHead<T>::workspace(const HeadShape& shape, bool backward) {
    const int64_t tokens = padded_to_lanes(shape.tokens) + skew, width = padded_to_lanes(shape.width);
    return (backward ? 5 : 2) * tokens * width + query_block * (backward ? 2 : 1) * (tokens + width) +
           query_block * width;
}

template <class T>
AttentionHead<T>::AttentionHead(const HeadShape& shape, RowsOf<const T> k, RowsOf<const T> v, bool backward,
                                float* workspace)
    : shape_(shape),
      padded_tokens_(padded_to_lanes(shape.tokens) + skew),
      padded_width_(padded_to_lanes(shape.width)),
      score_stride_(padded_tokens_) {
    const auto take = [&](int64_t rows, int64_t columns) {
        float* const begin = workspace;
        workspace += rows * columns;
        return begin;
    };
    keys_across_ = take(padded_width_, padded_tokens_);
    queries_ = take(query_block, padded_width_);
    result_ = take(query_block, padded_width_);
    scores_ = take(query_block, score_stride_);
    transpose(k, shape.tokens, shape.width, keys_across_, padded_tokens_);
    if (!backward) {
        values_ = take(padded_tokens_, padded_width_);
        copy(v, shape.tokens, shape.width, values_, padded_width_);
        return;
    }
    values_across_ = take(padded_width_, padded_tokens_);
    transpose(v, shape.tokens, shape.width, values_across_, padded_tokens_);
    keys_ = take(padded_tokens_, padded_width_);
    grad_keys_ = take(padded_tokens_, padded_width_);
    grad_values_ = take(padded_tokens_, padded_width_);
    grad_rows_ = take(query_block, padded_width_);
    grad_scores_ = take(query_block, score_stride_);
    copy(k, shape.tokens, shape.width, keys_, padded_width_);
    std::fill(grad_keys_, grad_keys_ + shape.tokens * padded_width_, 0.f);
    std::fill(grad_values_, grad_values_ + shape.tokens * padded_width_, 0.f);
}

// The block's rows as a left operand.
template <class T>
LeftOperand AttentionHead<T>::copied(RowsOf<const T> from, const Block& block, float* to) const {
    copy<T>({from.data + block.begin * from.stride, from.stride}, block.count, shape_.width, to,
            padded_width_);
    return {to, padded_width_, 1};
}

// [block, keys]: the block's rows times the columns of [D, T].
template <class T>
void AttentionHead<T>::scores_of(LeftOperand rows, const float* transposed, const Block& block,
                                 float* to) const {
    small_product(rows, {transposed + block.first_key, padded_tokens_}, {to, score_stride_},
                  {block.count, shape_.width, padded_to_lanes(block.keys)}, false);
}

template <class T>
void AttentionHead<T>::attend(RowsOf<const T> q, RowsOf<T> out, float* log_sums) {
    for (int64_t begin = 0; begin < shape_.tokens; begin += query_block) {
        const Block block(begin, shape_);
        scores_of(copied(q, block, queries_), keys_across_, block, scores_);
        for (int64_t row = 0; row < block.count; ++row) {
            log_sums[begin + row] =
                rows::softmax_row(row_of(scores_, row), block.keys, block.seen(row), shape_.scale);
        }
        small_product({scores_, score_stride_, 1}, {values_ + block.first_key * padded_width_, padded_width_},
                      {result_, padded_width_}, {block.count, block.keys, padded_width_}, false);
        for (int64_t row = 0; row < block.count; ++row) {
            store_row(result_ + row * padded_width_, shape_.width, 1.f,
                      out.data + (begin + row) * out.stride);
        }
    }
}

template <class T>
void AttentionHead<T>::differentiate(RowsOf<const T> q, RowsOf<const T> grad, const float* log_sums,
                                     RowsOf<T> grad_q) {
    for (int64_t begin = 0; begin < shape_.tokens; begin += query_block) {
        const Block block(begin, shape_);
        scores_of(copied(q, block, queries_), keys_across_, block, scores_);
        scores_of(copied(grad, block, grad_rows_), values_across_, block, grad_scores_);
        for (int64_t row = 0; row < block.count; ++row) {
            rows::softmax_row_backward(row_of(scores_, row), row_of(grad_scores_, row), block.keys,
                                       block.seen(row), shape_.scale, log_sums[begin + row]);
        }
        const int64_t first = block.first_key * padded_width_;
        const ProductSize over_queries{block.keys, block.count, padded_width_};
        small_product({scores_, 1, score_stride_}, {grad_rows_, padded_width_},
                      {grad_values_ + first, padded_width_}, over_queries, true);
        small_product({grad_scores_, 1, score_stride_}, {queries_, padded_width_},
                      {grad_keys_ + first, padded_width_}, over_queries, true);
        small_product({grad_scores_, score_stride_, 1}, {keys_ + first, padded_width_},
                      {result_, padded_width_}, {block.count, block.keys, padded_width_}, false);
        for (int64_t row = 0; row < block.count; ++row) {
            store_row(result_ + row * padded_width_, shape_.width, shape_.scale,
                      grad_q.data + (begin + row) * grad_q.stride);
        }
    }
}

template <class T>
void AttentionHead<T>::gradients_of_keys_and_values(RowsOf<T> grad_k, RowsOf<T> grad_v) const {
    for (int64_t row = 0; row < shape_.tokens; ++row) {
        store_row(grad_keys_ + row * padded_width_, shape_.width, shape_.scale,
                  grad_k.data + row * grad_k.stride);
        store_row(grad_values_ + row * padded_width_, shape_.width, 1.f, grad_v.data + row * grad_v.stride);
    }
}

template class AttentionHead<float>;
template class AttentionHead<rows::bf16>;

}  // namespace engine
