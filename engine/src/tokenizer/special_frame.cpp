#include "tokenizer/special_frame.h"

#include "engine/error.h"
#include "tokenizer/component.h"

namespace engine {
namespace {

std::int32_t token_id(const Json& value, const std::string& source) {
    if (!value.is_number_integer() || value.get<std::int64_t>() < 0 || value.get<std::int64_t>() > INT32_MAX)
        fail_input("The post-processor in " + source +
                   " holds a token id that is not a whole number. Fetch the file again.");
    return value.get<std::int32_t>();
}

// "sep": ["</s>", 2]
std::int32_t pair_id(const Json& description, const char* key, const std::string& source) {
    const Json& pair = component_list(description, key, source);
    if (pair.size() != 2)
        fail_input("\"" + std::string(key) + "\" in " + source +
                   " must be a token and its id. Fetch the file again.");
    return token_id(pair[1], source);
}

// The tokens of a template between its texts: what stands before the first, behind it, behind the second.
std::vector<std::vector<std::int32_t>> template_parts(const Json& description, const char* key,
                                                      std::size_t texts, bool& second_type,
                                                      const std::string& source) {
    std::vector<std::vector<std::int32_t>> parts(1);
    const Json specials = description.value("special_tokens", Json::object());
    for (const Json& item : component_list(description, key, source)) {
        if (item.is_object() && item.contains("Sequence")) {
            if (parts.size() > texts)
                fail_input("The post-processor in " + source +
                           " repeats the text, which is not supported. Choose another model.");
            parts.emplace_back();
            if (parts.size() == 3 && item["Sequence"].is_object())
                second_type = item["Sequence"].value("type_id", Json(0)) == 1;
        } else if (item.is_object() && item.contains("SpecialToken")) {
            const std::string name = component_text(item["SpecialToken"], "id", source);
            if (!specials.is_object() || !specials.contains(name))
                fail_input("The post-processor in " + source + " does not say which ids '" + name +
                           "' has. Fetch the file again.");
            for (const Json& id : component_list(specials[name], "ids", source))
                parts.back().push_back(token_id(id, source));
        } else {
            fail_input("The post-processor in " + source +
                       " has a template part that is neither a text nor a token. Fetch the file again.");
        }
    }
    if (parts.size() != texts + 1)
        fail_input("The post-processor in " + source + " leaves the text out. Fetch the file again.");
    return parts;
}

SpecialFrame parse_template(const Json& description, const std::string& source) {
    SpecialFrame frame;
    auto single = template_parts(description, "single", 1, frame.second_type, source);
    frame.before = std::move(single[0]);
    frame.after = std::move(single[1]);
    frame.middle = frame.end = frame.after;
    if (const auto pair = description.find("pair");
        pair != description.end() && pair->is_array() && !pair->empty()) {
        auto parts = template_parts(description, "pair", 2, frame.second_type, source);
        frame.middle = std::move(parts[1]);
        frame.end = std::move(parts[2]);
    }
    return frame;
}

}  // namespace

SpecialFrame make_special_frame(const Json& description, const std::string& source) {
    if (description.is_null()) return {};
    const std::string type = component_type(description, "post-processor", source);
    if (type == "ByteLevel") return {};  // adjusts offsets only, which are not kept
    if (type == "BertProcessing" || type == "RobertaProcessing") {
        const std::int32_t cls = pair_id(description, "cls", source),
                           sep = pair_id(description, "sep", source);
        if (type == "BertProcessing") return {{cls}, {sep}, {sep}, {sep}, true};
        return {{cls}, {sep}, {sep, sep}, {sep}, false};
    }
    if (type == "TemplateProcessing") return parse_template(description, source);
    if (type == "Sequence") {
        SpecialFrame frame;
        for (const Json& part : component_list(description, "processors", source)) {
            const SpecialFrame outer = make_special_frame(part, source);
            frame.before.insert(frame.before.begin(), outer.before.begin(), outer.before.end());
            frame.after.insert(frame.after.end(), outer.after.begin(), outer.after.end());
            frame.middle.insert(frame.middle.end(), outer.middle.begin(), outer.middle.end());
            frame.end.insert(frame.end.end(), outer.end.begin(), outer.end.end());
            frame.second_type = frame.second_type || outer.second_type;
        }
        return frame;
    }
    refuse_component("post-processor", type,
                     "ByteLevel, BertProcessing, RobertaProcessing, TemplateProcessing and Sequence", source);
}

}  // namespace engine
