#include "engine/bpe_trainer.h"
#include "engine/error.h"
#include "io/file.h"
#include "io/json.h"

namespace engine {
namespace {

using OrderedJson = nlohmann::ordered_json;  // keeps the vocabulary in the order of its ids

OrderedJson added_token(std::int64_t id, const std::string& content) {
    return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
            {"rstrip", false}, {"normalized", false}, {"special", true}};
}

OrderedJson byte_level() {
    return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
}

OrderedJson bos_template(const std::string& bos, std::int64_t id) {
    const OrderedJson token = {{"SpecialToken", {{"id", bos}, {"type_id", 0}}}};
    const OrderedJson first = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
    const OrderedJson second = {{"Sequence", {{"id", "B"}, {"type_id", 1}}}};
    OrderedJson frame;
    frame["type"] = "TemplateProcessing";
    frame["single"] = OrderedJson::array({token, first});
    frame["pair"] = OrderedJson::array({token, first, token, second});
    frame["special_tokens"][bos] = {
        {"id", bos}, {"ids", OrderedJson::array({id})}, {"tokens", OrderedJson::array({bos})}};
    return frame;
}

std::int64_t special_id(const TrainedBpe& trained, const std::string& token) {
    for (std::int64_t id = 0; id < trained.special_count; ++id)
        if (trained.vocabulary[static_cast<std::size_t>(id)] == token) return id;
    fail_input("The token '" + token +
               "' is not among the special tokens of the trained vocabulary. Add it there.");
}

}  // namespace

void write_tokenizer(const TrainedBpe& trained, const TokenizerRoles& roles,
                     const std::filesystem::path& folder) {
    OrderedJson document;
    document["version"] = "1.0";
    document["truncation"] = nullptr;
    document["padding"] = nullptr;
    document["added_tokens"] = OrderedJson::array();
    for (std::int64_t id = 0; id < trained.special_count; ++id)
        document["added_tokens"].push_back(added_token(id, trained.vocabulary[static_cast<std::size_t>(id)]));
    document["normalizer"] = nullptr;
    const OrderedJson split = {{"type", "Split"},
                               {"pattern", {{"Regex", trained.split_pattern}}},
                               {"behavior", "Isolated"},
                               {"invert", false}};
    document["pre_tokenizer"] = {{"type", "Sequence"},
                                 {"pretokenizers", OrderedJson::array({split, byte_level()})}};
    document["post_processor"] = roles.add_bos && roles.bos
                                     ? bos_template(*roles.bos, special_id(trained, *roles.bos))
                                     : OrderedJson(byte_level());
    document["decoder"] = byte_level();
    OrderedJson model = {{"type", "BPE"},
                         {"dropout", nullptr},
                         {"unk_token", nullptr},
                         {"continuing_subword_prefix", nullptr},
                         {"end_of_word_suffix", nullptr},
                         {"fuse_unk", false},
                         {"byte_fallback", false},
                         {"ignore_merges", false}};
    model["vocab"] = OrderedJson::object();
    for (std::size_t id = 0; id < trained.vocabulary.size(); ++id)
        model["vocab"][trained.vocabulary[id]] = id;
    model["merges"] = OrderedJson::array();
    for (const auto& [left, right] : trained.merges) model["merges"].push_back(left + " " + right);
    document["model"] = std::move(model);

    OrderedJson config;
    config["tokenizer_class"] = "PreTrainedTokenizerFast";
    for (const auto& [key, token] :
         {std::pair("bos_token", roles.bos), {"eos_token", roles.eos}, {"pad_token", roles.pad}}) {
        if (token) special_id(trained, *token);
        config[key] = token ? OrderedJson(*token) : OrderedJson(nullptr);
    }
    config["model_max_length"] = roles.model_max_length;
    config["clean_up_tokenization_spaces"] = false;

    make_folder(folder);
    atomic_write_text(folder / "tokenizer.json", document.dump(1) + "\n");
    atomic_write_text(folder / "tokenizer_config.json", config.dump(2) + "\n");
}

}  // namespace engine
