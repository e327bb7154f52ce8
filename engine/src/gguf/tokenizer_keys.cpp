#include "gguf/tokenizer_keys.h"

#include "engine/chat.h"
#include "engine/error.h"
#include "engine/tokenizer.h"
#include "gguf/split_rules.h"
#include "tokenizer/sentencepiece_file.h"
#include "tokenizer/tokenizer_files.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace engine {
namespace {

constexpr std::size_t longest_looked_at = 512;  // bytes of a token, in joins_more

enum TokenType : std::int32_t {
    normal = 1,
    unknown = 2,
    control = 3,
    user_defined = 4,
    unused = 5,
    byte = 6
};

using Merges = std::vector<std::pair<std::string, std::string>>;

Merges merges_of(const Json& model) {
    Merges merges;
    const auto list = model.find("merges");
    if (list == model.end() || !list->is_array()) return merges;
    for (const Json& item : *list) {
        if (item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string()) {
            merges.emplace_back(item[0].get<std::string>(), item[1].get<std::string>());
        } else if (item.is_string()) {
            const auto text = item.get<std::string>();
            const std::size_t space = text.find(' ');
            if (space != std::string::npos)
                merges.emplace_back(text.substr(0, space), text.substr(space + 1));
        }
    }
    return merges;
}

bool is_byte_token(const std::string& token) {
    return token.size() == 6 && token.starts_with("<0x") && token.back() == '>' &&
           token.find_first_not_of("0123456789ABCDEF", 3) == 5;
}

class Keys {
  public:
    Keys(const std::filesystem::path& folder, std::int64_t rows)
        : files_(read_tokenizer_files(folder)), tokenizer_(Tokenizer::load(folder).value()), rows_(rows) {
        if (tokenizer_.vocab_size() > rows)
            fail_input("The tokenizer in " + files_.source + " has ids up to " +
                       std::to_string(tokenizer_.vocab_size() - 1) + ", the model's embedding has " +
                       std::to_string(rows) + " rows. Use the tokenizer that belongs to the model.");
        if (files_.sentencepiece) return;
        const auto model = files_.tokenizer.find("model");
        if (model == files_.tokenizer.end() || !model->is_object())
            fail_input("The tokenizer in " + files_.source + " has no \"model\". Fetch the file again.");
        const std::string type = model->value("type", std::string("BPE"));
        if (type != "BPE")
            fail_input("The tokenizer in " + files_.source + " is a " + type +
                       " model; GGUF is written with BPE tokenizers. Export a merged Hugging Face folder.");
        model_ = &*model;
    }

    GgufTokenizer make(const std::filesystem::path& folder, const std::filesystem::path& chat_template) {
        const SplitRule rule = files_.sentencepiece ? sentencepiece_rule() : split_rule(files_.tokenizer, files_.source);
        result_.notes = rule.notes;
        set("model", rule.model);
        set("pre", rule.pre);
        const bool scored = rule.model != "gpt2";
        collect_tokens(scored);
        result_.keys.emplace_back("tokenizer.ggml.tokens", gguf_array(tokens_));
        if (scored) {
            const std::vector<float> scores = files_.sentencepiece ? piece_scores() : merge_scores();
            result_.keys.emplace_back("tokenizer.ggml.scores", gguf_array(scores));
            set("add_space_prefix", rule.space_prefix);
            const bool unigram = rule.model == "t5";
            set("remove_extra_whitespaces", unigram && files_.sentencepiece->remove_extra_whitespaces);
            if (unigram && !files_.sentencepiece->chars_map.empty()) {
                const std::string& rules = files_.sentencepiece->chars_map;
                result_.keys.emplace_back("tokenizer.ggml.precompiled_charsmap",
                                          gguf_array(std::vector<std::uint8_t>(rules.begin(), rules.end())));
            }
        } else {
            std::vector<std::string> merges;
            for (const auto& [left, right] : merges_of(*model_)) merges.push_back(left + " " + right);
            result_.keys.emplace_back("tokenizer.ggml.merges", gguf_array(merges));
        }
        result_.keys.emplace_back("tokenizer.ggml.token_type", gguf_array(types_));
        set_roles();
        set_chat_template(folder, chat_template);
        return std::move(result_);
    }

