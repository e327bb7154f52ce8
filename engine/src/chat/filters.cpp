// The filters of Jinja that chat templates use, and tojson as transformers replaces it. Those that walk
// through lists are in list_filters.cpp.
#include "chat/filters.h"

#include "chat/problem.h"
#include "chat/stack.h"
#include "chat/text_operations.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace engine::jinja {
namespace {

MarkedText text_of(const Value& value) {
    return value.str();
}

Value trim(Evaluator&, const Value& target, const Arguments& arguments) {
    const Value* characters = arguments.find(0, "chars");
    const std::string only =
        characters && !characters->is_none() ? text_of(*characters).bytes() : std::string();
    return Value::text(text_of(target).strip(only, true, true));
}

Value upper(Evaluator&, const Value& target, const Arguments&) {
    return Value::text(in_case(text_of(target), Case::upper));
}
Value lower(Evaluator&, const Value& target, const Arguments&) {
    return Value::text(in_case(text_of(target), Case::lower));
}
Value title(Evaluator&, const Value& target, const Arguments&) {
    return Value::text(title_words(text_of(target)));
}
Value capitalize(Evaluator&, const Value& target, const Arguments&) {
    return Value::text(in_case(text_of(target), Case::capitalised));
}
Value string(Evaluator&, const Value& target, const Arguments&) {
    return Value::text(text_of(target));
}
Value safe(Evaluator&, const Value& target, const Arguments&) {
    return target;
}

Value otherwise(Evaluator&, const Value& target, const Arguments& arguments) {
    const Value* value = arguments.find(0, "default_value");
    const Value* boolean = arguments.find(1, "boolean");
    if (target.is_undefined() || (boolean && boolean->truthy() && !target.truthy()))
        return value ? *value : Value::text("");
    return target;
}

Value replace(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    const MarkedText text = text_of(target);
    const MarkedText what = text_of(needed(arguments, 0, "old", "replace"));
    const MarkedText by = text_of(needed(arguments, 1, "new", "replace"));
    const Value* count = arguments.find(2, "count");
    const auto places = places_of(text, what.bytes(), count ? integer_of(*count, -1) : -1);
    evaluator.charge(places.size() * (1 + by.size() / 16));
    return Value::text(replaced(text, what, by, places));
}

Value to_integer(Evaluator&, const Value& target, const Arguments& arguments) {
    const Value* given = arguments.find(0, "default");
    const Value fallback = given ? *given : Value::integer(0);
    if (target.is_real()) {
        const double value = target.as_real();
        return std::fabs(value) < 9e18 ? Value::integer(static_cast<std::int64_t>(value)) : fallback;
    }
    if (target.is_number()) return Value::integer(target.as_integer());
    if (!target.is_text()) return fallback;
    std::string text = target.as_text()->strip({}, true, true).bytes();
    const Value* base = arguments.find(1, "base");
    std::int64_t value = 0;
    if (text.starts_with('+')) text.erase(0, 1);
    auto result =
        std::from_chars(text.data(), text.data() + text.size(), value,
                        static_cast<int>(std::clamp<std::int64_t>(base ? integer_of(*base, 10) : 10, 2, 36)));
    if (result.ec == std::errc() && result.ptr == text.data() + text.size()) return Value::integer(value);
    double real = 0;
    result = std::from_chars(text.data(), text.data() + text.size(), real);
    if (result.ec == std::errc() && result.ptr == text.data() + text.size() && std::fabs(real) < 9e18)
        return Value::integer(static_cast<std::int64_t>(real));
    return fallback;
}

Value to_real(Evaluator&, const Value& target, const Arguments& arguments) {
    const Value* given = arguments.find(0, "default");
    if (target.is_number()) return Value::real(target.as_real());
    if (target.is_text()) {
        std::string text = target.as_text()->strip({}, true, true).bytes();
        if (text.starts_with('+')) text.erase(0, 1);
        double value = 0;
        const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
        if (result.ec == std::errc() && result.ptr == text.data() + text.size()) return Value::real(value);
    }
    return given ? *given : Value::real(0);
}

Value absolute(Evaluator&, const Value& target, const Arguments&) {
    if (!target.is_number()) fail(std::string(target.type_name()) + " has no absolute value");
    if (target.is_real()) return Value::real(std::fabs(target.as_real()));
    const std::int64_t value = target.as_integer();
    if (value == std::numeric_limits<std::int64_t>::min()) fail("an integer grows beyond 64 bits");
    return Value::integer(value < 0 ? -value : value);
}

Value round_number(Evaluator&, const Value& target, const Arguments& arguments) {
    if (!target.is_number()) fail(std::string(target.type_name()) + " cannot be rounded");
    const Value* precision = arguments.find(0, "precision");
    const Value* method = arguments.find(1, "method");
    const std::string how = method ? text_of(*method).bytes() : "common";
    const double scale = std::pow(10.0, static_cast<double>(precision ? integer_of(*precision, 0) : 0));
    const double scaled = target.as_real() * scale;
    const double rounded = how == "ceil"    ? std::ceil(scaled)
                           : how == "floor" ? std::floor(scaled)
                                            : std::nearbyint(scaled);
    return Value::real(rounded / scale);
}

// Every line but the first (and blank ones) moves to the right.
Value indent(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    const Value* width = arguments.find(0, "width");
    const Value* first = arguments.find(1, "first");
    const Value* blank = arguments.find(2, "blank");
    MarkedText by;
    if (width && width->is_text()) {
        by = *width->as_text();
    } else {
        const std::int64_t count = width ? integer_of(*width, 4) : 4;
        if (count > 1000) fail("'indent' moves a text by at most 1000 spaces");
        by = MarkedText(std::string(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)), ' '));
    }
    const MarkedText text = text_of(target);
    evaluator.charge(places_of(text, "\n", -1).size() * (1 + by.size() / 16));
    const auto lines = split_at(text, "\n", -1);
    MarkedText out;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i > 0) out.append("\n");
        const bool moves =
            i == 0 ? first && first->truthy() : !lines[i].empty() || (blank && blank->truthy());
        if (moves) out.append(by);
        out.append(lines[i]);
    }
    return Value::text(std::move(out));
}

