#include "tokenizer/decoder.h"

#include "engine/error.h"
#include "tokenizer/component.h"
#include "tokenizer/metaspace.h"
#include "tokenizer/regex.h"
#include "tokenizer/text.h"

#include <charconv>
#include <optional>

namespace engine {
namespace {

class ByteLevelDecoder : public Decoder {
  public:
    void apply(std::vector<std::string>& tokens) const override {
        std::string bytes;
        for (const std::string& token : tokens) bytes += unspell_bytes(token);
        tokens = {valid_utf8(bytes)};
    }
    std::string piece(std::string token) const override { return unspell_bytes(token); }
    bool byte_level() const override { return true; }
};

class ReplaceDecoder : public Decoder {
  public:
    ReplaceDecoder(Regex pattern, std::string content)
        : pattern_(std::move(pattern)), content_(std::move(content)) {}
    void apply(std::vector<std::string>& tokens) const override {
        for (std::string& token : tokens) token = replace_all(token, pattern_, content_);
    }
    std::string piece(std::string token) const override { return replace_all(token, pattern_, content_); }

  private:
    Regex pattern_;
    std::string content_;
};

// The byte that "<0x41>" spells.
std::optional<char> fallback_byte(std::string_view token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
    unsigned value = 0;
    const auto [end, error] = std::from_chars(token.data() + 3, token.data() + 5, value, 16);
    if (error != std::errc{} || end != token.data() + 5) return std::nullopt;
    return static_cast<char>(value);
}

class ByteFallbackDecoder : public Decoder {
  public:
    void apply(std::vector<std::string>& tokens) const override {
        std::vector<std::string> result;
        std::string bytes;
        // A run of bytes is a text, or, where it is not valid, one U+FFFD for each byte (as in the
        // reference).
        const auto flush = [&] {
            if (bytes.empty()) return;
            if (valid_utf8(bytes) == bytes) {
                result.push_back(bytes);
            } else {
                result.insert(result.end(), bytes.size(), "\xEF\xBF\xBD");
            }
            bytes.clear();
        };
        for (std::string& token : tokens) {
            if (const auto byte = fallback_byte(token)) {
                bytes += *byte;
            } else {
                flush();
                result.push_back(std::move(token));
            }
        }
        flush();
        tokens = std::move(result);
    }
    std::string piece(std::string token) const override {
        const auto byte = fallback_byte(token);
        return byte ? std::string(1, *byte) : token;
    }
};

class FuseDecoder : public Decoder {
  public:
    void apply(std::vector<std::string>& tokens) const override {
        std::string all;
        for (const std::string& token : tokens) all += token;
        tokens = {std::move(all)};
    }
    std::string piece(std::string token) const override { return token; }
};

// Removes up to start copies of a character from the front of each item, and up to stop from its back.
class StripDecoder : public Decoder {
  public:
    StripDecoder(std::string content, std::int64_t start, std::int64_t stop)
        : content_(std::move(content)), start_(start), stop_(stop) {}
    void apply(std::vector<std::string>& tokens) const override {
        for (std::string& token : tokens) {
            for (std::int64_t i = 0; i < start_ && token.starts_with(content_); ++i)
                token.erase(0, content_.size());
            for (std::int64_t i = 0; i < stop_ && token.ends_with(content_); ++i)
                token.resize(token.size() - content_.size());
        }
    }
    std::string piece(std::string token) const override { return token; }

  private:
    std::string content_;
    std::int64_t start_, stop_;
};

// Spaces back for their mark; the first token loses its marks when one was put in front of the text.
class MetaspaceDecoder : public Decoder {
  public:
    MetaspaceDecoder(std::string mark, bool prepended) : mark_(std::move(mark)), prepended_(prepended) {}
    void apply(std::vector<std::string>& tokens) const override {
        for (std::size_t i = 0; i < tokens.size(); ++i)
            tokens[i] = replace_text(tokens[i], mark_, i == 0 && prepended_ ? "" : " ");
    }
    std::string piece(std::string token) const override { return replace_text(token, mark_, " "); }

  private:
    std::string mark_;
    bool prepended_;
};

// Words apart, their continuations joined; cleanup removes the spaces before punctuation and English
// contractions.
class WordPieceDecoder : public Decoder {
  public:
    WordPieceDecoder(std::string prefix, bool cleanup) : prefix_(std::move(prefix)), cleanup_(cleanup) {}
    void apply(std::vector<std::string>& tokens) const override {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            if (i > 0) tokens[i] = joined(tokens[i]);
            if (cleanup_) tokens[i] = cleaned(std::move(tokens[i]));
        }
    }
    std::string piece(std::string token) const override { return joined(token); }

