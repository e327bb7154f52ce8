#include "chat/template_files.h"

#include "chat/problem.h"
#include "io/file.h"
#include "io/json.h"
#include "io/presence.h"
#include "tokenizer/text.h"

#include <engine/chat.h>
#include <engine/error.h>

#include <algorithm>
#include <array>

namespace engine {
namespace {

namespace fs = std::filesystem;
using OrderedJson = nlohmann::ordered_json;
using jinja::Value;

constexpr std::uint64_t max_template_bytes = std::uint64_t{1} << 20;
constexpr std::uint64_t max_config_bytes = std::uint64_t{64} << 20;
constexpr const char* main_file = "chat_template.jinja";
constexpr std::array<const char*, 2> folders = {"additional_chat_templates", "chat_templates"};
constexpr std::array<const char*, 7> token_roles = {"bos_token", "eos_token", "unk_token", "sep_token",
                                                    "pad_token", "cls_token", "mask_token"};

std::vector<fs::path> extra_files(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const char* name : folders) {
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(folder / name, ignored))
            if (entry.path().extension() == ".jinja")
                files.push_back(fs::path(name) / entry.path().filename());
    }
    std::sort(files.begin(), files.end());
    return files;
}

void put(std::vector<NamedTemplate>& templates, NamedTemplate added) {
    if (added.text.size() > max_template_bytes)
        fail_input("The chat template in " + added.source + " has " + std::to_string(added.text.size()) +
                   " bytes, beyond anything a template needs. Choose another one.");
    const auto same = std::find_if(templates.begin(), templates.end(),
                                   [&](const NamedTemplate& known) { return known.name == added.name; });
    if (same == templates.end())
        templates.push_back(std::move(added));
    else
        *same = std::move(added);
}

void put_from_config(std::vector<NamedTemplate>& templates, const fs::path& path) {
    if (!is_listed(path)) return;
    const Json config = read_json_file(path, max_config_bytes);
    const std::string source = "'" + path.string() + "'";
    const auto field = config.is_object() ? config.find("chat_template") : config.end();
    if (!config.is_object() || field == config.end() || field->is_null()) return;
    if (field->is_string()) return put(templates, {"default", field->get<std::string>(), source});
    const auto refuse = [&] {
        fail_input("The chat_template in " + source +
                   " is neither a text nor a list of {\"name\", \"template\"}. Fetch the file again.");
    };
    if (field->is_object()) {
        for (const auto& [name, text] : field->items()) {
            if (!text.is_string()) refuse();
            put(templates, {name, text.get<std::string>(), source});
        }
        return;
    }
    if (!field->is_array()) refuse();
    for (const Json& each : *field) {
        if (!each.is_object() || !each.contains("name") || !each["name"].is_string() ||
            !each.contains("template") || !each["template"].is_string())
            refuse();
        put(templates, {each["name"].get<std::string>(), each["template"].get<std::string>(), source});
    }
}

Value convert(const OrderedJson& json, char mark) {
    switch (json.type()) {
        case OrderedJson::value_t::boolean:
            return Value::boolean(json.get<bool>());
        case OrderedJson::value_t::number_integer:
            return Value::integer(json.get<std::int64_t>());
        case OrderedJson::value_t::number_unsigned:
            return json.get<std::uint64_t>() <= INT64_MAX ? Value::integer(json.get<std::int64_t>())
                                                          : Value::real(json.get<double>());
        case OrderedJson::value_t::number_float:
            return Value::real(json.get<double>());
        case OrderedJson::value_t::string:
            return Value::text(valid_utf8(json.get_ref<const std::string&>()), mark);
        case OrderedJson::value_t::array: {
            jinja::Items items;
            for (const OrderedJson& each : json) items.push_back(convert(each, mark));
            return Value::list(std::move(items));
        }
        case OrderedJson::value_t::object: {
            jinja::Pairs pairs;
            for (const auto& [key, each] : json.items())
                pairs.emplace_back(Value::text(valid_utf8(key), mark), convert(each, mark));
            return Value::dict(std::move(pairs));
        }
        default:
            return Value::none();
    }
}

}  // namespace

std::vector<NamedTemplate> read_chat_templates(const fs::path& folder) {
    std::vector<NamedTemplate> templates;
    const auto read = [&](const fs::path& file, const std::string& name) {
        put(templates,
            {name, read_text(folder / file, max_template_bytes), "'" + (folder / file).string() + "'"});
    };
    put_from_config(templates, folder / "chat_template.json");
    put_from_config(templates, folder / "tokenizer_config.json");
    if (is_listed(folder / main_file)) read(main_file, "default");
    for (const fs::path& file : extra_files(folder)) read(file, file.stem().string());
    return templates;
}

jinja::Pairs read_special_tokens(const fs::path& folder) {
    jinja::Pairs tokens;
    for (const char* file : {"special_tokens_map.json", "tokenizer_config.json"}) {
        if (!is_listed(folder / file)) continue;
        const Json config = read_json_file(folder / file, max_config_bytes);
        if (!config.is_object()) continue;
        for (const char* role : token_roles) {
            const auto it = config.find(role);
            if (it == config.end()) continue;
            const Json* text = it->is_object() && it->contains("content") ? &(*it)["content"] : &*it;
            if (text->is_string())
                tokens.emplace_back(Value::text(role), Value::text(valid_utf8(text->get<std::string>())));
        }
    }
    return tokens;
}

Value value_from_json(const std::string& text, char mark, const std::string& source) {
    parse_json(text, source);  // refuses what is damaged or nests too deep, with the place
    try {
        return convert(OrderedJson::parse(text), mark);
    } catch (const jinja::Problem& problem) {
        fail_input(source + " cannot be given to a chat template: " + problem.what + ".");
    }
}

jinja::Pairs variables_from_json(const std::string& text, char mark, const std::string& source) {
    if (text.empty()) return {};
    const Value value = value_from_json(text, mark, source);
    if (!value.as_dict()) fail_input(source + " must be a JSON object such as {\"name\": \"value\"}.");
    return value.as_dict()->pairs;
}

fs::path carried_chat_template(const fs::path& adapter) {
    return !adapter.empty() && is_listed(adapter / main_file) ? adapter / main_file : fs::path();
}

std::string chat_template_to_carry(const fs::path& base, const fs::path& file) {
    if (!file.empty()) return read_text(file, max_template_bytes);
    std::vector<NamedTemplate> templates;
    try {
        templates = read_chat_templates(base);
    } catch (const Failure&) {
        return {};  // damaged, so nothing was trained with it; who wants to use it is told
    }
    for (const NamedTemplate& each : templates)
        if (each.name == "default" || templates.size() == 1) return each.text;
    return {};
}

void carry_chat_template(const std::string& text, const fs::path& adapter) {
    if (!text.empty()) atomic_write_text(adapter / main_file, text);
}

std::vector<fs::path> chat_template_files(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const char* name : {main_file, "chat_template.json"})
        if (is_listed(folder / name)) files.emplace_back(name);
    for (fs::path& file : extra_files(folder)) files.push_back(std::move(file));
    return files;
}

}  // namespace engine