Value json(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    JsonStyle style;
    if (const Value* ascii = arguments.find(0, "ensure_ascii")) style.ascii = ascii->truthy();
    if (const Value* sorted = arguments.find(3, "sort_keys")) style.sort_keys = sorted->truthy();
    if (const Value* indent = arguments.find(1, "indent"); indent && !indent->is_none()) {
        style.indented = true;
        style.between_items = ",";
        if (indent->is_text()) {
            style.indent = indent->as_text()->bytes();
        } else {
            const std::int64_t count = integer_of(*indent, 0);
            if (count > 100) fail("'tojson' indents by at most 100 spaces");
            style.indent.assign(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)), ' ');
        }
    }
    if (const Value* separators = arguments.find(2, "separators"); separators && !separators->is_none()) {
        const Items pair = evaluator.items_of(*separators);
        if (pair.size() != 2) fail("'separators' of tojson are two texts");
        style.between_items = text_of(pair[0]).bytes();
        style.after_key = text_of(pair[1]).bytes();
    }
    return Value::text(to_json(evaluator, target, style));
}

Value escape(Evaluator&, const Value& target, const Arguments&) {
    const MarkedText text = text_of(target);
    MarkedText out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text.bytes()[i];
        const std::string_view spelled = c == '&'    ? "&amp;"
                                         : c == '<'  ? "&lt;"
                                         : c == '>'  ? "&gt;"
                                         : c == '"'  ? "&#34;"
                                         : c == '\'' ? "&#39;"
                                                     : std::string_view(&c, 1);
        out.append(spelled, text.mark(i));
    }
    return Value::text(std::move(out));
}

constexpr std::array<FilterEntry, 18> text_filters = {{
    {"trim", "chars", trim},
    {"upper", "", upper},
    {"lower", "", lower},
    {"title", "", title},
    {"capitalize", "", capitalize},
    {"string", "", string},
    {"safe", "", safe},
    {"default", "default_value boolean", otherwise},
    {"d", "default_value boolean", otherwise},
    {"replace", "old new count", replace},
    {"int", "default base", to_integer},
    {"float", "default", to_real},
    {"abs", "", absolute},
    {"round", "precision method", round_number},
    {"indent", "width first blank", indent},
    {"tojson", "ensure_ascii indent separators sort_keys", json},
    {"escape", "", escape},
    {"e", "", escape},
}};

const FilterEntry* find_filter(std::string_view name) {
    const auto named = [&](const FilterEntry& entry) { return entry.name == name; };
    const auto it = std::find_if(text_filters.begin(), text_filters.end(), named);
    if (it != text_filters.end()) return &*it;
    const auto lists = list_filters();
    const auto other = std::find_if(lists.begin(), lists.end(), named);
    return other == lists.end() ? nullptr : &*other;
}

}  // namespace

const Value& needed(const Arguments& arguments, std::size_t index, std::string_view name,
                    std::string_view callee) {
    const Value* value = arguments.find(index, name);
    if (!value) fail("'" + std::string(callee) + "' needs the argument '" + std::string(name) + "'");
    if (value->is_undefined()) fail(value->as_undefined()->why);
    return *value;
}

std::int64_t integer_of(const Value& value, std::int64_t missing) {
    if (value.is_none()) return missing;
    if (!value.is_number() || value.is_real())
        fail(std::string(value.type_name()) + " stands where an integer is expected");
    return value.as_integer();
}

bool is_filter(std::string_view name) {
    return find_filter(name) != nullptr;
}

Value Evaluator::apply_filter(std::string_view name, const Value& target, const Arguments& arguments) {
    const FilterEntry* filter = find_filter(name);
    if (!filter) fail("there is no filter '" + std::string(name.substr(0, 60)) + "'");
    const Deeper deeper(*this);
    charge(1 + target.weight());
    for (const Value& each : arguments.positional) charge(each.weight());
    for (const auto& [given, value] : arguments.named) charge(value.weight());
    if (filter->parameters != any_arguments) arguments.check(name, filter->parameters);
    return filter->apply(*this, target, arguments);
}

}  // namespace engine::jinja
