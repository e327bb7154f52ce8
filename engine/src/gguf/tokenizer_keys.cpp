#include "gguf/tokenizer_keys.h"

#include "engine/chat.h"
#include "engine/error.h"
#include "engine/tokenizer.h"
#include "gguf/greedy_tokens.h"
#include "gguf/split_parts.h"
#include "gguf/split_rules.h"
#include "gguf/token_scores.h"
#include "tokenizer/sentencepiece_file.h"
#include "tokenizer/tokenizer_files.h"

#include <algorithm>
#include <functional>
#include <unordered_set>

namespace engine {
namespace {

using split_parts::space_mark;
using namespace token_type;

bool is_byte_token(const std::string& token) {
    return token.size() == 6 && token.starts_with("<0x") && token.back() == '>' &&
           token.find_first_not_of("0123456789ABCDEF", 3) == 5;
}

class Keys {
  public:
    Keys(TokenizerFiles files, Tokenizer tokenizer, std::int64_t rows)
        : files_(std::move(files)), tokenizer_(std::move(tokenizer)), rows_(rows) {
        if (tokenizer_.vocab_size() > rows)
            fail_input("The tokenizer in " + files_.source + " has ids up to " +
                       std::to_string(tokenizer_.vocab_size() - 1) + ", the model's embedding has " +
                       std::to_string(rows) + " rows. Use the tokenizer that belongs to the model.");
        if (files_.sentencepiece) return;
        const auto model = files_.tokenizer.find("model");
        if (model == files_.tokenizer.end() || !model->is_object())
            fail_input("The tokenizer in " + files_.source + " has no \"model\". Fetch the file again.");
        model_ = &*model;
    }

    GgufTokenizer make() {
        const SplitRule rule =
            files_.sentencepiece ? sentencepiece_rule() : split_rule(files_.tokenizer, files_.source);
        result_.notes = rule.notes;
        set("model", rule.model);
        set("pre", rule.pre);
        const bool scored = rule.model == "llama" || rule.model == "t5";
        collect_tokens(scored);
        if (rule.model == "bert") mark_words();
        // Marks inside a token, which a split never lets it meet.
        if (rule.split_at_marks)
            set_unused(
                [](const std::string& token) { return token.find(space_mark, 1) != std::string::npos; });
        result_.keys.emplace_back("tokenizer.ggml.tokens", gguf_array(tokens_));
        note_greedy_tokens();
        if (scored) {
            result_.keys.emplace_back("tokenizer.ggml.scores", gguf_array(scores_of(rule)));
            set("add_space_prefix", rule.space_prefix);
            set("remove_extra_whitespaces", rule.remove_extra_whitespaces);
            if (!rule.chars_map.empty())
                result_.keys.emplace_back(
                    "tokenizer.ggml.precompiled_charsmap",
                    gguf_array(std::vector<std::uint8_t>(rule.chars_map.begin(), rule.chars_map.end())));
        } else if (rule.model == "bert") {
            set("normalizer.lowercase", rule.lowercase);
            set("normalizer.strip_accents", rule.strip_accents);
        } else {
            std::vector<std::string> merges;
            for (const auto& [left, right] : merges_of(*model_)) merges.push_back(left + " " + right);
            result_.keys.emplace_back("tokenizer.ggml.merges", gguf_array(merges));
        }
        result_.keys.emplace_back("tokenizer.ggml.token_type", gguf_array(types_));
        set_roles(rule.model == "bert");
        return std::move(result_);
    }

  private:
    template <class T>
    void set(const char* key, T value) {
        result_.keys.emplace_back(std::string("tokenizer.ggml.") + key, GgufValue{std::move(value)});
    }

    // A SentencePiece file says itself how it works; llama.cpp does the same for unigram models, and for BPE
    // without rules of normalisation.
    SplitRule sentencepiece_rule() const {
        const SentencePieceFile& file = *files_.sentencepiece;
        const auto refuse = [&](const std::string& what) {
            fail_input("The tokenizer in " + files_.source + " " + what +
                       ", which llama.cpp does otherwise. Export a merged Hugging Face folder.");
        };
        const bool unigram = file.algorithm == SentencePieceAlgorithm::unigram;
        if (file.treat_whitespace_as_suffix || !file.escape_whitespaces)
            refuse("marks spaces in an unusual way");
        SplitRule rule;
        rule.model = unigram ? "t5" : "llama";
        rule.pre = "default";
        rule.space_prefix = file.add_dummy_prefix && files_.prefix != PrefixPlace::nowhere;
        rule.remove_extra_whitespaces = unigram && file.remove_extra_whitespaces;
        if (unigram) rule.chars_map = file.chars_map;
        if (unigram && file.byte_fallback)
            rule.notes.push_back(
                "llama.cpp has no bytes for characters that a unigram tokenizer does not know; texts with "
                "such ones get the "
                "unknown token there.");
        if (!unigram && !file.chars_map.empty())
            rule.notes.push_back(
                "llama.cpp does not normalise characters as this tokenizer does; texts with unusual ones get "
                "other "
                "tokens there.");
        if (!unigram && file.remove_extra_whitespaces)
            rule.notes.push_back(
                "llama.cpp keeps runs of spaces that this tokenizer shortens; such texts get other tokens "
                "there.");
        if (rule.space_prefix && files_.prefix == PrefixPlace::start)
            rule.notes.push_back(
                "llama.cpp puts a space also behind special tokens; texts that hold them get another token "
                "there.");
        return rule;
    }

