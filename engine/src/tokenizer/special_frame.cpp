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

SpecialFrame parse_template(const Json& description, const std::string& source) {
    SpecialFrame frame;
    bool text_seen = false;
    const Json specials = description.value("special_tokens", Json::object());
    for (const Json& item : component_list(description, "single", source)) {
        if (item.is_object() && item.contains("Sequence")) {
            if (text_seen)
                fail_input("The post-processor in " + source +
                           " repeats the text, which is not supported. Choose another model.");
            text_seen = true;
        } else if (item.is_object() && item.contains("SpecialToken")) {
            const std::string name = component_text(item["SpecialToken"], "id", source);
            if (!specials.is_object() || !specials.contains(name))
                fail_input("The post-processor in " + source + " does not say which ids '" + name +
                           "' has. Fetch the file again.");
            for (const Json& id : component_list(specials[name], "ids", source))
                (text_seen ? frame.after : frame.before).push_back(token_id(id, source));
        } else {
            fail_input("The post-processor in " + source +
                       " has a template part that is neither a text nor a token. Fetch the file again.");
        }
    }
    if (!text_seen)
        fail_input("The post-processor in " + source + " leaves the text out. Fetch the file again.");
    return frame;
}

}  // namespace

SpecialFrame make_special_frame(const Json& description, const std::string& source) {
    if (description.is_null()) return {};
    const std::string type = component_type(description, "post-processor", source);
    if (type == "ByteLevel") return {};  // adjusts offsets only, which are not kept
    if (type == "BertProcessing" || type == "RobertaProcessing")
        return {{pair_id(description, "cls", source)}, {pair_id(description, "sep", source)}};
    if (type == "TemplateProcessing") return parse_template(description, source);
    if (type == "Sequence") {
        SpecialFrame frame;
        for (const Json& part : component_list(description, "processors", source)) {
            const SpecialFrame outer = make_special_frame(part, source);
            frame.before.insert(frame.before.begin(), outer.before.begin(), outer.before.end());
            frame.after.insert(frame.after.end(), outer.after.begin(), outer.after.end());
        }
        return frame;
    }
    refuse_component("post-processor", type,
                     "ByteLevel, BertProcessing, RobertaProcessing, TemplateProcessing and Sequence", source);
}

}  // namespace engine
