#include "tokenizer/pre_tokenizer.h"

#include "engine/error.h"
#include "tokenizer/component.h"
#include "tokenizer/metaspace.h"
#include "tokenizer/regex.h"
#include "tokenizer/split.h"
#include "tokenizer/text.h"

#include <algorithm>
#include <cctype>
#include <functional>

namespace engine {

// Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", released code.
const char* const gpt2_split_pattern =
    R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

// Also the symbols of ASCII, as in the reference.
bool is_any_punctuation(char32_t code) {
    return code < 0x80 ? std::ispunct(static_cast<int>(code)) != 0 : is_punctuation(code);
}

class Split : public PreTokenizer {
  public:
    Split(Regex pattern, SplitBehavior behavior, bool invert)
        : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}

    void apply(Pieces& pieces) const override {
        std::vector<std::string_view> result;
        for (const std::string_view piece : pieces.items)
            split_piece(piece, pattern_.find_all(piece), behavior_, invert_, result);
        pieces.items = std::move(result);
    }

  private:
    Regex pattern_;
    SplitBehavior behavior_;
    bool invert_;
};

// Cuts at every character of a kind.
class SplitAtCharacters : public PreTokenizer {
  public:
    SplitAtCharacters(std::function<bool(char32_t)> is_match, SplitBehavior behavior)
        : is_match_(std::move(is_match)), behavior_(behavior) {}

    void apply(Pieces& pieces) const override {
        std::vector<std::string_view> result;
        for (const std::string_view piece : pieces.items) {
            std::vector<Span> matches;
            for (std::size_t at = 0; at < piece.size();) {
                const Character c = character_at(piece, at);
                if (is_match_(c.code)) matches.push_back({at, at + c.length});
                at += c.length;
            }
            split_piece(piece, matches, behavior_, false, result);
        }
        pieces.items = std::move(result);
    }

  private:
    std::function<bool(char32_t)> is_match_;
    SplitBehavior behavior_;
};

// Optionally a space in front, optionally GPT-2's split, then every byte in its printable spelling.
class ByteLevel : public PreTokenizer {
  public:
    ByteLevel(bool add_prefix_space, bool use_regex) : add_prefix_space_(add_prefix_space) {
        if (use_regex) pattern_ = std::make_unique<Regex>(gpt2_split_pattern, "the byte-level pre-tokenizer");
    }

    void apply(Pieces& pieces) const override {
        std::vector<std::string_view> parts;
        std::size_t bytes = 0;
        for (std::string_view piece : pieces.items) {
            if (piece.empty()) continue;
            if (add_prefix_space_ && piece.front() != ' ') piece = pieces.keep(" " + std::string(piece));
            if (pattern_) {
                split_piece(piece, pattern_->find_all(piece), SplitBehavior::isolated, false, parts);
            } else {
                parts.push_back(piece);
            }
            bytes += piece.size();
        }
        std::string spelled;
        spelled.reserve(2 * bytes);  // no spelling is longer than two bytes
        std::vector<Span> spans;
        spans.reserve(parts.size());
        for (const std::string_view part : parts) {
            const std::size_t begin = spelled.size();
            for (const char byte : part) spelled += byte_spelling(static_cast<unsigned char>(byte));
            spans.push_back({begin, spelled.size()});
        }
        const std::string_view all = pieces.keep(std::move(spelled));
        pieces.items.clear();
        for (const Span& span : spans) pieces.items.push_back(all.substr(span.begin, span.end - span.begin));
    }

  private:
    bool add_prefix_space_;
    std::unique_ptr<const Regex> pattern_;
};

// Spaces as a visible mark, a mark in front of the text, and optionally a cut before each mark.
class Metaspace : public PreTokenizer {
  public:
    explicit Metaspace(MetaspaceOptions options) : options_(std::move(options)) {}

    void apply(Pieces& pieces) const override {
        std::vector<std::string_view> result;
        const std::string& mark = options_.mark;
        for (std::size_t i = 0; i < pieces.items.size(); ++i) {
            if (pieces.items[i].empty()) continue;
            const bool wanted = options_.scheme == PrependScheme::always ||
                                (options_.scheme == PrependScheme::first && i == 0 && pieces.at_start);
            std::string marked = replace_text(pieces.items[i], " ", mark);
            if (wanted && !marked.starts_with(mark)) marked.insert(0, mark);
            std::string_view rest = pieces.keep(std::move(marked));
            while (options_.split && !rest.empty()) {
                const std::size_t next =
                    std::min(rest.find(mark, rest.starts_with(mark) ? mark.size() : 0), rest.size());
                result.push_back(rest.substr(0, next));
                rest.remove_prefix(next);
            }
            if (!rest.empty()) result.push_back(rest);
        }
        pieces.items = std::move(result);
    }

  private:
    MetaspaceOptions options_;
};