    std::vector<float> scores_of(const SplitRule& rule) {
        if (files_.sentencepiece) return piece_scores();
        if (rule.model == "t5") return unigram_scores();
        MergeScores merged = merge_scores(tokens_, types_, merges_of(*model_));
        if (!merged.as_sentencepiece)
            result_.notes.push_back(
                "The merges of this tokenizer are not those of a SentencePiece vocabulary; some texts get "
                "other tokens in "
                "llama.cpp.");
        return std::move(merged.scores);
    }

    static constexpr float never = -1000;  // below every sum of scores that texts come to in practice

    std::vector<float> piece_scores() const {
        std::vector<float> scores(tokens_.size(), never);
        const auto& pieces = files_.sentencepiece->pieces;
        for (std::size_t id = 0; id < std::min(scores.size(), pieces.size()); ++id)
            if (types_[id] != unused) scores[id] = pieces[id].score;
        return scores;
    }

    std::vector<float> unigram_scores() const {
        std::vector<float> scores(tokens_.size(), never);
        const Json& vocabulary = model_->at("vocab");
        for (std::size_t id = 0; id < std::min(scores.size(), vocabulary.size()); ++id)
            if (types_[id] != unused) scores[id] = static_cast<float>(std::clamp(vocabulary[id][1].get<double>(), -1e30, 1e30));
        return scores;
    }

    // llama.cpp finds these only where nothing else fits.
    void set_unused(const std::function<bool(const std::string&)>& wanted) {
        for (std::size_t id = 0; id < tokens_.size(); ++id)
            if (types_[id] == normal && wanted(tokens_[id])) types_[id] = unused;
    }

    void note_greedy_tokens() {
        const auto added = files_.tokenizer.find("added_tokens");
        const GreedyTokens greedy = greedy_tokens(files_.added_later, added != files_.tokenizer.end() ? *added : Json(),
                                                  [&](const char* token) { return tokenizer_.id(token).has_value(); });
        result_.spaces_like_phi3 = greedy.like_phi3;
        if (greedy.first.empty() || greedy.like_phi3) return;
        result_.notes.push_back("llama.cpp leaves the spaces beside " + greedy.first.substr(0, 80) +
                                ", which takes them along here; texts that hold it get other tokens there.");
    }

    // WordPiece's marks turned over: llama.cpp marks the tokens that begin a word, not those that go on with
    // one.
    void mark_words() {
        const auto prefix = json_string(*model_, "continuing_subword_prefix", files_.source).value_or("##");
        std::unordered_set<std::string> spelled;
        for (std::size_t id = 0; id < tokens_.size(); ++id) {
            std::string& token = tokens_[id];
            if (types_[id] == normal) {
                const bool goes_on = token.size() > prefix.size() && token.starts_with(prefix);
                token = goes_on ? token.substr(prefix.size()) : space_mark + token;
            }
            if (!spelled.insert(token).second)
                fail_input("The tokenizer in " + files_.source +
                           " has tokens that llama.cpp would spell alike, '" + token.substr(0, 80) +
                           "' for one. Export a merged Hugging Face folder.");
        }
        const auto longest = json_int(*model_, "max_input_chars_per_word", files_.source).value_or(100);
        result_.notes.push_back(
            "llama.cpp ends words at form feeds and vertical tabs and takes those of more than " +
            std::to_string(longest) + " characters as well; such texts get other tokens there.");
    }

    // Added tokens are found in a text before it is split; the others only by merging.
    void collect_added() {
        for (const Json* list :
             {&files_.added_later,
              files_.tokenizer.contains("added_tokens") ? &files_.tokenizer["added_tokens"] : nullptr}) {
            if (!list || !list->is_array()) continue;
            for (const Json& item : *list)
                if (item.is_object() && item.contains("id") && item["id"].is_number_integer())
                    added_.insert(item["id"].get<std::int64_t>());
        }
    }

