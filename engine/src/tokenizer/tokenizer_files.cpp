#include "tokenizer/tokenizer_files.h"

#include "engine/error.h"
#include "io/file.h"
#include "tokenizer/component.h"

namespace engine {
namespace {

bool is_there(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

Json read_optional(const std::filesystem::path& path) {
    if (!is_there(path)) return Json::object();
    Json document = read_json_file(path);
    if (!document.is_object())
        fail_input("The file '" + path.string() + "' is not a JSON object. Fetch it again.");
    return document;
}

// A token given as a text or as an object with "content".
std::optional<std::string> token_text(const Json& object, const char* key) {
    const auto it = object.find(key);
    if (it == object.end()) return std::nullopt;
    if (it->is_string()) return it->get<std::string>();
    if (it->is_object() && it->contains("content") && (*it)["content"].is_string())
        return (*it)["content"].get<std::string>();
    return std::nullopt;
}

Json byte_level(bool add_prefix_space, bool use_regex) {
    return {{"type", "ByteLevel"}, {"add_prefix_space", add_prefix_space}, {"use_regex", use_regex}};
}

// Lines of merges.txt, without the version line at its head.
Json read_merges(const std::filesystem::path& path) {
    const std::string text = read_text(path, std::uint64_t{256} << 20);
    Json merges = Json::array();
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = text.find('\n', at);
        if (end == std::string::npos) end = text.size();
        std::string line = text.substr(at, end - at);
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty() && !(at == 0 && line.starts_with("#version"))) merges.push_back(std::move(line));
        at = end + 1;
    }
    return merges;
}

std::string tokenizer_class(const std::filesystem::path& folder, const Json& config) {
    if (const auto name = token_text(config, "tokenizer_class")) return *name;
    const auto type = token_text(read_optional(folder / "config.json"), "model_type").value_or("gpt2");
    if (type == "roberta") return "RobertaTokenizer";
    if (type.starts_with("qwen2") || type == "qwen3") return "Qwen2Tokenizer";
    return "GPT2Tokenizer";
}

// vocab.json + merges.txt say nothing of the steps around the model; the tokenizer's class does.
Json document_from_vocabulary(const std::filesystem::path& folder, TokenizerFiles& files,
                              const Json& config) {
    const Json vocabulary = read_json_file(folder / "vocab.json");
    const std::string name = tokenizer_class(folder, config);
    const bool roberta = name.starts_with("Roberta");
    const bool qwen = name.starts_with("Qwen2");
    const auto default_to = [&](std::optional<std::string>& role, const char* key, const char* token) {
        // An explicit null in the configuration means that there is none.
        if (!role && !config.contains(key) && vocabulary.contains(token)) role = token;
    };
    default_to(files.bos, "bos_token", roberta ? "<s>" : "<|endoftext|>");
    default_to(files.eos, "eos_token", roberta ? "</s>" : "<|endoftext|>");
    default_to(files.unk, "unk_token", roberta ? "<unk>" : "<|endoftext|>");
    if (roberta) default_to(files.pad, "pad_token", "<pad>");

    Json document;
    document["model"] = {
        {"type", "BPE"}, {"vocab", vocabulary}, {"merges", read_merges(folder / "merges.txt")}};
    document["decoder"] = byte_level(true, true);
    const bool prefix_space = json_bool(config, "add_prefix_space", files.source).value_or(false);
    document["pre_tokenizer"] = byte_level(prefix_space, true);
    if (qwen) {
        // Qwen team 2024, arXiv:2407.10671; the split that the family's tokenizer.json files carry.
        const char* pattern =
            R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
        document["normalizer"] = {{"type", "NFC"}};
        document["pre_tokenizer"] = {
            {"type", "Sequence"},
            {"pretokenizers",
             {{{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}},
              byte_level(prefix_space, false)}}};
    }
    const auto frame_token = [&](const std::optional<std::string>& token) -> Json {
        if (!token || !vocabulary.contains(*token)) return nullptr;
        return {{"type", "TemplateProcessing"},
                {"single", {{{"SpecialToken", {{"id", *token}}}}, {{"Sequence", {{"id", "A"}}}}}},
                {"special_tokens", {{*token, {{"ids", {vocabulary[*token]}}}}}}};
    };
    if (roberta) {
        if (files.bos && files.eos && vocabulary.contains(*files.bos) && vocabulary.contains(*files.eos))
            document["post_processor"] = {{"type", "RobertaProcessing"},
                                          {"cls", {*files.bos, vocabulary[*files.bos]}},
                                          {"sep", {*files.eos, vocabulary[*files.eos]}}};
        if (vocabulary.contains("<mask>"))
            files.added_later.push_back(
                {{"id", vocabulary["<mask>"]}, {"content", "<mask>"}, {"special", true}, {"lstrip", true}});
    } else if (json_bool(config, "add_bos_token", files.source).value_or(false)) {
        document["post_processor"] = frame_token(files.bos);
    }
    return document;
}

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
    for (const char* key : {"cls_token", "sep_token", "mask_token"})
        if (auto token = role(key)) files.other_special.push_back(*std::move(token));
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

[[noreturn]] void refuse_missing(const std::filesystem::path& folder) {
    for (const char* other : {"tokenizer.model", "spm.model", "vocab.txt"})
        if (is_there(folder / other))
            fail_input("The tokenizer in '" + folder.string() + "' is given only as '" + other +
                       "', which is not supported; supported are tokenizer.json, or vocab.json with "
                       "merges.txt. Add the model's tokenizer.json.");
    fail_input("The folder '" + folder.string() +
               "' holds no tokenizer. Add tokenizer.json, or vocab.json with merges.txt.");
}

}  // namespace

bool has_tokenizer_files(const std::filesystem::path& folder) {
    return is_there(folder / "tokenizer.json") ||
           (is_there(folder / "vocab.json") && is_there(folder / "merges.txt"));
}

TokenizerFiles read_tokenizer_files(const std::filesystem::path& folder) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
        fail_input("There is no folder '" + folder.string() + "' with tokenizer files. Check the path.");
    if (!has_tokenizer_files(folder)) refuse_missing(folder);
    TokenizerFiles files;
    files.added_later = Json::array();
    const bool single = is_there(folder / "tokenizer.json");
    const std::filesystem::path path = folder / (single ? "tokenizer.json" : "vocab.json");
    files.source = "'" + path.string() + "'";
    const Json config = read_optional(folder / "tokenizer_config.json");
    read_roles(folder, config, files);
    read_added_tokens(folder, config, files);
    read_config_ids(folder, files);
    files.tokenizer = single ? read_json_file(path) : document_from_vocabulary(folder, files, config);
    if (!files.tokenizer.is_object())
        fail_input(files.source + " is not a JSON object. Fetch the file again.");
    return files;
}

}  // namespace engine
