// What a Tokenizer shares among its copies: the parts of the pipeline, fixed once loaded.
#pragma once

#include "engine/tokenizer.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/decoder.h"
#include "tokenizer/model.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/pre_tokenizer.h"
#include "tokenizer/special_frame.h"
#include "tokenizer/tokenizer_files.h"

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

// Ids of the pieces seen most recently: natural text repeats its words. Bounded; used by one thread at a
// time.
class PieceCache {
  public:
    const std::vector<std::int32_t>& ids_of(std::string_view piece, Specials specials,
                                            const TokenModel& model);

  private:
    std::array<TextMap<std::vector<std::int32_t>>, 2> ids_;  // by Specials
    std::vector<std::int32_t> last_;
};

// Caches kept between calls; each call borrows one for itself, so that threads never wait for each other's
// words.
class PieceCachePool {
  public:
    std::unique_ptr<PieceCache> take();
    void put_back(std::unique_ptr<PieceCache> cache);

  private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<PieceCache>> free_;
};

struct Tokenizer::State {
    explicit State(const TokenizerFiles& files);

    std::vector<std::int32_t> encode(std::string_view utf8, EncodeOptions options) const;
    MarkedIds encode_marked(std::string_view text, std::span<const TextRange> data,
                            std::span<const std::size_t> cuts) const;
    std::string decode(std::span<const std::int32_t> ids, bool skip_special) const;
    std::string piece_text(std::int32_t id) const;
    bool contains(std::int32_t id) const;
    const std::string& token(std::int32_t id) const;  // contains(id)
    std::optional<std::int32_t> id(std::string_view token) const;
    bool is_special(std::int32_t id) const;

    std::unique_ptr<const Normalizer> normalizer;
    std::unique_ptr<const PreTokenizer> pre_tokenizer;
    std::unique_ptr<TokenModel> model;
    std::unique_ptr<const Decoder> decoder;
    SpecialFrame frame;
    AddedTokens added;
    std::int64_t vocab_size = 0;
    std::optional<std::int32_t> bos_id, eos_id, pad_id, unk_id;
    std::vector<std::int32_t> stop_ids;

  private:
    void read_added_tokens(const Json& list, const std::string& source, bool only_new);
    void set_roles(const TokenizerFiles& files);
    void encode_text(std::string_view text, bool at_start, EncodeOptions options, PieceCache& cache,
                     std::vector<std::int32_t>& out) const;

    mutable PieceCachePool caches_;
};

}  // namespace engine
