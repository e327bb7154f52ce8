// The rules for the tokenizers that encoders have: unigram and WordPiece.
#include "gguf/split_parts.h"
#include "gguf/split_rules.h"
#include "tokenizer/chars_map.h"

namespace engine {

using namespace split_parts;

// llama.cpp does what SentencePiece does with a file of its own; a tokenizer.json says the same in steps.
SplitRule unigram_rule(const Json& tokenizer, const std::string& source) {
    SplitRule rule;
    rule.model = "t5";
    rule.pre = "default";
    bool marked = false, stripped = false, ends_stripped = false, words_split = false;
    const std::vector<Json> normalizers = parts_of(tokenizer, "normalizer", "normalizers");
    for (std::size_t i = 0; i < normalizers.size(); ++i) {
        const Json& normalizer = normalizers[i];
        const std::string type = type_of(normalizer), content = text_of(normalizer, "content");
        if (type == "Precompiled" && i == 0) {
            rule.chars_map = precompiled_chars_map(normalizer, source);
        } else if (type == "Replace" && pattern_of(normalizer, "Regex") == " {2,}" &&
                   (content == " " || content == space_mark)) {
            rule.remove_extra_whitespaces = true;
        } else if (type == "Strip") {
            stripped = true;
            // What has become marks by then stays.
            ends_stripped =
                ends_stripped || (!rule.remove_extra_whitespaces && flag(normalizer, "strip_right", false));
        } else if (type == "Prepend" && text_of(normalizer, "prepend") == space_mark) {
            rule.space_prefix = true;
        } else if (type == "Replace" && pattern_of(normalizer, "String") == " " && content == space_mark) {
            marked = true;
        } else {
            refuse("the normalizer \"" + type + "\"", source);
        }
    }
    for (const Json& step : parts_of(tokenizer, "pre_tokenizer", "pretokenizers")) {
        const std::string type = type_of(step);
        if (type == "WhitespaceSplit" && !words_split && !marked) {
            words_split = true;
            continue;
        }
        if (type != "Metaspace" || text_of(step, "replacement") != space_mark || marked)
            refuse("an unknown way of splitting", source);
        const std::string scheme = prepend_scheme(step);
        marked = true;
        rule.space_prefix = scheme != "never";
        rule.split_at_marks = flag(step, "split", true);
        if (words_split && scheme != "always") refuse("words without a mark in front", source);
        if (scheme == "first")
            rule.notes.push_back(
                "llama.cpp puts a space also behind special tokens; texts that hold them get another token "
                "there.");
    }
    if (!marked) refuse("no mark for spaces", source);
    if (stripped && !rule.remove_extra_whitespaces && !words_split)
        refuse("spaces cut off the ends of a text alone", source);
    if (words_split) {
        rule.remove_extra_whitespaces = true;
        if (rule.chars_map.empty())
            rule.notes.push_back(
                "llama.cpp parts words at spaces alone, not at line ends and tabs; texts with those get "
                "other tokens there.");
    } else if (rule.remove_extra_whitespaces && !rule.space_prefix) {
        refuse("words without a mark in front", source);
    } else if (rule.remove_extra_whitespaces && !ends_stripped) {
        rule.notes.push_back(
            "llama.cpp leaves out spaces at the end of a text; such texts have a token less there.");
    } else if (!rule.remove_extra_whitespaces && rule.space_prefix) {
        rule.notes.push_back(
            "llama.cpp puts a space in front of every text, this tokenizer only where there is none yet; "
            "such texts get "
            "another first token there.");
    }
    if (flag(tokenizer.at("model"), "byte_fallback", false))
        rule.notes.push_back(
            "llama.cpp has no bytes for characters that a unigram tokenizer does not know; texts with such "
            "ones get the "
            "unknown token there.");
    return rule;
}

SplitRule wordpiece_rule(const Json& tokenizer, const std::string& source) {
    SplitRule rule;
    rule.model = "bert";
    rule.pre = "default";
    std::vector<Json> normalizers = parts_of(tokenizer, "normalizer", "normalizers");
    const bool composes = !normalizers.empty() && type_of(normalizers.front()) == "NFC";
    if (composes) normalizers.erase(normalizers.begin());
    if (normalizers.size() != 1 || type_of(normalizers.front()) != "BertNormalizer")
        refuse("another normalizer than BERT's", source);
    const Json& bert = normalizers.front();
    if (!flag(bert, "clean_text", true)) refuse("control characters left in texts", source);
    if (!flag(bert, "handle_chinese_chars", true)) refuse("Chinese characters joined to words", source);
    rule.lowercase = flag(bert, "lowercase", true);
    rule.strip_accents = flag(bert, "strip_accents", rule.lowercase);
    if (composes && !rule.strip_accents)
        rule.notes.push_back(
            "llama.cpp does not compose accents (NFC); texts that hold them apart get other tokens there.");
    const std::vector<Json> steps = parts_of(tokenizer, "pre_tokenizer", "pretokenizers");
    if (steps.size() != 1 || type_of(steps.front()) != "BertPreTokenizer")
        refuse("an unknown way of splitting", source);
    if (!rule.lowercase || !rule.strip_accents)
        rule.notes.push_back(
            "Releases of llama.cpp from before it read tokenizer.ggml.normalizer.lowercase and strip_accents "
            "write all "
            "texts in small letters without accents and give other tokens.");
    if (rule.strip_accents)
        rule.notes.push_back(
            "llama.cpp keeps the first letter alone of a Korean syllable; such texts get other tokens "
            "there.");
    return rule;
}

}  // namespace engine
