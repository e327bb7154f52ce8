#include "spec/kinds.h"

#include <engine/error.h>
#include <engine/lora_config.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

namespace engine {
namespace {

constexpr int last_layer = 9999;  // no model comes near; keeps "0-999999999" from filling the memory

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> comma_parts(std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t comma = std::min(text.find(',', begin), text.size());
        parts.push_back(trimmed(text.substr(begin, comma - begin)));
        begin = comma + 1;
    }
    return parts;
}

int layer_number(std::string_view text, const std::string& part) {
    int value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0 ||
        value > last_layer)
        fail_input("\"" + part +
                   "\" is no layer or range of layers. Write for example 0-3,5 (the first layer is 0).");
    return value;
}

std::vector<int> parse_layers(const std::string& text) {
    if (trimmed(text).empty() || trimmed(text) == "all") return {};
    std::set<int> layers;
    for (const std::string_view part : comma_parts(text)) {
        const std::size_t dash = part.find('-');
        const std::string name(part);
        const int first = layer_number(trimmed(part.substr(0, dash)), name);
        const int last =
            dash == std::string_view::npos ? first : layer_number(trimmed(part.substr(dash + 1)), name);
        if (last < first)
            fail_input("The range of layers \"" + name + "\" runs backwards. Write the lower number first.");
        for (int layer = first; layer <= last; ++layer) layers.insert(layer);
    }
    return {layers.begin(), layers.end()};
}

// "0-3,5"
std::string layers_text(const std::vector<int>& layers) {
    std::string text;
    for (std::size_t i = 0; i < layers.size();) {
        std::size_t j = i;
        while (j + 1 < layers.size() && layers[j + 1] == layers[j] + 1) ++j;
        text += (text.empty() ? "" : ",") + std::to_string(layers[i]);
        if (j > i) text += "-" + std::to_string(layers[j]);
        i = j + 1;
    }
    return text;
}

std::string with_layers(const std::string& kinds, const std::vector<int>& layers) {
    if (layers.empty()) return kinds;
    return kinds + (layers.size() == 1 ? " (layer " : " (layers ") + layers_text(layers) + ")";
}

}  // namespace

const std::vector<std::string>& matrix_kinds() {
    static const std::vector<std::string> kinds = {"q", "k", "v", "o", "gate", "up", "down"};
    return kinds;
}

bool is_matrix_kind(std::string_view name) {
    const auto& kinds = matrix_kinds();
    return std::find(kinds.begin(), kinds.end(), name) != kinds.end();
}

TargetMap parse_targets(const std::string& kinds, const std::string& layers) {
    if (trimmed(kinds).empty()) fail_input("No matrix is named. Write some of q,k,v,o,gate,up,down.");
    const std::vector<int> layer_list = parse_layers(layers);
    TargetMap targets;
    for (const std::string_view kind : comma_parts(kinds)) {
        if (!is_matrix_kind(kind))
            fail_input("\"" + std::string(kind) + "\" is no matrix. Write some of q,k,v,o,gate,up,down.");
        targets[std::string(kind)] = layer_list;
    }
    return targets;
}

const char* name_of(TrainBias bias) {
    switch (bias) {
        case TrainBias::none:
            return "none";
        case TrainBias::all:
            return "all";
        case TrainBias::lora_only:
            return "lora_only";
    }
    return "none";
}

TrainBias train_bias_from(const std::string& name) {
    for (const auto bias : {TrainBias::none, TrainBias::all, TrainBias::lora_only})
        if (name == name_of(bias)) return bias;
    fail_input("There is no bias setting \"" + name.substr(0, 80) + "\". Choose none, all or lora_only.");
}

std::string describe_targets(const TargetMap& targets) {
    if (targets.empty()) return "none";
    // Neighbours with the same layers share one mention.
    std::string text, kinds;
    const std::vector<int>* layers = nullptr;
    for (const std::string& kind : matrix_kinds()) {
        const auto it = targets.find(kind);
        if (it == targets.end()) continue;
        if (layers && *layers != it->second) {
            text += with_layers(kinds, *layers) + ", ";
            kinds.clear();
        }
        kinds += (kinds.empty() ? "" : ",") + kind;
        layers = &it->second;
    }
    return layers ? text + with_layers(kinds, *layers) : text;
}

}  // namespace engine
