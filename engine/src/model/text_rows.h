// Where the tokens of an encoder's texts lie while its layers compute, and attention among those of a text.
//
// On the CPU padding is taken out and the texts lie end to end: nothing is computed for it. Elsewhere the
// rows stay as they came, for a mask would have to be waited for.
#pragma once

#include "model/recompute.h"
#include "runtime/torch.h"

#include <functional>
#include <vector>

namespace engine {

class TextRows {
  public:
    // key_mask [B, T] bool, false = padding, or undefined; of ids [B, T].
    TextRows(const at::Tensor& ids, const at::Tensor& key_mask);

    // [B, T, ...] -> [1, N, ...] without padding, or as it is.
    at::Tensor pack(const at::Tensor& x) const;
    // Back to [B, T, d], with zeros for padding where that was taken out.
    at::Tensor unpack(const at::Tensor& x) const;

    int64_t longest() const { return longest_; }
    // [B, T] bool where padding is among the rows, else undefined.
    const at::Tensor& mask() const { return mask_; }
    // Text s is rows [offsets[s], offsets[s + 1]), where no padding is among them.
    const std::vector<int64_t>& offsets() const { return offsets_; }

    // Neighbouring texts, filled up to one length: as many as have so few scores.
    struct Chunk {
        int64_t texts = 0, length = 0, rows = 0;
        at::Tensor places;  // [rows] of its rows among texts * length; undefined: they are all of these
        at::Tensor hidden;  // [texts, 1, 1, length] bool: keys that are padding, or undefined
    };
    std::vector<Chunk> chunks(int64_t heads, int64_t least_width) const;

  private:
    int64_t batch_, tokens_, longest_;
    at::Tensor mask_;
    at::Tensor places_;  // [N] of what is no padding among B * T, or undefined
    std::vector<int64_t> offsets_;
};

// What is added to the products of queries and keys [texts, H, T, D] before they are scaled: [texts, H, T,
// T].
using ScoreTerms = std::function<at::Tensor(const at::Tensor& q, const at::Tensor& k,
                                            const std::vector<at::Tensor>& tables)>;

// Attention within each text, q, k, v [rows, H, D] -> [rows, H * D] f32. Of the weights nothing is kept: the
// backward pass computes them again, a few texts at a time. table_rows: of the widest of the tables that
// terms reads, whose gradients come out as well.
at::Tensor attention_within_texts(const TextRows& texts, const at::Tensor& q, const at::Tensor& k,
                                  const at::Tensor& v, double scale,
                                  const std::vector<at::Tensor>& tables = {}, int64_t table_rows = 0,
                                  const ScoreTerms& terms = {});

}  // namespace engine
