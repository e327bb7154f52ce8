#include "model/text_rows.h"

#include <algorithm>
#include <limits>

namespace engine {
namespace {

// Scores that exist at once: on the CPU about what its caches hold, elsewhere enough to keep the device busy.
int64_t scores_at_once(const c10::Device& device) {
    return device.is_cpu() ? int64_t{4} << 20 : int64_t{64} << 20;
}

}  // namespace

TextRows::TextRows(const at::Tensor& ids, const at::Tensor& key_mask)
    : batch_(ids.size(0)), tokens_(ids.size(1)), longest_(tokens_), mask_(key_mask) {
    if (!mask_.defined() || !ids.is_cpu()) {
        for (int64_t text = 0; text <= batch_; ++text) offsets_.push_back(text * tokens_);
        return;
    }
    const at::Tensor counts = mask_.sum(1).contiguous();
    offsets_.push_back(0);
    for (int64_t text = 0; text < batch_; ++text)
        offsets_.push_back(offsets_.back() + counts.data_ptr<int64_t>()[text]);
    if (offsets_.back() < batch_ * tokens_) {
        places_ = mask_.flatten().nonzero().squeeze(1);
        longest_ = places_.numel() == 0 ? 0 : (places_ % tokens_).max().item<int64_t>() + 1;
    }
    mask_.reset();
}

at::Tensor TextRows::pack(const at::Tensor& x) const {
    return places_.defined() ? x.flatten(0, 1).index_select(0, places_).unsqueeze(0) : x;
}

at::Tensor TextRows::unpack(const at::Tensor& x) const {
    if (!places_.defined()) return x;
    return at::zeros({batch_ * tokens_, x.size(2)}, x.options())
        .index_copy(0, places_, x.squeeze(0))
        .view({batch_, tokens_, x.size(2)});
}

std::vector<TextRows::Chunk> TextRows::chunks(int64_t heads, int64_t least_width) const {
    const int64_t most = scores_at_once(places_.defined() ? places_.device()
                                        : mask_.defined() ? mask_.device()
                                                          : c10::Device(c10::kCPU));
    std::vector<Chunk> chunks;
    const auto end_of = [&](int64_t text) {  // one behind its last token's place
        const auto s = static_cast<std::size_t>(text);
        if (!places_.defined()) return tokens_;
        return offsets_[s] == offsets_[s + 1]
                   ? int64_t{0}
                   : places_[offsets_[s + 1] - 1].item<int64_t>() - text * tokens_ + 1;
    };
    for (int64_t first = 0; first < batch_;) {
        Chunk chunk;
        int64_t next = first;
        for (; next < batch_; ++next) {
            const int64_t length = std::max(chunk.length, end_of(next)), count = next + 1 - first;
            if (count > 1 && count * heads * length * std::max(length, least_width) > most) break;
            chunk.length = length;
        }
        const auto begin = offsets_[static_cast<std::size_t>(first)],
                   end = offsets_[static_cast<std::size_t>(next)];
        chunk.texts = next - first;
        chunk.rows = end - begin;
        if (mask_.defined()) {
            chunk.hidden =
                mask_.narrow(0, first, chunk.texts).logical_not().view({chunk.texts, 1, 1, tokens_});
        } else if (chunk.rows < chunk.texts * chunk.length) {
            const at::Tensor places = places_.narrow(0, begin, chunk.rows) - first * tokens_;
            chunk.places = places.div(tokens_, "floor") * chunk.length + places % tokens_;
            chunk.hidden = at::ones({chunk.texts * chunk.length}, at::kBool)
                               .index_fill_(0, chunk.places, false)
                               .view({chunk.texts, 1, 1, chunk.length});
        }
        if (chunk.rows > 0) chunks.push_back(std::move(chunk));
        first = next;
    }
    return chunks;
}

at::Tensor attention_within_texts(const TextRows& texts, const at::Tensor& q, const at::Tensor& k,
                                  const at::Tensor& v, double scale, const std::vector<at::Tensor>& tables,
                                  int64_t table_rows, const ScoreTerms& terms) {
    const auto chunks = texts.chunks(q.size(1), table_rows);
    std::vector<int64_t> rows;
    for (const TextRows::Chunk& chunk : chunks) rows.push_back(chunk.rows);
    // One split: its backward pass puts the gradients side by side once.
    const auto qs = q.split_with_sizes(rows), ks = k.split_with_sizes(rows), vs = v.split_with_sizes(rows);
    std::vector<at::Tensor> parts;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        std::vector<at::Tensor> inputs{qs[i], ks[i], vs[i]};
        inputs.insert(inputs.end(), tables.begin(), tables.end());
        parts.push_back(recomputed(inputs, [chunk = chunks[i], scale,
                                            terms](const std::vector<at::Tensor>& in) {
            const auto heads = [&](const at::Tensor& x) {  // [texts, H, T, D]
                at::Tensor filled = x.to(at::kFloat);
                if (chunk.places.defined())
                    filled = at::zeros({chunk.texts * chunk.length, x.size(1), x.size(2)}, filled.options())
                                 .index_copy(0, chunk.places, filled);
                return filled.unflatten(0, {chunk.texts, chunk.length}).transpose(1, 2);
            };
            const at::Tensor queries = heads(in[0]), keys = heads(in[1]);
            at::Tensor scores = at::matmul(queries, keys.transpose(2, 3));
            if (terms) scores.add_(terms(queries, keys, {in.begin() + 3, in.end()}));
            scores.mul_(scale);
            if (chunk.hidden.defined())
                scores.masked_fill_(chunk.hidden, std::numeric_limits<float>::lowest());
            const at::Tensor mixed =
                at::matmul(at::softmax(scores, -1), heads(in[2])).transpose(1, 2).flatten(0, 1).flatten(1);
            return chunk.places.defined() ? mixed.index_select(0, chunk.places) : mixed;
        }));
    }
    return parts.size() == 1 ? parts.front() : at::cat(parts);
}

}  // namespace engine
