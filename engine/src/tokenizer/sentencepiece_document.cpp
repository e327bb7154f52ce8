// What a SentencePiece file leaves open - the ids that a model counts with, what stands around a text - and the class in
// tokenizer_config.json says.
#include "tokenizer/vocabulary_files.h"

#include "engine/error.h"
#include "io/file.h"

#include <algorithm>

namespace engine {
namespace {

constexpr std::uint64_t max_file = std::uint64_t{256} << 20;

enum class Convention {
    llama,        // a token in front
    deberta,      // [CLS] text [SEP]
    xlm_roberta,  // <s> text </s>, ids moved by one
    t5            // text </s>
};

Convention convention_of(const std::filesystem::path& path, const Json& config, const std::string& source) {
    const std::string name = tokenizer_class(path.parent_path(), config);
    if (name.starts_with("XLMRoberta")) return Convention::xlm_roberta;
    if (name.starts_with("T5") || name.starts_with("MT5")) return Convention::t5;
    if (path.filename() == "spm.model" || name.starts_with("Deberta")) return Convention::deberta;
    // Under the usual name everything is read like Llama's; under the others a class must vouch for it.
    for (const char* like_llama : {"Llama", "CodeLlama", "Gemma"})
        if (name.starts_with(like_llama)) return Convention::llama;
    if (path.filename() == "tokenizer.model") return Convention::llama;
    fail_input("The tokenizer in " + source + " is one of the class " + name.substr(0, 80) +
               ", and what that puts around a text and counts ids from is not supported for this file. Add the model's "
               "tokenizer.json.");
}

// The id of a token that only the list of added tokens may know.
std::optional<std::int64_t> id_among(const Json& added, const std::string& content) {
    for (const Json& token : added)
        if (token.value("content", Json()) == content && token["id"].is_number_integer())
            return token["id"].get<std::int64_t>();
    return std::nullopt;
}

// XLM-RoBERTa was trained with fairseq, which counts four tokens of its own first and the mask last; the first three pieces of
// the file, <unk> <s> </s>, are among them.
void count_as_fairseq(SentencePieceFile& file, const std::string& source) {
    constexpr std::size_t replaced = 3;
    for (std::size_t id = 0; id < replaced; ++id)
        if (file.pieces.size() <= replaced || file.pieces[id].type == PieceType::normal)
            fail_input("The tokenizer in " + source +
                       " does not begin with <unk>, <s> and </s>, as XLM-RoBERTa's does. Add the model's tokenizer.json.");
    std::vector<SentencePiece> pieces = {{"<s>", 0, PieceType::control},
                                         {"<pad>", 0, PieceType::control},
                                         {"</s>", 0, PieceType::control},
                                         {"<unk>", 0, PieceType::unknown}};
    pieces.insert(pieces.end(), file.pieces.begin() + replaced, file.pieces.end());
    pieces.push_back({"<mask>", 0, PieceType::control});
    file.pieces = std::move(pieces);
    file.bos_id = 0;
    file.pad_id = 1;
    file.eos_id = 2;
    file.unk_id = 3;
}

// T5's sentinels, the first with the highest id.
void add_sentinels(const Json& config, TokenizerFiles& files) {
    const std::int64_t count = json_int(config, "extra_ids", files.source).value_or(100);
    if (count < 0 || count > 10'000)
        fail_input("\"extra_ids\" of the tokenizer in " + files.source + " must lie between 0 and 10000.");
    const auto first = static_cast<std::int64_t>(files.sentencepiece->pieces.size());
    for (std::int64_t i = 0; i < count; ++i)
        files.added_later.push_back({{"id", first + count - 1 - i},
                                     {"content", "<extra_id_" + std::to_string(i) + ">"},
                                     {"special", true}});
}

void refuse_rewritten(const Json& config, const TokenizerFiles& files) {
    for (const char* key : {"do_lower_case", "split_by_punct"})
        if (json_bool(config, key, files.source).value_or(false))
            fail_input("The tokenizer in " + files.source + " has \"" + key +
                       "\" true, which is not supported for a SentencePiece file. Add the model's tokenizer.json.");
}

Json decoder_of(const TokenizerFiles& files) {
    Json decoders = {{{"type", "Replace"}, {"pattern", {{"String", "\xE2\x96\x81"}}}, {"content", " "}},
                     {{"type", "ByteFallback"}},
                     {{"type", "Fuse"}}};
    if (files.prefix == PrefixPlace::start ||
        (files.prefix == PrefixPlace::every_segment && files.sentencepiece->add_dummy_prefix))
        decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    return {{"type", "Sequence"}, {"decoders", std::move(decoders)}};
}

}  // namespace

Json document_from_sentencepiece(const std::filesystem::path& path, const Json& config,
                                 TokenizerFiles& files) {
    const Convention convention = convention_of(path, config, files.source);
    files.sentencepiece = parse_sentencepiece(read_text(path, max_file), files.source);
    if (convention == Convention::xlm_roberta) count_as_fairseq(*files.sentencepiece, files.source);
    if (convention == Convention::t5) add_sentinels(config, files);
    if (convention == Convention::deberta) refuse_rewritten(config, files);
    const auto& pieces = files.sentencepiece->pieces;
    const auto role = [&](std::optional<std::string>& token, const char* key, std::int32_t id) {
        if (!token && !config.contains(key) && id >= 0) token = pieces[static_cast<std::size_t>(id)].text;
    };
    role(files.bos, "bos_token", files.sentencepiece->bos_id);
    role(files.eos, "eos_token", files.sentencepiece->eos_id);
    role(files.pad, "pad_token", files.sentencepiece->pad_id);
    role(files.unk, "unk_token", files.sentencepiece->unk_id);

    // The program that reads these files looks for added tokens before anything is rewritten.
    for (Json& token : files.added_later) token["normalized"] = false;

    const auto framed = [&](const char* cls, const char* sep, const char* mask) {
        if (!files.cls && !config.contains("cls_token")) files.cls = cls;
        if (!files.sep && !config.contains("sep_token")) files.sep = sep;
        for (const auto& token : {files.cls, files.sep, std::optional<std::string>(mask)})
            if (token) files.other_special.push_back(*token);
    };
    if (convention == Convention::deberta) {
        framed("[CLS]", "[SEP]", "[MASK]");
    } else if (convention == Convention::xlm_roberta) {
        framed("<s>", "</s>", "<mask>");
        // A mask takes the space in front of it along.
        const auto mask = static_cast<std::int64_t>(pieces.size()) - 1;
        files.added_later.push_back({{"id", mask}, {"content", "<mask>"}, {"special", true}, {"lstrip", true}, {"normalized", false}});
    } else {
        files.cls.reset();
        files.sep.reset();
        const bool llama = tokenizer_class(path.parent_path(), config).find("Llama") != std::string::npos;
        if ((llama || convention == Convention::t5) && !json_bool(config, "legacy", files.source).value_or(true))
            files.prefix = json_bool(config, "add_prefix_space", files.source).value_or(true) ? PrefixPlace::start
                                                                                              : PrefixPlace::nowhere;
    }

    Json document;
    document["decoder"] = decoder_of(files);
    using Tokens = std::vector<std::pair<std::string, std::int64_t>>;
    Tokens before, after;
    const auto put = [&](Tokens& tokens, const std::optional<std::string>& token) {
        if (!token) return;
        auto id = id_among(files.added_later, *token);
        const auto piece = std::find_if(pieces.begin(), pieces.end(),
                                        [&](const SentencePiece& one) { return one.text == *token; });
        if (!id && piece != pieces.end()) id = piece - pieces.begin();
        if (id) tokens.emplace_back(*token, *id);
    };
    switch (convention) {
        case Convention::deberta:
        case Convention::xlm_roberta:
            put(before, files.cls);
            put(after, files.sep);
            break;
        case Convention::t5:
            put(after, files.eos);
            break;
        case Convention::llama:
            // A token in front unless the configuration says otherwise.
            if (json_bool(config, "add_bos_token", files.source).value_or(true)) put(before, files.bos);
            if (json_bool(config, "add_eos_token", files.source).value_or(false)) put(after, files.eos);
    }
    document["post_processor"] = special_frame(before, after);
    if (convention != Convention::xlm_roberta || before.empty() || after.empty()) return document;
    // Between two texts stand two tokens.
    document["post_processor"] = {{"type", "RobertaProcessing"}};
    document["post_processor"]["cls"] = Json::array({before.front().first, before.front().second});
    document["post_processor"]["sep"] = Json::array({after.front().first, after.front().second});
    return document;
}

}  // namespace engine