  private:
    template <class T>
    void set(const char* key, T value) {
        result_.keys.emplace_back(std::string("tokenizer.ggml.") + key, GgufValue{std::move(value)});
    }

    // A SentencePiece file says itself how it works; llama.cpp does the same for unigram models, and for BPE without rules of
    // normalisation.
    SplitRule sentencepiece_rule() const {
        const SentencePieceFile& file = *files_.sentencepiece;
        const auto refuse = [&](const std::string& what) {
            fail_input("The tokenizer in " + files_.source + " " + what +
                       ", which llama.cpp does otherwise. Export a merged Hugging Face folder.");
        };
        const bool unigram = file.algorithm == SentencePieceAlgorithm::unigram;
        if (file.treat_whitespace_as_suffix || !file.escape_whitespaces) refuse("marks spaces in an unusual way");
        SplitRule rule;
        rule.model = unigram ? "t5" : "llama";
        rule.pre = "default";
        rule.space_prefix = file.add_dummy_prefix && files_.prefix != PrefixPlace::nowhere;
        if (unigram && file.byte_fallback)
            rule.notes.push_back(
                "llama.cpp has no bytes for characters that a unigram tokenizer does not know; texts with such ones get the "
                "unknown token there.");
        if (!unigram && !file.chars_map.empty())
            rule.notes.push_back(
                "llama.cpp does not normalise characters as this tokenizer does; texts with unusual ones get other "
                "tokens there.");
        if (!unigram && file.remove_extra_whitespaces)
            rule.notes.push_back(
                "llama.cpp keeps runs of spaces that this tokenizer shortens; such texts get other tokens there.");
        if (rule.space_prefix && files_.prefix == PrefixPlace::start)
            rule.notes.push_back(
                "llama.cpp puts a space also behind special tokens; texts that hold them get another token there.");
        return rule;
    }

