#include "tokenizer/vocabulary_files.h"

#include "engine/error.h"
#include "io/file.h"

#include <algorithm>

namespace engine {
namespace {

constexpr std::uint64_t max_file = std::uint64_t{256} << 20;

Json byte_level(bool add_prefix_space, bool use_regex) {
    return {{"type", "ByteLevel"}, {"add_prefix_space", add_prefix_space}, {"use_regex", use_regex}};
}

// Lines of merges.txt, without the version line at its head.
Json read_merges(const std::filesystem::path& path) {
    const std::string text = read_text(path, max_file);
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

}  // namespace

std::string tokenizer_class(const std::filesystem::path& folder, const Json& config) {
    if (const auto name = token_text(config, "tokenizer_class")) return *name;
    const auto type = token_text(read_optional(folder / "config.json"), "model_type").value_or("gpt2");
    if (type == "roberta") return "RobertaTokenizer";
    if (type == "xlm-roberta") return "XLMRobertaTokenizer";
    if (type.starts_with("qwen2") || type == "qwen3") return "Qwen2Tokenizer";
    if (type.starts_with("deberta")) return "DebertaV2Tokenizer";
    if (type == "llama" || type == "mistral" || type == "phi3") return "LlamaTokenizer";
    return "GPT2Tokenizer";
}

Json special_frame(const std::vector<std::pair<std::string, std::int64_t>>& before,
                   const std::vector<std::pair<std::string, std::int64_t>>& after) {
    if (before.empty() && after.empty()) return nullptr;
    Json parts = Json::array(), ids = Json::object();
    const auto add = [&](const auto& tokens) {
        for (const auto& [content, id] : tokens) {
            parts.push_back({{"SpecialToken", {{"id", content}}}});
            ids[content] = {{"ids", {id}}};
        }
    };
    add(before);
    parts.push_back({{"Sequence", {{"id", "A"}}}});
    add(after);
    return {{"type", "TemplateProcessing"}, {"single", std::move(parts)}, {"special_tokens", std::move(ids)}};
}

// vocab.json + merges.txt say nothing of the steps around the model; the tokenizer's class does.
Json document_from_bpe_files(const std::filesystem::path& folder, const Json& config, TokenizerFiles& files) {
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

Json document_from_wordpiece_file(const std::filesystem::path& path, const Json& config,
                                  TokenizerFiles& files) {
    // One token in each line; its id is the number of the line.
    const std::string text = read_text(path, max_file);
    Json vocabulary = Json::object();
    std::int64_t id = 0;
    for (std::size_t at = 0; at < text.size(); ++id) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        if (line.ends_with('\r')) line.pop_back();
        vocabulary[std::move(line)] = id;  // of a token that is there twice, the later id
        at = end + 1;
    }
    const auto role = [&](std::optional<std::string>& token, const char* key, const char* usual) {
        if (!token && !config.contains(key) && vocabulary.contains(usual)) token = usual;
    };
    role(files.unk, "unk_token", "[UNK]");
    role(files.cls, "cls_token", "[CLS]");
    role(files.sep, "sep_token", "[SEP]");
    role(files.pad, "pad_token", "[PAD]");
    for (const auto& token : {files.cls, files.sep, std::optional<std::string>("[MASK]")})
        if (token && vocabulary.contains(*token)) files.other_special.push_back(*token);

    const bool lower = json_bool(config, "do_lower_case", files.source).value_or(true);
    Json bert = {
        {"type", "BertNormalizer"},
        {"lowercase", lower},
        {"handle_chinese_chars", json_bool(config, "tokenize_chinese_chars", files.source).value_or(true)}};
    if (const auto strip = json_bool(config, "strip_accents", files.source)) bert["strip_accents"] = *strip;
    Json document;
    // BERT's own program composes the text first; tokenizer.json files made from such a list do not.
    document["normalizer"] = {{"type", "Sequence"}, {"normalizers", {{{"type", "NFC"}}, std::move(bert)}}};
    document["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
    document["decoder"] = {{"type", "WordPiece"}};
    std::vector<std::pair<std::string, std::int64_t>> before, after;
    if (files.cls && vocabulary.contains(*files.cls)) before.emplace_back(*files.cls, vocabulary[*files.cls]);
    if (files.sep && vocabulary.contains(*files.sep)) after.emplace_back(*files.sep, vocabulary[*files.sep]);
    if (before.empty() || after.empty()) {
        document["post_processor"] = special_frame(before, after);
    } else {  // also says how two texts are framed
        document["post_processor"] = {{"type", "BertProcessing"}};
        document["post_processor"]["cls"] = Json::array({before.front().first, before.front().second});
        document["post_processor"]["sep"] = Json::array({after.front().first, after.front().second});
    }
    document["model"] = {
        {"type", "WordPiece"}, {"vocab", std::move(vocabulary)}, {"unk_token", files.unk.value_or("[UNK]")}};
    return document;
}

}  // namespace engine
