#include "gguf/split_rules.h"

#include "engine/bpe_trainer.h"
#include "engine/error.h"
#include "gguf/split_parts.h"
#include "tokenizer/text.h"

#include <algorithm>

namespace engine {
namespace {

using namespace split_parts;

struct KnownPattern {
    const char* regex;
    const char* pre;         // with ignore_merges as below
    const char* plain = "";  // the same split without ignore_merges; empty: pre ignores no merges
};

// The rules of llama.cpp by the expressions that published tokenizers carry.
const std::vector<KnownPattern>& known_patterns() {
    static const std::vector<KnownPattern> known = {
        {R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", "gpt-2"},
        {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", "gpt-2"},
        {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
         "llama-bpe", "smaug-bpe"},
        {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
         "qwen2"},
    };
    return known;
}

// Whether a token stands for two or more white space characters: only then does it matter how runs of them
// are cut.
bool joins_white_space(const Json& model) {
    const auto vocabulary = model.find("vocab");
    if (vocabulary == model.end() || !vocabulary->is_object()) return false;
    const std::vector<std::string> blanks = {
        std::string(byte_spelling(' ')), std::string(byte_spelling('\n')), std::string(byte_spelling('\t')),
        std::string(byte_spelling('\r'))};
    for (const auto& [token, id] : vocabulary->items()) {
        std::size_t at = 0, count = 0;
        while (at < token.size()) {
            const auto blank = std::find_if(blanks.begin(), blanks.end(), [&](const std::string& spelling) {
                return token.compare(at, spelling.size(), spelling) == 0;
            });
            if (blank == blanks.end()) break;
            at += blank->size();
            ++count;
        }
        if (at == token.size() && count > 1) return true;
    }
    return false;
}

std::string rule_of_pattern(const std::string& regex, const Json& model, const std::string& source,
                            std::vector<std::string>& notes) {
    const bool ignore_merges = flag(model, "ignore_merges", false);
    if (regex == default_split_pattern && !ignore_merges) {
        // One digit at a time and otherwise GPT-2: what "smollm" does in two steps. The steps cut white space
        // before a digit at another place, which only shows where a token holds several blanks.
        if (joins_white_space(model))
            notes.push_back("Several blanks in a row before a digit may become other tokens in llama.cpp.");
        return "smollm";
    }
    for (const KnownPattern& known : known_patterns()) {
        if (regex != known.regex) continue;
        const bool takes_whole = *known.plain != '\0';
        if (takes_whole) return ignore_merges ? known.pre : known.plain;
        if (!ignore_merges) return known.pre;
    }
    refuse("an unknown split pattern", source);
}

SplitRule byte_level_rule(const std::vector<Json>& steps, const Json& tokenizer, const std::string& source) {
    SplitRule rule;
    rule.model = "gpt2";
    const Json& model = tokenizer.at("model");
    for (const Json& normalizer : parts_of(tokenizer, "normalizer", "normalizers")) {
        if (type_of(normalizer) != "NFC") refuse("the normalizer \"" + type_of(normalizer) + "\"", source);
        rule.notes.push_back(
            "llama.cpp does not compose accents (NFC); texts that hold them apart get other tokens there.");
    }
    const Json& last = steps.back();
    if (flag(last, "add_prefix_space", true)) refuse("a space put in front of every text", source);
    const bool gpt2_split = flag(last, "use_regex", true);
    if (steps.size() == 1 && gpt2_split) {
        if (flag(model, "ignore_merges", false))
            refuse("merges that are ignored behind GPT-2's split", source);
        rule.pre = "gpt-2";
        return rule;
    }
    const Json& first = steps.front();
    if (steps.size() == 2 && gpt2_split && type_of(first) == "Digits" &&
        flag(first, "individual_digits", false)) {
        rule.pre = "smollm";
        return rule;
    }
    if (steps.size() != 2 || gpt2_split || type_of(first) != "Split" ||
        text_of(first, "behavior") != "Isolated" || flag(first, "invert", false))
        refuse("an unknown way of splitting", source);
    rule.pre = rule_of_pattern(pattern_of(first, "Regex"), model, source, rule.notes);
    return rule;
}

SplitRule sentencepiece_rule(const std::vector<Json>& steps, const Json& tokenizer,
                             const std::string& source) {
    SplitRule rule;
    rule.model = "llama";
    rule.pre = "default";
    bool marked = false;
    for (const Json& normalizer : parts_of(tokenizer, "normalizer", "normalizers")) {
        const std::string type = type_of(normalizer);
        if (type == "Prepend" && text_of(normalizer, "prepend") == space_mark) {
            rule.space_prefix = true;
        } else if (type == "Replace" && pattern_of(normalizer, "String") == " " &&
                   text_of(normalizer, "content") == space_mark) {
            marked = true;
        } else {
            refuse("the normalizer \"" + type + "\"", source);
        }
    }
    for (const Json& step : steps) {
        const std::string type = type_of(step);
        // After the normaliser there is no space left to split at.
        if (type == "Split" && marked && pattern_of(step, "String") == " ") continue;
        if (type != "Metaspace" || text_of(step, "replacement") != space_mark)
            refuse("an unknown way of splitting", source);
        const std::string scheme = prepend_scheme(step);
        rule.space_prefix = scheme != "never";
        marked = true;
        if (rule.space_prefix)
            rule.notes.push_back(
                "llama.cpp puts a space in front of every text, this tokenizer only where there is none yet" +
                std::string(scheme == "first" ? " and not behind special tokens" : "") +
                "; such texts get another first token there.");
    }
    if (!marked) refuse("no mark for spaces", source);
    return rule;
}

}  // namespace

SplitRule split_rule(const Json& tokenizer, const std::string& source) {
    const auto model = tokenizer.find("model");
    const std::string type =
        model != tokenizer.end() && model->is_object() ? text_of(*model, "type") : std::string();
    if (type == "WordPiece") return wordpiece_rule(tokenizer, source);
    if (type == "Unigram") return unigram_rule(tokenizer, source);
    if (!type.empty() && type != "BPE")
        fail_input("The tokenizer in " + source + " is a " + type.substr(0, 60) +
                   " model, which llama.cpp does not know. Export a merged Hugging Face folder.");
    const std::vector<Json> steps = parts_of(tokenizer, "pre_tokenizer", "pretokenizers");
    if (!steps.empty() && type_of(steps.back()) == "ByteLevel")
        return byte_level_rule(steps, tokenizer, source);
    return sentencepiece_rule(steps, tokenizer, source);
}

}  // namespace engine
