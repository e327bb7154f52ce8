#include "engine/bpe_trainer.h"

#include "engine/error.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/regex.h"
#include "tokenizer/text.h"

#include <queue>

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace engine {

const char* const default_split_pattern =
    R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

struct Word {
    std::vector<std::int32_t> symbols;
    std::int64_t count = 0;
};

using PairKey = std::uint64_t;
PairKey key_of(std::int32_t left, std::int32_t right) {
    return static_cast<PairKey>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
}

// Distinct pre-tokens with their counts, in the order of their first appearance (so that nothing depends on
// hashing).
std::vector<Word> count_words(std::string_view bytes, const BpeTrainerOptions& options,
                              const std::string& pattern, std::int32_t first_byte_id) {
    const std::string text = valid_utf8(bytes);
    const Regex regex(pattern, "the options of the tokenizer training");
    AddedTokens special;
    for (std::size_t i = 0; i < options.special_tokens.size(); ++i)
        special.add(
            {.id = static_cast<std::int32_t>(i), .content = options.special_tokens[i], .special = true});
    special.prepare(nullptr);

    TextMap<std::size_t> index;
    std::vector<Word> words;
    for (const Segment& segment : special.split(text, false, true)) {
        if (segment.id >= 0) continue;
        for (const Span& span : regex.find_all(segment.text)) {
            const std::string_view piece = segment.text.substr(span.begin, span.end - span.begin);
            auto it = index.find(piece);
            if (it == index.end()) {
                it = index.emplace(piece, words.size()).first;
                Word& word = words.emplace_back();
                for (const char byte : piece)
                    word.symbols.push_back(first_byte_id + static_cast<unsigned char>(byte));
            }
            ++words[it->second].count;
        }
    }
    return words;
}

// Pair counts, kept up to date word by word while pairs are merged.
class PairCounts {
  public:
    explicit PairCounts(std::vector<Word>& words) : words_(words) {
        for (std::size_t w = 0; w < words_.size(); ++w) {
            const Word& word = words_[w];
            for (std::size_t i = 0; i + 1 < word.symbols.size(); ++i)
                add(word.symbols[i], word.symbols[i + 1], word.count, w);
        }
        for (const auto& [key, pair] : pairs_) queue_.push({pair.count, key});
    }

    struct Best {
        std::int64_t count = 0;
        std::int32_t left = 0, right = 0;
    };
    // The most frequent pair; among equals the one with the smallest ids. count 0: there is none.
    Best best() {
        while (!queue_.empty()) {
            const Entry top = queue_.top();
            const std::int64_t now = pairs_[top.key].count;
            if (now == top.count && now > 0)
                return {now, static_cast<std::int32_t>(top.key >> 32),
                        static_cast<std::int32_t>(top.key & 0xffffffffu)};
            queue_.pop();
            if (now > 0) queue_.push({now, top.key});  // it became rarer since it was queued
        }
        return {};
    }

    // Joins left and right into merged wherever they meet.
    void merge(std::int32_t left, std::int32_t right, std::int32_t merged) {
        const std::vector<std::size_t> places = std::move(pairs_[key_of(left, right)].words);
        std::vector<PairKey> grown;
        std::size_t previous = SIZE_MAX;
        for (const std::size_t w : places) {  // a word is noted once for each meeting, one after the other
            if (w == std::exchange(previous, w)) continue;
            merge_in(w, left, right, merged, grown);
        }
        pairs_.erase(key_of(left, right));
        std::sort(grown.begin(), grown.end());
        grown.erase(std::unique(grown.begin(), grown.end()), grown.end());
        for (const PairKey key : grown) queue_.push({pairs_[key].count, key});
    }

  private:
    struct Pair {
        std::int64_t count = 0;
        std::vector<std::size_t> words;  // may name words that no longer hold the pair
    };
    struct Entry {
        std::int64_t count;
        PairKey key;
        bool operator<(const Entry& other) const {
            return count != other.count ? count < other.count : key > other.key;
        }
    };

    void add(std::int32_t left, std::int32_t right, std::int64_t count, std::size_t word) {
        Pair& pair = pairs_[key_of(left, right)];
        pair.count += count;
        pair.words.push_back(word);
    }

    void merge_in(std::size_t w, std::int32_t left, std::int32_t right, std::int32_t merged,
                  std::vector<PairKey>& grown) {
        Word& word = words_[w];
        const auto& old = word.symbols;
        std::vector<std::int32_t> symbols;
        for (std::size_t i = 0; i < old.size(); ++i) {
            const bool meets = i + 1 < old.size() && old[i] == left && old[i + 1] == right;
            symbols.push_back(meets ? merged : old[i]);
            if (meets) ++i;
        }
        if (symbols.size() == old.size()) return;
        for (std::size_t i = 0; i + 1 < old.size(); ++i)
            pairs_[key_of(old[i], old[i + 1])].count -= word.count;
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
            if (symbols[i] == merged || symbols[i + 1] == merged) {
                add(symbols[i], symbols[i + 1], word.count, w);
                grown.push_back(key_of(symbols[i], symbols[i + 1]));
            } else {
                pairs_[key_of(symbols[i], symbols[i + 1])].count += word.count;
            }
        }
        word.symbols = std::move(symbols);
    }

    std::vector<Word>& words_;
    std::unordered_map<PairKey, Pair> pairs_;
    std::priority_queue<Entry> queue_;
};

}  // namespace

TrainedBpe train_bpe(std::string_view text, const BpeTrainerOptions& options) {
    TrainedBpe trained;
    trained.split_pattern = options.split_pattern.empty() ? default_split_pattern : options.split_pattern;
    trained.special_count = static_cast<std::int64_t>(options.special_tokens.size());
    if (options.vocab_size < trained.special_count + 256)
        fail_input("A byte-level vocabulary of " + std::to_string(options.vocab_size) +
                   " tokens is too small: " + std::to_string(trained.special_count) +
                   " special tokens and 256 bytes must fit.");
    trained.vocabulary = options.special_tokens;
    for (int byte = 0; byte < 256; ++byte)
        trained.vocabulary.push_back(byte_spelling(static_cast<unsigned char>(byte)));

    std::vector<Word> words =
        count_words(text, options, trained.split_pattern, static_cast<std::int32_t>(trained.special_count));
    PairCounts pairs(words);
    TextMap<std::int32_t> ids;
    for (std::size_t id = static_cast<std::size_t>(trained.special_count); id < trained.vocabulary.size();
         ++id)
        ids.emplace(trained.vocabulary[id], static_cast<std::int32_t>(id));
    while (static_cast<std::int64_t>(trained.vocabulary.size()) < options.vocab_size) {
        const PairCounts::Best best = pairs.best();
        if (best.count < std::max<std::int64_t>(1, options.min_frequency)) break;
        const std::string left = trained.vocabulary[static_cast<std::size_t>(best.left)];
        const std::string right = trained.vocabulary[static_cast<std::size_t>(best.right)];
        // Two different pairs can spell the same token; it keeps one id.
        const auto [it, inserted] =
            ids.try_emplace(left + right, static_cast<std::int32_t>(trained.vocabulary.size()));
        if (inserted) trained.vocabulary.push_back(left + right);
        trained.merges.emplace_back(left, right);
        pairs.merge(best.left, best.right, it->second);
    }
    return trained;
}

}  // namespace engine
