// Functions a template may call by name.
#include "chat/filters.h"
#include "chat/problem.h"
#include "tokenizer/text.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>

namespace engine::jinja {
namespace {

constexpr std::int64_t longest_range = 100'000;

Value range(Evaluator& evaluator, const Arguments& arguments) {
    arguments.check("range", "start stop step");
    const std::size_t count = arguments.positional.size();
    if (count == 0) fail("'range' needs an end");
    const auto number = [&](std::size_t i) { return integer_of(needed(arguments, i, "", "range"), 0); };
    const std::int64_t begin = count > 1 ? number(0) : 0, end = number(count > 1 ? 1 : 0),
                       step = count > 2 ? number(2) : 1;
    if (step == 0) fail("the step of 'range' is 0");
    Items items;
    for (std::int64_t i = begin; step > 0 ? i < end : i > end;) {
        if (static_cast<std::int64_t>(items.size()) >= longest_range)
            fail("'range' makes at most " + std::to_string(longest_range) + " numbers");
        evaluator.charge(1);
        items.push_back(Value::integer(i));
        if (__builtin_add_overflow(i, step, &i)) break;
    }
    return Value::list(std::move(items));
}

Value dict(Evaluator&, const Arguments& arguments) {
    Pairs pairs;
    if (!arguments.positional.empty()) {
        const Dict* first = arguments.positional.front().as_dict();
        if (!first || arguments.positional.size() > 1) fail("'dict' takes one dict and named values");
        pairs = first->pairs;
    }
    for (const auto& [name, value] : arguments.named) pairs.emplace_back(Value::text(name), value);
    return Value::dict(std::move(pairs));
}

Value name_space(Evaluator& evaluator, const Arguments& arguments) {
    Object* object = evaluator.make_object(ObjectKind::name_space);
    for (const Value& each : arguments.positional) {
        const Dict* values = each.as_dict();
        if (!values) fail("'namespace' takes named values");
        for (const auto& [key, value] : values->pairs) object->attributes[key.str().bytes()] = value;
    }
    for (const auto& [name, value] : arguments.named) object->attributes[name] = value;
    return Value::object(object);
}

[[noreturn]] Value raise_exception(Evaluator& evaluator, const Arguments& arguments) {
    const Value* message = arguments.find(0, "message");
    std::string text = message ? message->str().bytes() : "";
    throw Problem{valid_utf8(std::string_view(text).substr(0, 500)), evaluator.line(), true};
}

Value strftime_now(Evaluator& evaluator, const Arguments& arguments) {
    arguments.check("strftime_now", "format");
    const std::string format = needed(arguments, 0, "format", "strftime_now").str().bytes();
    const std::time_t now = static_cast<std::time_t>(evaluator.now());
    std::tm parts{};
    gmtime_r(&now, &parts);
    if (format.empty() || format.size() > 200) return Value::text("");
    char text[2048];
    const std::size_t size = std::strftime(text, sizeof text, format.c_str(), &parts);
    return Value::text(valid_utf8(std::string_view(text, size)));
}

Value cycler(Evaluator& evaluator, const Arguments& arguments) {
    if (arguments.positional.empty()) fail("'cycler' needs something to choose from");
    Object* object = evaluator.make_object(ObjectKind::cycler);
    object->items = arguments.positional;
    return Value::object(object);
}

Value joiner(Evaluator& evaluator, const Arguments& arguments) {
    arguments.check("joiner", "sep");
    const Value* separator = arguments.find(0, "sep");
    Object* object = evaluator.make_object(ObjectKind::joiner);
    object->items = {separator ? *separator : Value::text(", ")};
    return Value::object(object);
}

struct Entry {
    std::string_view name;
    Value (*call)(Evaluator& evaluator, const Arguments& arguments);
};

constexpr std::array<Entry, 7> entries = {{
    {"range", range},
    {"dict", dict},
    {"namespace", name_space},
    {"raise_exception", raise_exception},
    {"strftime_now", strftime_now},
    {"cycler", cycler},
    {"joiner", joiner},
}};

const Entry* find_function(std::string_view name) {
    const auto it =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.name == name; });
    return it == entries.end() ? nullptr : &*it;
}

}  // namespace

bool is_function(std::string_view name) {
    return find_function(name) != nullptr;
}

Value call_function(Evaluator& evaluator, const std::string& name, const Arguments& arguments) {
    return find_function(name)->call(evaluator, arguments);
}

}  // namespace engine::jinja
