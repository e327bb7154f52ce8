// Attention of one head of keys and values over one sequence, like AttentionHead<bf16>, with its
// products in the tile unit: weights and their gradients are rounded to bf16 between two products; sums,
// softmax and log-sum-exp are f32. No tensors, no threads. Only where tile_unit() says so.
#pragma once

#include "model/attention_heads.h"
#include "model/tile_products.h"

namespace engine {

class TileAttentionHead {
  public:
    using Value = rows::bf16;

    // As AttentionHead's: f32 values of working memory, which is aligned to 64 bytes and outlives this
    // object.
    static int64_t workspace(const HeadShape& shape, bool backward);
    TileAttentionHead(const HeadShape& shape, RowsOf<const rows::bf16> k, RowsOf<const rows::bf16> v,
                      bool backward, float* workspace);
    void attend(RowsOf<const rows::bf16> q, RowsOf<rows::bf16> out, float* log_sums);
    void differentiate(RowsOf<const rows::bf16> q, RowsOf<const rows::bf16> grad, const float* log_sums,
                       RowsOf<rows::bf16> grad_q);
    void gradients_of_keys_and_values(RowsOf<rows::bf16> grad_k, RowsOf<rows::bf16> grad_v) const;

  private:
    // Where the parts of the working memory lie. "across": transposed; "pairs": two neighbouring rows in a
    // word; "words": of a row, two neighbouring values in each.
    struct Parts {
        rows::bf16 *keys, *values, *keys_across;  // the whole sequence
        BfPair *key_words_across, *value_pairs;
        float *grad_keys, *grad_values;
        float *scores, *grad_scores, *result;  // a block of queries: forward [block, T], backward [T, block]
        rows::bf16 *rows, *weights, *grad_weights;
        BfPair *query_words_across, *grad_words_across, *query_pairs, *grad_pairs, *grad_weight_pairs;
    };
    struct Block;
    static Parts forward_parts(const HeadShape& shape, float* memory, int64_t& values);
    static Parts backward_parts(const HeadShape& shape, float* memory, int64_t& values);
    void copy_block(RowsOf<const rows::bf16> from, const Block& block) const;
    void spread_block(RowsOf<const rows::bf16> from, const Block& block, BfPair* words_across,
                      BfPair* pairs) const;

    HeadShape shape_;
    int64_t tokens_, width_, stride_;  // T and D in whole tiles; between the rows of [.., T]
    Parts parts_;
    TileRegisters registers_;
};

}  // namespace engine