// White space between words, punctuation on its own.
class BertWords : public PreTokenizer {
  public:
    void apply(Pieces& pieces) const override {
        std::vector<std::string_view> result;
        for (const std::string_view piece : pieces.items) {
            std::size_t begin = 0;
            const auto flush = [&](std::size_t end) {
                if (end > begin) result.push_back(piece.substr(begin, end - begin));
            };
            for (std::size_t at = 0; at < piece.size();) {
                const Character c = character_at(piece, at);
                const bool space = is_white_space(c.code);
                if (space || is_any_punctuation(c.code)) {
                    flush(at);
                    if (!space) result.push_back(piece.substr(at, c.length));
                    begin = at + c.length;
                }
                at += c.length;
            }
            flush(piece.size());
        }
        pieces.items = std::move(result);
    }
};

class FixedLength : public PreTokenizer {
  public:
    explicit FixedLength(std::int64_t characters) : characters_(characters) {}
    void apply(Pieces& pieces) const override {
        std::vector<std::string_view> result;
        for (const std::string_view piece : pieces.items)
            for (std::size_t begin = 0, at = 0; begin < piece.size(); begin = at) {
                for (std::int64_t i = 0; i < characters_ && at < piece.size(); ++i)
                    at += character_at(piece, at).length;
                result.push_back(piece.substr(begin, at - begin));
            }
        pieces.items = std::move(result);
    }

  private:
    std::int64_t characters_;
};

class PreTokenizerSequence : public PreTokenizer {
  public:
    explicit PreTokenizerSequence(std::vector<std::unique_ptr<const PreTokenizer>> parts)
        : parts_(std::move(parts)) {}
    void apply(Pieces& pieces) const override {
        // As for normalizers: steps that each make a text longer would together fill the memory.
        const std::size_t most = (std::size_t{1} << 20) + 64 * total_size(pieces);
        for (const auto& part : parts_) {
            part->apply(pieces);
            if (total_size(pieces) > most)
                fail_input(
                    "The pre-tokenizers of the tokenizer make a text more than 64 times longer, as only a "
                    "damaged file does. Fetch the tokenizer again.");
        }
    }

  private:
    static std::size_t total_size(const Pieces& pieces) {
        std::size_t size = 0;
        for (const std::string_view piece : pieces.items) size += piece.size();
        return size;
    }

    std::vector<std::unique_ptr<const PreTokenizer>> parts_;
};

std::unique_ptr<const PreTokenizer> make_split(const Json& description, const std::string& source) {
    return std::make_unique<Split>(component_pattern(description, source),
                                   split_behavior(component_text(description, "behavior", source), source),
                                   json_bool(description, "invert", source).value_or(false));
}

std::unique_ptr<const PreTokenizer> make_character_delimiter(const Json& description,
                                                             const std::string& source) {
    const std::string text = component_text(description, "delimiter", source);
    if (text.empty()) fail_input("The delimiter in " + source + " is empty. Fetch the file again.");
    const char32_t delimiter = character_at(text, 0).code;
    return std::make_unique<SplitAtCharacters>([delimiter](char32_t c) { return c == delimiter; },
                                               SplitBehavior::removed);
}

}  // namespace

std::unique_ptr<const PreTokenizer> make_pre_tokenizer(const Json& description, const std::string& source) {
    if (description.is_null()) return nullptr;
    const std::string type = component_type(description, "pre-tokenizer", source);
    if (type == "ByteLevel")
        return std::make_unique<ByteLevel>(json_bool(description, "add_prefix_space", source).value_or(true),
                                           json_bool(description, "use_regex", source).value_or(true));
    if (type == "Split") return make_split(description, source);
    if (type == "Digits") {
        const bool single = json_bool(description, "individual_digits", source).value_or(false);
        return std::make_unique<SplitAtCharacters>(
            is_numeric, single ? SplitBehavior::isolated : SplitBehavior::contiguous);
    }
    if (type == "Whitespace")
        return std::make_unique<Split>(Regex(R"(\w+|[^\w\s]+)", source), SplitBehavior::removed, true);
    if (type == "WhitespaceSplit")
        return std::make_unique<SplitAtCharacters>(is_white_space, SplitBehavior::removed);
    if (type == "Metaspace") return std::make_unique<Metaspace>(read_metaspace(description, source));
    if (type == "BertPreTokenizer") return std::make_unique<BertWords>();
    if (type == "Punctuation")
        return std::make_unique<SplitAtCharacters>(
            is_any_punctuation,
            split_behavior(json_string(description, "behavior", source).value_or("Isolated"), source));
    if (type == "FixedLength") {
        const auto length = json_int(description, "length", source).value_or(5);
        if (length < 1)
            fail_input("\"length\" of a pre-tokenizer in " + source +
                       " is not positive. Fetch the file again.");
        return std::make_unique<FixedLength>(length);
    }
    if (type == "CharDelimiterSplit") return make_character_delimiter(description, source);
    if (type == "Sequence") {
        std::vector<std::unique_ptr<const PreTokenizer>> parts;
        for (const Json& part : component_list(description, "pretokenizers", source))
            if (auto pre_tokenizer = make_pre_tokenizer(part, source))
                parts.push_back(std::move(pre_tokenizer));
        return std::make_unique<PreTokenizerSequence>(std::move(parts));
    }
    refuse_component("pre-tokenizer", type,
                     "ByteLevel, Metaspace, BertPreTokenizer, Split, Digits, Punctuation, Whitespace, "
                     "WhitespaceSplit, CharDelimiterSplit, FixedLength and Sequence",
                     source);
}

}  // namespace engine
