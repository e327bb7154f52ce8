#include "gguf/tokenizer_keys.h"

#include "engine/error.h"
#include "engine/tokenizer.h"
#include "gguf/split_rules.h"
#include "io/file.h"
#include "tokenizer/tokenizer_files.h"

#include <set>
#include <unordered_map>
#include <unordered_set>

namespace engine {
namespace {

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
        const auto model = files_.tokenizer.find("model");
        if (model == files_.tokenizer.end() || !model->is_object())
            fail_input("The tokenizer in " + files_.source + " has no \"model\". Fetch the file again.");
        const std::string type = model->value("type", std::string("BPE"));
        if (type != "BPE")
            fail_input("The tokenizer in " + files_.source + " is a " + type +
                       " model; GGUF is written with BPE tokenizers. Export a merged Hugging Face folder.");
        model_ = &*model;
    }

    GgufTokenizer make(const std::filesystem::path& folder) {
        const SplitRule rule = split_rule(files_.tokenizer, files_.source);
        result_.notes = rule.notes;
        set("model", rule.model);
        set("pre", rule.pre);
        collect_tokens(rule.model == "llama");
        result_.keys.emplace_back("tokenizer.ggml.tokens", gguf_array(tokens_));
        if (rule.model == "llama") {
            result_.keys.emplace_back("tokenizer.ggml.scores", gguf_array(scores()));
            set("add_space_prefix", rule.space_prefix);
            set("remove_extra_whitespaces", false);
        } else {
            std::vector<std::string> merges;
            for (const auto& [left, right] : merges_of(*model_)) merges.push_back(left + " " + right);
            result_.keys.emplace_back("tokenizer.ggml.merges", gguf_array(merges));
        }
        result_.keys.emplace_back("tokenizer.ggml.token_type", gguf_array(types_));
        set_roles();
        set_chat_template(folder);
        return std::move(result_);
    }

  private:
    template <class T>
    void set(const char* key, T value) {
        result_.keys.emplace_back(std::string("tokenizer.ggml.") + key, GgufValue{std::move(value)});
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
            if (sentencepiece && is_byte_token(tokens_.back()))
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
    std::vector<float> scores() {
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
    bool joins_more(const std::unordered_map<std::string, std::int32_t>& ids,
                    const std::set<std::pair<std::string, std::string>>& listed) const {
        for (const auto& [token, id] : ids) {
            if (types_[static_cast<std::size_t>(id)] != normal) continue;
            for (std::size_t cut = 1; cut < token.size(); ++cut) {
                if ((static_cast<unsigned char>(token[cut]) & 0xC0U) == 0x80U)
                    continue;  // inside a character
                const std::string left = token.substr(0, cut), right = token.substr(cut);
                if (ids.contains(left) && ids.contains(right) && !listed.contains({left, right})) return true;
            }
        }
        return false;
    }

    void set_roles() {
        const auto role = [&](const char* key, std::optional<std::int32_t> id) {
            if (id) set(key, static_cast<std::uint32_t>(*id));
        };
        role("bos_token_id", tokenizer_.bos_id());
        role("eos_token_id", tokenizer_.eos_id());
        role("unknown_token_id", tokenizer_.unk_id());
        role("padding_token_id", tokenizer_.pad_id());
        for (const std::int32_t id : tokenizer_.stop_ids())
            if (id != tokenizer_.eos_id()) {
                role("eot_token_id", id);
                break;
            }
        const std::vector<std::int32_t> frame = tokenizer_.encode("");
        std::size_t at = 0;
        const bool bos = at < frame.size() && frame[at] == tokenizer_.bos_id();
        if (bos) ++at;
        const bool eos = at < frame.size() && frame[at] == tokenizer_.eos_id();
        if (eos) ++at;
        if (at < frame.size())
            fail_input(
                "The tokenizer in " + files_.source +
                " puts other tokens around a text than one at its start and one at its end, which llama.cpp "
                "cannot do. Export a merged Hugging Face folder.");
        set("add_bos_token", bos);
        set("add_eos_token", eos);
    }

    // chat_template.jinja wins over tokenizer_config.json, where it is one text or a list of named ones.
    void set_chat_template(const std::filesystem::path& folder) {
        std::error_code error;
        if (std::filesystem::exists(folder / "chat_template.jinja", error)) {
            result_.keys.emplace_back("tokenizer.chat_template",
                                      GgufValue{read_text(folder / "chat_template.jinja", 16 << 20)});
            return;
        }
        if (!std::filesystem::exists(folder / "tokenizer_config.json", error)) return;
        const Json config = read_json_file(folder / "tokenizer_config.json");
        const auto found = config.find("chat_template");
        if (found == config.end()) return;
        if (found->is_string()) {
            result_.keys.emplace_back("tokenizer.chat_template", GgufValue{found->get<std::string>()});
            return;
        }
        if (!found->is_array()) return;
        std::vector<std::string> names;
        for (const Json& item : *found) {
            if (!item.is_object() || !item.contains("name") || !item.contains("template") ||
                !item["name"].is_string() || !item["template"].is_string())
                continue;
            const auto name = item["name"].get<std::string>();
            const bool main = name == "default";
            if (!main) names.push_back(name);
            result_.keys.emplace_back("tokenizer.chat_template" + (main ? std::string() : "." + name),
                                      GgufValue{item["template"].get<std::string>()});
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

GgufTokenizer gguf_tokenizer(const std::filesystem::path& folder, std::int64_t rows) {
    if (!Tokenizer::is_available(folder))
        fail_input("The model folder '" + folder.string() +
                   "' has no tokenizer, and llama.cpp cannot use a GGUF without one. Add the model's "
                   "tokenizer.json.");
    return Keys(folder, rows).make(folder);
}

}  // namespace engine