  private:
    std::string joined(const std::string& token) const {
        return token.starts_with(prefix_) ? token.substr(prefix_.size()) : " " + token;
    }
    // The reference's list, in its order.
    static std::string cleaned(std::string text) {
        static constexpr std::pair<const char*, const char*> rules[] = {
            {" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
            {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
            {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
        for (const auto& [from, to] : rules) text = replace_text(text, from, to);
        return text;
    }

    std::string prefix_;
    bool cleanup_;
};

// Ends of words, marked in the tokens, become spaces, except the last.
class BpeDecoder : public Decoder {
  public:
    explicit BpeDecoder(std::string suffix) : suffix_(std::move(suffix)) {}
    void apply(std::vector<std::string>& tokens) const override {
        for (std::size_t i = 0; i < tokens.size(); ++i)
            tokens[i] = replace_text(tokens[i], suffix_, i + 1 < tokens.size() ? " " : "");
    }
    std::string piece(std::string token) const override { return replace_text(token, suffix_, " "); }

  private:
    std::string suffix_;
};

std::size_t total_size(const std::vector<std::string>& tokens) {
    std::size_t size = 0;
    for (const std::string& token : tokens) size += token.size();
    return size;
}

// Steps that each make a text longer would together fill the memory; no honest ones come near this.
[[noreturn]] void fail_growth() {
    fail_input(
        "The decoders of the tokenizer make a text more than 64 times longer, as only a damaged file does. "
        "Fetch the tokenizer again.");
}

class DecoderSequence : public Decoder {
  public:
    explicit DecoderSequence(std::vector<std::unique_ptr<const Decoder>> parts) : parts_(std::move(parts)) {}
    void apply(std::vector<std::string>& tokens) const override {
        const std::size_t most = (std::size_t{1} << 20) + 64 * total_size(tokens);
        for (const auto& part : parts_) {
            part->apply(tokens);
            if (total_size(tokens) > most) fail_growth();
        }
    }
    std::string piece(std::string token) const override {
        const std::size_t most = (std::size_t{1} << 20) + 64 * token.size();
        for (const auto& part : parts_) {
            token = part->piece(std::move(token));
            if (token.size() > most) fail_growth();
        }
        return token;
    }
    bool byte_level() const override {
        for (const auto& part : parts_)
            if (part->byte_level()) return true;
        return false;
    }

  private:
    std::vector<std::unique_ptr<const Decoder>> parts_;
};

}  // namespace

std::unique_ptr<const Decoder> make_decoder(const Json& description, const std::string& source) {
    if (description.is_null()) return nullptr;
    const std::string type = component_type(description, "decoder", source);
    if (type == "ByteLevel") return std::make_unique<ByteLevelDecoder>();
    if (type == "ByteFallback") return std::make_unique<ByteFallbackDecoder>();
    if (type == "Fuse") return std::make_unique<FuseDecoder>();
    if (type == "Replace")
        return std::make_unique<ReplaceDecoder>(component_pattern(description, source),
                                                component_insertion(description, "content", source));
    if (type == "Strip") {
        std::string content = component_text(description, "content", source);
        if (content.empty())
            fail_input("The decoder Strip in " + source + " has an empty \"content\". Fetch the file again.");
        return std::make_unique<StripDecoder>(std::move(content),
                                              json_int(description, "start", source).value_or(0),
                                              json_int(description, "stop", source).value_or(0));
    }
    if (type == "Metaspace") {
        const MetaspaceOptions options = read_metaspace(description, source);
        return std::make_unique<MetaspaceDecoder>(options.mark, options.scheme != PrependScheme::never);
    }
    if (type == "WordPiece")
        return std::make_unique<WordPieceDecoder>(json_string(description, "prefix", source).value_or("##"),
                                                  json_bool(description, "cleanup", source).value_or(true));
    if (type == "BPEDecoder")
        return std::make_unique<BpeDecoder>(json_string(description, "suffix", source).value_or("</w>"));
    if (type == "Sequence") {
        std::vector<std::unique_ptr<const Decoder>> parts;
        for (const Json& part : component_list(description, "decoders", source))
            if (auto decoder = make_decoder(part, source)) parts.push_back(std::move(decoder));
        return std::make_unique<DecoderSequence>(std::move(parts));
    }
    refuse_component(
        "decoder", type,
        "ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace, WordPiece, BPEDecoder and Sequence",
        source);
}

}  // namespace engine