    std::vector<float> piece_scores() const {
        constexpr float added_later = -1000;  // beyond the pieces of the file
        std::vector<float> scores(tokens_.size(), added_later);
        const auto& pieces = files_.sentencepiece->pieces;
        for (std::size_t id = 0; id < std::min(scores.size(), pieces.size()); ++id) scores[id] = pieces[id].score;
        return scores;
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

    // SentencePiece joins the neighbours whose union scores best; a list of merges joins those that come
    // first. The earlier a token is first made, the better its score.
    std::vector<float> merge_scores() {
        std::unordered_map<std::string, std::int32_t> ids;
        for (std::size_t id = 0; id < tokens_.size(); ++id)
            if (types_[id] == normal || types_[id] == user_defined)
                ids[tokens_[id]] = static_cast<std::int32_t>(id);
        std::vector<float> scores(tokens_.size(), 0.0F);
        std::vector<bool> made(tokens_.size(), false);
        std::set<std::pair<std::string, std::string>> listed;
        std::int32_t last = -1;
        std::int64_t rank = 0, out_of_order = 0;
        for (auto& merge : merges_of(*model_)) {
            const auto found = ids.find(merge.first + merge.second);
            if (found == ids.end()) continue;
            const auto id = static_cast<std::size_t>(found->second);
            if (!made[id]) {
                scores[id] = static_cast<float>(-++rank);
                made[id] = true;
            } else if (found->second != last) {
                ++out_of_order;
            }
            last = found->second;
            listed.insert(std::move(merge));
        }
        // What no merge makes must never win against what one makes.
        for (std::size_t id = 0; id < scores.size(); ++id)
            if (!made[id] && types_[id] == normal)
                scores[id] = static_cast<float>(-(rank + 1 + static_cast<std::int64_t>(id)));
        if (out_of_order > 0 || joins_more(ids, listed))
            result_.notes.push_back(
                "The merges of this tokenizer are not those of a SentencePiece vocabulary; some texts get "
                "other tokens in "
                "llama.cpp.");
        return scores;
    }

    // Whether two tokens are together a token without a merge that says so: SentencePiece would join them.
    // The work grows with the square of a token's length, and real ones are short: longest_looked_at bounds it.
    bool joins_more(const std::unordered_map<std::string, std::int32_t>& ids,
                    const std::set<std::pair<std::string, std::string>>& listed) const {
        for (const auto& [token, id] : ids) {
            if (types_[static_cast<std::size_t>(id)] != normal || token.size() > longest_looked_at) continue;
            for (std::size_t cut = 1; cut < token.size(); ++cut) {
                if ((static_cast<unsigned char>(token[cut]) & 0xC0U) == 0x80U)
                    continue;  // inside a character
                const std::string left = token.substr(0, cut);
                if (!ids.contains(left)) continue;
                const std::string right = token.substr(cut);
                if (ids.contains(right) && !listed.contains({left, right})) return true;
            }
        }
        return false;
    }

    void set_roles() {
        // What stands around a text: encoding one shows it, whatever the post-processor is called.
        const std::vector<std::int32_t> plain = tokenizer_.encode("a", {.add_special_tokens = false});
        const std::vector<std::int32_t> framed = tokenizer_.encode("a");
        const auto inside = std::search(framed.begin(), framed.end(), plain.begin(), plain.end());
        const auto before = inside - framed.begin();
        const auto after = framed.end() - inside - static_cast<std::ptrdiff_t>(plain.size());
        const auto eos = tokenizer_.eos_id();
        if (inside == framed.end() || before > 1 || after > 1 || (after == 1 && framed.back() != eos))
            fail_input("The tokenizer in " + files_.source +
                       " puts other tokens around a text than one at its start and the end token behind it, which "
                       "llama.cpp cannot do. Export a merged Hugging Face folder.");
        const auto role = [&](const char* key, std::optional<std::int32_t> id) {
            if (id) set(key, static_cast<std::uint32_t>(*id));
        };
        role("bos_token_id", before == 1 ? framed.front() : tokenizer_.bos_id());
        role("eos_token_id", eos);
        role("unknown_token_id", tokenizer_.unk_id());
        role("padding_token_id", tokenizer_.pad_id());
        for (const std::int32_t id : tokenizer_.stop_ids())
            if (id != eos) {
                role("eot_token_id", id);
                break;
            }
        set("add_bos_token", before == 1);
        set("add_eos_token", after == 1);
    }

    void set_chat_template(const std::filesystem::path& folder, const std::filesystem::path& file) {
        if (file.empty() && !ChatTemplate::is_available(folder)) return;
        const auto main = ChatTemplate::load(folder, file);
        if (!main) {
            result_.notes.push_back("The GGUF has no chat template: " + main.error().message);
            return;
        }
        result_.keys.emplace_back("tokenizer.chat_template", GgufValue{main->text()});
        std::vector<std::string> names;
        for (const std::string& name : main->other_names()) {
            const auto other = ChatTemplate::load(folder, {}, name);
            if (!other) continue;
            names.push_back(name);
            result_.keys.emplace_back("tokenizer.chat_template." + name, GgufValue{other->text()});
        }
        if (!names.empty()) result_.keys.emplace_back("tokenizer.chat_templates", gguf_array(names));
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

}  // namespace

GgufTokenizer gguf_tokenizer(const std::filesystem::path& folder, std::int64_t rows,
                             const std::filesystem::path& chat_template) {
    if (!Tokenizer::is_available(folder))
        fail_input("The model folder '" + folder.string() +
                   "' has no tokenizer, and llama.cpp cannot use a GGUF without one. Add the model's "
                   "tokenizer.json.");
    return Keys(folder, rows).make(folder, chat_template);
}

}  // namespace engine
