// Attention of one head of keys and values over one sequence, on one core and in its cache. No
// tensors, no threads: callers spread sequences and heads over the cores.
//
// Queries go in blocks; causal ones skip the keys of their future (and, with a window, those before it). The [T, T]
// weights never exist as a whole; the backward pass computes them again from each row's log-sum-exp (Dao et
// al., arXiv:2205.14135). Values are f32 or bf16 in memory and f32 in between.
#pragma once

#include "model/row_math.h"
#include "model/small_products.h"

namespace engine {

struct HeadShape {
    int64_t tokens = 0, width = 0;  // T and D
    int64_t window = 0;             // 0: every key up to the query's own
    float scale = 1;
    bool causal = true;  // or every query sees every key, without a window
};

template <class T>
class AttentionHead {
  public:
    using Value = T;

    // Values the working memory must have room for: linear in T.
    static int64_t workspace(const HeadShape& shape, bool backward);

    // k, v [T, D], copied into the workspace, which must outlive this object. backward: gradients will be
    // asked for.
    AttentionHead(const HeadShape& shape, RowsOf<const T> k, RowsOf<const T> v, bool backward,
                  float* workspace);

    // out [T, D] = softmax(scale q k^T) v of one head of queries; log_sums [T]: of the scores.
    void attend(RowsOf<const T> q, RowsOf<T> out, float* log_sums);

    // From the gradient of out: that of q, and the share of this head of queries in those of k and v.
    void differentiate(RowsOf<const T> q, RowsOf<const T> grad, const float* log_sums, RowsOf<T> grad_q);

    // The sums over the heads of queries so far.
    void gradients_of_keys_and_values(RowsOf<T> grad_k, RowsOf<T> grad_v) const;

  private:
    struct Block;
    LeftOperand copied(RowsOf<const T> from, const Block& block, float* to) const;
    void scores_of(LeftOperand rows, const float* transposed, const Block& block, float* to) const;
    float* row_of(float* scores, int64_t row) const { return scores + row * score_stride_; }

    HeadShape shape_;
    int64_t padded_tokens_, padded_width_, score_stride_;
    // [D, T] ("across") and [T, D], filled up with zeros: what the products read as their right operand.
    float *keys_across_, *keys_ = nullptr, *values_ = nullptr, *values_across_ = nullptr;
    float *grad_keys_ = nullptr, *grad_values_ = nullptr;  // [T, D]
    float *queries_, *grad_rows_ = nullptr, *result_;      // [block, D]
    float *scores_, *grad_scores_ = nullptr;               // [block, T]
};

}  // namespace engine
