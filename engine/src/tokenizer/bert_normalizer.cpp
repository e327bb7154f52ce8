#include "tokenizer/bert_normalizer.h"

#include "tokenizer/text.h"

namespace engine {
namespace {

// The ranges that BERT sets apart. The reference starts extension E at U+2B920 (the block starts at U+2B820).
bool is_chinese(char32_t code) {
    const auto in = [code](char32_t first, char32_t last) { return code >= first && code <= last; };
    return in(0x4E00, 0x9FFF) || in(0x3400, 0x4DBF) || in(0x20000, 0x2A6DF) || in(0x2A700, 0x2B73F) ||
           in(0x2B740, 0x2B81F) || in(0x2B920, 0x2CEAF) || in(0xF900, 0xFAFF) || in(0x2F800, 0x2FA1F);
}

bool is_ascii(std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) >= 0x80) return false;
    return true;
}

class BertNormalizer : public Normalizer {
  public:
    BertNormalizer(bool clean_text, bool set_chinese_apart, bool strip_accents, bool lower)
        : clean_text_(clean_text),
          set_chinese_apart_(set_chinese_apart),
          strip_accents_(strip_accents),
          lower_(lower) {}

    std::string apply(std::string text) const override {
        std::string result;
        result.reserve(text.size());
        for (std::size_t at = 0; at < text.size();) {
            const Character c = character_at(text, at);
            const bool line_or_tab = c.code == '\t' || c.code == '\n' || c.code == '\r';
            if (clean_text_ && !line_or_tab && (c.code == 0xFFFD || is_control(c.code))) {
                // left out, and with it the other white space that counts as control characters
            } else if (clean_text_ && is_white_space(c.code)) {
                result += ' ';
            } else if (set_chinese_apart_ && is_chinese(c.code)) {
                result += ' ';
                result.append(text, at, c.length);
                result += ' ';
            } else {
                result.append(text, at, c.length);
            }
            at += c.length;
        }
        if (strip_accents_ && !is_ascii(result))
            result = without_accents(normalize(result, NormalizationForm::nfd));
        return lower_ ? lowercase(result) : result;
    }

  private:
    static std::string without_accents(std::string_view text) {
        std::string kept;
        kept.reserve(text.size());
        for (std::size_t at = 0; at < text.size();) {
            const Character c = character_at(text, at);
            if (!is_nonspacing_mark(c.code)) kept += text.substr(at, c.length);
            at += c.length;
        }
        return kept;
    }

    bool clean_text_, set_chinese_apart_, strip_accents_, lower_;
};

// Leaves out control characters and makes other invisible ones spaces.
class NmtNormalizer : public Normalizer {
  public:
    std::string apply(std::string text) const override {
        std::string result;
        result.reserve(text.size());
        for (std::size_t at = 0; at < text.size();) {
            const Character c = character_at(text, at);
            if (becomes_space(c.code)) {
                result += ' ';
            } else if (!left_out(c.code)) {
                result.append(text, at, c.length);
            }
            at += c.length;
        }
        return result;
    }

  private:
    static bool left_out(char32_t c) {
        return (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F || c == 0x8F ||
               c == 0x9F;
    }
    static bool becomes_space(char32_t c) {
        return c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 ||
               (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF ||
               c == 0xFFFD;
    }
};

}  // namespace

std::string lowercase(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const Character c = character_at(text, at);
        if (c.code < 0x80) {
            result += static_cast<char>(c.code >= 'A' && c.code <= 'Z' ? c.code + 0x20 : c.code);
        } else {
            append_lowercase(c.code, result);
        }
        at += c.length;
    }
    return result;
}

std::unique_ptr<const Normalizer> make_bert_normalizer(const Json& description, const std::string& source) {
    const bool lower = json_bool(description, "lowercase", source).value_or(true);
    return std::make_unique<BertNormalizer>(
        json_bool(description, "clean_text", source).value_or(true),
        json_bool(description, "handle_chinese_chars", source).value_or(true),
        // Unless it says otherwise, accents go with the capitals.
        json_bool(description, "strip_accents", source).value_or(lower), lower);
}

std::unique_ptr<const Normalizer> make_nmt_normalizer() {
    return std::make_unique<NmtNormalizer>();
}

}  // namespace engine