    void collect_tokens(bool sentencepiece) {
        collect_added();
        std::unordered_set<std::string> taken;
        for (std::int32_t id = 0; id < rows_; ++id)
            if (tokenizer_.contains(id)) taken.insert(tokenizer_.token(id));
        for (std::int32_t id = 0; id < rows_; ++id) {
            if (!tokenizer_.contains(id)) {
                std::string filler = "[PAD" + std::to_string(id) + "]";
                while (!taken.insert(filler).second) filler += "_";
                tokens_.push_back(std::move(filler));
                types_.push_back(unused);
                continue;
            }
            tokens_.push_back(tokenizer_.token(id));
            const auto* pieces = files_.sentencepiece ? &files_.sentencepiece->pieces : nullptr;
            if (pieces && static_cast<std::size_t>(id) < pieces->size())
                types_.push_back(static_cast<std::int32_t>((*pieces)[static_cast<std::size_t>(id)].type));
            else if (sentencepiece && is_byte_token(tokens_.back()))
                types_.push_back(byte);
            else if (sentencepiece && tokenizer_.unk_id() == id)
                types_.push_back(unknown);
            else if (tokenizer_.is_special(id))
                types_.push_back(control);
            else
                types_.push_back(added_.contains(id) ? user_defined : normal);
        }
    }

    void set_roles(bool wordpiece) {
        // What stands around a text: encoding one shows it, whatever the post-processor is called.
        const std::vector<std::int32_t> plain = tokenizer_.encode("a", {.add_special_tokens = false});
        const std::vector<std::int32_t> framed = tokenizer_.encode("a");
        const auto inside = std::search(framed.begin(), framed.end(), plain.begin(), plain.end());
        const auto before = inside - framed.begin();
        const auto after = framed.end() - inside - static_cast<std::ptrdiff_t>(plain.size());
        // Of an encoder the separator stands behind a text, which to llama.cpp is the end token.
        auto eos = tokenizer_.eos_id();
        if (after == 1 && !wordpiece && (!eos || (files_.sep && tokenizer_.id(*files_.sep) == framed.back())))
            eos = framed.back();
        if (inside == framed.end() || before > 1 || after > 1 ||
            (after == 1 && !wordpiece && framed.back() != eos) || (wordpiece && (before != 1 || after != 1)))
            fail_input(
                "The tokenizer in " + files_.source +
                " puts other tokens around a text than one at its start and the end token behind it, which "
                "llama.cpp cannot do. Export a merged Hugging Face folder.");
        const auto role = [&](const char* key, std::optional<std::int32_t> id) {
            if (id) set(key, static_cast<std::uint32_t>(*id));
        };
        role("bos_token_id", before == 1 ? framed.front() : tokenizer_.bos_id());
        role("eos_token_id", wordpiece ? std::nullopt : eos);
        role("unknown_token_id", tokenizer_.unk_id());
        role("padding_token_id", tokenizer_.pad_id());
        if (wordpiece || (files_.cls && files_.sep && before == 1 && after == 1)) {
            role("cls_token_id", framed.front());
            role("seperator_token_id", framed.back());
            set("add_sep_token", wordpiece || tokenizer_.frame().middle.size() == 2);  // between two texts
        }
        for (const std::int32_t id : tokenizer_.stop_ids())
            if (id != eos) {
                role("eot_token_id", id);
                break;
            }
        set("add_bos_token", before == 1);
        set("add_eos_token", after == 1 && !wordpiece);
    }

    TokenizerFiles files_;
    Tokenizer tokenizer_;
    std::int64_t rows_;
    const Json* model_ = nullptr;
    std::unordered_set<std::int64_t> added_;
    std::vector<std::string> tokens_;
    std::vector<std::int32_t> types_;
    GgufTokenizer result_;
};

void add_chat_template(const std::filesystem::path& folder, const std::filesystem::path& file, GgufTokenizer& result) {
    if (file.empty() && !ChatTemplate::is_available(folder)) return;
    const auto main = ChatTemplate::load(folder, file);
    if (!main) {
        result.notes.push_back("The GGUF has no chat template: " + main.error().message);
        return;
    }
    result.keys.emplace_back("tokenizer.chat_template", GgufValue{main->text()});
    std::vector<std::string> names;
    for (const std::string& name : main->other_names()) {
        const auto other = ChatTemplate::load(folder, {}, name);
        if (!other) continue;
        names.push_back(name);
        result.keys.emplace_back("tokenizer.chat_template." + name, GgufValue{other->text()});
    }
    if (!names.empty()) result.keys.emplace_back("tokenizer.chat_templates", gguf_array(names));
}

}  // namespace

GgufTokenizer gguf_tokenizer(const std::filesystem::path& folder, std::int64_t rows,
                             const std::filesystem::path& chat_template) {
    if (!Tokenizer::is_available(folder))
        fail_input("The model folder '" + folder.string() +
                   "' has no tokenizer, and llama.cpp cannot use a GGUF without one. Add the model's "
                   "tokenizer.json.");
    GgufTokenizer result = gguf_tokenizer(read_tokenizer_files(folder), Tokenizer::load(folder).value(), rows);
    add_chat_template(folder, chat_template, result);
    return result;
}

GgufTokenizer gguf_tokenizer(TokenizerFiles files, Tokenizer tokenizer, std::int64_t rows) {
    return Keys(std::move(files), std::move(tokenizer), rows).make();
}

}  // namespace engine
