#include "tokenizer/tokenizer_files.h"

#include "engine/error.h"
#include "io/file.h"
#include "io/presence.h"
#include "tokenizer/vocabulary_files.h"

namespace engine {
namespace {

void read_roles(const std::filesystem::path& folder, const Json& config, TokenizerFiles& files) {
    const Json map = read_optional(folder / "special_tokens_map.json");
    const auto role = [&](const char* key) {
        auto token = token_text(config, key);
        return token || config.contains(key) ? token : token_text(map, key);
    };
    files.bos = role("bos_token");
    files.eos = role("eos_token");
    files.pad = role("pad_token");
    files.unk = role("unk_token");
    files.cls = role("cls_token");
    files.sep = role("sep_token");
    for (const auto& token : {files.cls, files.sep, role("mask_token")})
        if (token) files.other_special.push_back(*token);
    for (const Json* object : {&config, &map}) {
        const auto it = object->find("additional_special_tokens");
        if (it == object->end() || !it->is_array()) continue;
        for (const Json& token : *it)
            if (const auto text = token_text({{"token", token}}, "token"))
                files.other_special.push_back(*text);
    }
}

// added_tokens_decoder of tokenizer_config.json {id: {content, ...}} and added_tokens.json {content: id}.
void read_added_tokens(const std::filesystem::path& folder, const Json& config, TokenizerFiles& files) {
    const auto decoder = config.find("added_tokens_decoder");
    if (decoder != config.end() && decoder->is_object()) {
        for (const auto& [key, token] : decoder->items()) {
            if (!token.is_object() || key.empty() || key.size() > 9 ||
                key.find_first_not_of("0123456789") != std::string::npos)
                continue;
            Json added = token;
            added["id"] = std::stoi(key);
            files.added_later.push_back(std::move(added));
        }
    }
    const Json contents = read_optional(folder / "added_tokens.json");
    for (const auto& [content, id] : contents.items())
        if (id.is_number_integer()) files.added_later.push_back({{"id", id}, {"content", content}});
}

void read_config_ids(const std::filesystem::path& folder, TokenizerFiles& files) {
    for (const char* name : {"generation_config.json", "config.json"}) {
        const Json config = read_optional(folder / name);
        if (!files.config_bos_id && config.contains("bos_token_id") &&
            config["bos_token_id"].is_number_integer())
            files.config_bos_id = config["bos_token_id"].get<std::int64_t>();
        if (!files.config_eos_ids.empty() || !config.contains("eos_token_id")) continue;
        const Json& eos = config["eos_token_id"];
        for (const Json& id : eos.is_array() ? eos : Json::array({eos}))
            if (id.is_number_integer()) files.config_eos_ids.push_back(id.get<std::int64_t>());
    }
}

// What a folder may hold, the first one counts.
enum class Form { none, tokenizer_json, sentencepiece, bpe_files, wordpiece_file };

struct Found {
    Form form = Form::none;
    std::filesystem::path path;
};

Found find_files(const std::filesystem::path& folder) {
    if (is_listed(folder / "tokenizer.json")) return {Form::tokenizer_json, folder / "tokenizer.json"};
    for (const char* name : {"tokenizer.model", "spm.model", "spiece.model", "sentencepiece.bpe.model", "sentencepiece.model"})
        if (is_listed(folder / name)) return {Form::sentencepiece, folder / name};
    if (is_listed(folder / "vocab.json") && is_listed(folder / "merges.txt"))
        return {Form::bpe_files, folder / "vocab.json"};
    if (is_listed(folder / "vocab.txt")) return {Form::wordpiece_file, folder / "vocab.txt"};
    return {};
}

[[noreturn]] void refuse_missing(const std::filesystem::path& folder) {
    const std::string supported =
        "tokenizer.json, a SentencePiece file (tokenizer.model, spm.model, spiece.model, sentencepiece.bpe.model), "
        "vocab.json with merges.txt, or vocab.txt";
    if (is_listed(folder / "source.spm"))
        fail_input("The tokenizer in '" + folder.string() +
                   "' is that of a translation model ('source.spm'), which is not supported; supported are " + supported + ".");
    fail_input("The folder '" + folder.string() + "' holds no tokenizer. Add " + supported + ".");
}

}  // namespace

Json read_optional(const std::filesystem::path& path) {
    if (!is_listed(path)) return Json::object();
    Json document = read_json_file(path);
    if (!document.is_object())
        fail_input("The file '" + path.string() + "' is not a JSON object. Fetch it again.");
    return document;
}

std::optional<std::string> token_text(const Json& object, const char* key) {
    const auto it = object.find(key);
    if (it == object.end()) return std::nullopt;
    if (it->is_string()) return it->get<std::string>();
    if (it->is_object() && it->contains("content") && (*it)["content"].is_string())
        return (*it)["content"].get<std::string>();
    return std::nullopt;
}

bool has_tokenizer_files(const std::filesystem::path& folder) {
    return find_files(folder).form != Form::none;
}

TokenizerFiles read_tokenizer_files(const std::filesystem::path& folder) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
        fail_input("There is no folder '" + folder.string() + "' with tokenizer files. Check the path.");
    const Found found = find_files(folder);
    if (found.form == Form::none) refuse_missing(folder);
    TokenizerFiles files;
    files.added_later = Json::array();
    files.source = "'" + found.path.string() + "'";
    const Json config = read_optional(folder / "tokenizer_config.json");
    read_roles(folder, config, files);
    read_added_tokens(folder, config, files);
    read_config_ids(folder, files);
    switch (found.form) {
        case Form::tokenizer_json:
            files.tokenizer = read_json_file(found.path);
            break;
        case Form::sentencepiece:
            files.tokenizer = document_from_sentencepiece(found.path, config, files);
            break;
        case Form::wordpiece_file:
            files.tokenizer = document_from_wordpiece_file(found.path, config, files);
            break;
        default:
            files.tokenizer = document_from_bpe_files(folder, config, files);
    }
    if (!files.tokenizer.is_object())
        fail_input(files.source + " is not a JSON object. Fetch the file again.");
    return files;
}

}  // namespace engine
