#include "tokenizer/normalizer.h"

#include "engine/error.h"
#include "tokenizer/bert_normalizer.h"
#include "tokenizer/chars_map.h"
#include "tokenizer/component.h"
#include "tokenizer/regex.h"
#include "tokenizer/text.h"

#include <vector>

namespace engine {
namespace {

class UnicodeForm : public Normalizer {
  public:
    explicit UnicodeForm(NormalizationForm form) : form_(form) {}
    std::string apply(std::string text) const override {
        // ASCII is its own normal form, and most text is ASCII.
        for (const char c : text)
            if (static_cast<unsigned char>(c) >= 0x80) return normalize(text, form_);
        return text;
    }

  private:
    NormalizationForm form_;
};

class Prepend : public Normalizer {
  public:
    explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}
    std::string apply(std::string text) const override { return text.empty() ? text : prefix_ + text; }

  private:
    std::string prefix_;
};

class ReplaceAll : public Normalizer {
  public:
    ReplaceAll(Regex pattern, std::string content)
        : pattern_(std::move(pattern)), content_(std::move(content)) {}
    std::string apply(std::string text) const override { return replace_all(text, pattern_, content_); }

  private:
    Regex pattern_;
    std::string content_;
};

class StripEnds : public Normalizer {
  public:
    StripEnds(bool left, bool right) : left_(left), right_(right) {}
    std::string apply(std::string text) const override {
        std::size_t begin = 0, end = text.size();
        while (left_ && begin < end && is_white_space(character_at(text, begin).code))
            begin += character_at(text, begin).length;
        while (right_ && end > begin && is_white_space(character_before(text, end).code))
            end -= character_before(text, end).length;
        return text.substr(begin, end - begin);
    }

  private:
    bool left_, right_;
};

class Lowercase : public Normalizer {
  public:
    std::string apply(std::string text) const override { return lowercase(text); }
};

class StripAccents : public Normalizer {
  public:
    std::string apply(std::string text) const override {
        std::string kept;
        for (std::size_t at = 0; at < text.size();) {
            const Character c = character_at(text, at);
            if (!is_mark(c.code)) kept.append(text, at, c.length);
            at += c.length;
        }
        return kept;
    }
};

class SpellBytes : public Normalizer {
  public:
    std::string apply(std::string text) const override { return spell_bytes(text); }
};

class NormalizerSequence : public Normalizer {
  public:
    explicit NormalizerSequence(std::vector<std::unique_ptr<const Normalizer>> parts)
        : parts_(std::move(parts)) {}
    std::string apply(std::string text) const override {
        // Steps that each make a text longer would together fill the memory; no honest ones come near this.
        const std::size_t most = (std::size_t{1} << 20) + 64 * text.size();
        for (const auto& part : parts_) {
            text = part->apply(std::move(text));
            if (text.size() > most)
                fail_input(
                    "The normalizers of the tokenizer make a text more than 64 times longer, as only a "
                    "damaged file does. Fetch the tokenizer again.");
        }
        return text;
    }

  private:
    std::vector<std::unique_ptr<const Normalizer>> parts_;
};

}  // namespace

std::unique_ptr<const Normalizer> make_normalizer(const Json& description, const std::string& source) {
    if (description.is_null()) return nullptr;
    const std::string type = component_type(description, "normalizer", source);
    if (type == "NFC") return std::make_unique<UnicodeForm>(NormalizationForm::nfc);
    if (type == "NFD") return std::make_unique<UnicodeForm>(NormalizationForm::nfd);
    if (type == "NFKC") return std::make_unique<UnicodeForm>(NormalizationForm::nfkc);
    if (type == "NFKD") return std::make_unique<UnicodeForm>(NormalizationForm::nfkd);
    if (type == "Prepend") return std::make_unique<Prepend>(component_insertion(description, "prepend", source));
    if (type == "Replace")
        return std::make_unique<ReplaceAll>(component_pattern(description, source),
                                            component_insertion(description, "content", source));
    if (type == "Strip")
        return std::make_unique<StripEnds>(json_bool(description, "strip_left", source).value_or(true),
                                           json_bool(description, "strip_right", source).value_or(true));
    if (type == "Lowercase") return std::make_unique<Lowercase>();
    if (type == "StripAccents") return std::make_unique<StripAccents>();
    if (type == "ByteLevel") return std::make_unique<SpellBytes>();
    if (type == "BertNormalizer") return make_bert_normalizer(description, source);
    if (type == "Nmt") return make_nmt_normalizer();
    if (type == "Precompiled") return make_precompiled_normalizer(description, source);
    if (type == "Sequence") {
        std::vector<std::unique_ptr<const Normalizer>> parts;
        for (const Json& part : component_list(description, "normalizers", source))
            if (auto normalizer = make_normalizer(part, source)) parts.push_back(std::move(normalizer));
        return std::make_unique<NormalizerSequence>(std::move(parts));
    }
    refuse_component(
        "normalizer", type,
        "NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, BertNormalizer, Nmt, Precompiled, ByteLevel, "
        "Prepend, Replace, Strip and Sequence",
        source);
}

}  // namespace engine
