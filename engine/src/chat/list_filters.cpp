// Filters that walk through lists and dicts.
#include "chat/filters.h"
#include "chat/problem.h"
#include "chat/text_operations.h"

#include <algorithm>
#include <array>

namespace engine::jinja {
namespace {

// message.a.0 as in attribute="a.0".
Value path_of(Evaluator& evaluator, Value value, const Value& path) {
    if (path.is_number()) return evaluator.item(value, path);
    for (const MarkedText& part : split_at(path.str(), ".", -1)) {
        const std::string& name = part.bytes();
        const bool number =
            !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos;
        value = evaluator.item(value, number ? Value::integer(std::stoll(name)) : Value::text(part));
    }
    return value;
}

// Texts compare without regard to case unless asked.
Value sort_key(const Value& value, bool case_sensitive) {
    return value.is_text() && !case_sensitive ? Value::text(in_case(*value.as_text(), Case::lower)) : value;
}

bool flag(const Arguments& arguments, std::size_t index, std::string_view name) {
    const Value* value = arguments.find(index, name);
    return value && value->truthy();
}

Value length(Evaluator&, const Value& target, const Arguments&) {
    std::size_t size = 0;
    if (const MarkedText* text = target.as_text())
        size = text->length();
    else if (const List* list = target.as_list())
        size = list->items.size();
    else if (const Dict* dict = target.as_dict())
        size = dict->pairs.size();
    else if (!target.is_undefined())
        fail(std::string(target.type_name()) + " has no length");

    return Value::integer(static_cast<std::int64_t>(size));
}

Value join(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    const Value* separator = arguments.find(0, "d");
    const Value* attribute = arguments.find(1, "attribute");
    const MarkedText between = separator ? separator->str() : MarkedText();
    MarkedText out;
    bool first = true;
    for (const Value& each : evaluator.items_of(target)) {
        if (!first) out.append(between);
        first = false;
        const Value part = attribute && !attribute->is_none() ? path_of(evaluator, each, *attribute) : each;
        evaluator.charge(1 + part.weight() + between.size() / 16);
        out.append(part.str());
    }
    return Value::text(std::move(out));
}

Value first(Evaluator& evaluator, const Value& target, const Arguments&) {
    const Items items = evaluator.items_of(target);
    return items.empty() ? Value::undefined("there is no first item") : items.front();
}

Value last(Evaluator& evaluator, const Value& target, const Arguments&) {
    const Items items = evaluator.items_of(target);
    return items.empty() ? Value::undefined("there is no last item") : items.back();
}

Value list(Evaluator& evaluator, const Value& target, const Arguments&) {
    return Value::list(evaluator.items_of(target));
}

Value pairs_of(const Dict& dict) {
    Items items;
    for (const auto& [key, value] : dict.pairs) items.push_back(Value::list({key, value}, true));
    return Value::list(std::move(items));
}

Value items(Evaluator&, const Value& target, const Arguments&) {
    if (target.is_undefined()) return Value::list({});
    if (!target.as_dict()) fail("'items' takes a dict, not " + std::string(target.type_name()));
    return pairs_of(*target.as_dict());
}

Value reverse(Evaluator& evaluator, const Value& target, const Arguments&) {
    Items items = evaluator.items_of(target);
    std::reverse(items.begin(), items.end());
    if (!target.is_text()) return Value::list(std::move(items));
    MarkedText text;
    for (const Value& each : items) text.append(*each.as_text());
    return Value::text(std::move(text));
}

Value sorted(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    const bool case_sensitive = flag(arguments, 1, "case_sensitive");
    const Value* attribute = arguments.find(2, "attribute");
    std::vector<std::pair<Value, Value>> keyed;
    for (const Value& each : evaluator.items_of(target)) {
        const Value key = attribute && !attribute->is_none() ? path_of(evaluator, each, *attribute) : each;
        evaluator.charge(20 * key.weight());
        keyed.emplace_back(sort_key(key, case_sensitive), each);
    }
    const bool down = flag(arguments, 0, "reverse");
    std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
        return down ? compare(b.first, a.first) < 0 : compare(a.first, b.first) < 0;
    });
    Items items;
    for (auto& [key, value] : keyed) items.push_back(std::move(value));
    return Value::list(std::move(items));
}

Value dictsort(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    const Dict* dict = target.as_dict();
    if (!dict) fail("'dictsort' takes a dict, not " + std::string(target.type_name()));
    const bool case_sensitive = flag(arguments, 0, "case_sensitive"), down = flag(arguments, 2, "reverse");
    const Value* by = arguments.find(1, "by");
    const bool by_value = by && by->is_text() && by->as_text()->bytes() == "value";
    Pairs pairs = dict->pairs;
    evaluator.charge(20 * target.weight());
    std::stable_sort(pairs.begin(), pairs.end(), [&](const auto& a, const auto& b) {
        const int order = compare(sort_key(by_value ? a.second : a.first, case_sensitive),
                                  sort_key(by_value ? b.second : b.first, case_sensitive));
        return down ? order > 0 : order < 0;
    });
    Dict ordered;
    ordered.pairs = std::move(pairs);
    return pairs_of(ordered);
}

Value unique(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    const bool case_sensitive = flag(arguments, 0, "case_sensitive");
    const Value* attribute = arguments.find(1, "attribute");
    Items kept, keys;
    for (const Value& each : evaluator.items_of(target)) {
        const Value value = attribute && !attribute->is_none() ? path_of(evaluator, each, *attribute) : each;
        const Value key = sort_key(value, case_sensitive);
        evaluator.charge(keys.size() * key.weight());
        if (std::any_of(keys.begin(), keys.end(), [&](const Value& known) { return equal(known, key); }))
            continue;
        keys.push_back(key);
        kept.push_back(each);
    }
    return Value::list(std::move(kept));
}

Value sum(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    const Value* attribute = arguments.find(0, "attribute");
    const Value* start = arguments.find(1, "start");
    double real = start ? (start->is_number() ? start->as_real() : 0) : 0;
    std::int64_t whole = start && start->is_number() && !start->is_real() ? start->as_integer() : 0;
    bool all_whole = !start || !start->is_real();
    for (const Value& each : evaluator.items_of(target)) {
        const Value value = attribute && !attribute->is_none() ? path_of(evaluator, each, *attribute) : each;
        if (!value.is_number()) fail("'sum' adds numbers, not " + std::string(value.type_name()));
        real += value.as_real();
        if (value.is_real())
            all_whole = false;
        else if (__builtin_add_overflow(whole, value.as_integer(), &whole))
            fail("an integer grows beyond 64 bits");
    }
    return all_whole ? Value::integer(whole) : Value::real(real);
}

Value extreme(Evaluator& evaluator, const Value& target, const Arguments& arguments, int wanted) {
    const bool case_sensitive = flag(arguments, 0, "case_sensitive");
    const Value* attribute = arguments.find(1, "attribute");
    Value best = Value::undefined("there is no item"), best_key;
    bool any = false;
    for (const Value& each : evaluator.items_of(target)) {
        const Value value = attribute && !attribute->is_none() ? path_of(evaluator, each, *attribute) : each;
        const Value key = sort_key(value, case_sensitive);
        if (any && compare(key, best_key) * wanted <= 0) continue;
        any = true;
        best = each;
        best_key = key;
    }
    return best;
}
Value smallest(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    return extreme(evaluator, target, arguments, -1);
}
Value largest(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    return extreme(evaluator, target, arguments, 1);
}

// map("name", ...) applies a filter to each; map(attribute="x", default=y) takes a part of each.
Value map(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    Items results;
    const Items items = evaluator.items_of(target);
    if (arguments.positional.empty()) {
        arguments.check("map", "- attribute default");
        const Value& attribute = needed(arguments, 1, "attribute", "map");
        const Value* fallback = arguments.find(2, "default");
        for (const Value& each : items) {
            evaluator.charge(1);
            Value value = path_of(evaluator, each, attribute);
            results.push_back(value.is_undefined() && fallback ? *fallback : std::move(value));
        }
        return Value::list(std::move(results));
    }
    const std::string name = arguments.positional.front().str().bytes();
    Arguments rest = arguments;
    rest.positional.erase(rest.positional.begin());
    for (const Value& each : items) results.push_back(evaluator.apply_filter(name, each, rest));
    return Value::list(std::move(results));
}

// select("test", ...), and with of_attribute select attr("name", "test", ...); keep: whether those that pass
// stay.
Value choose(Evaluator& evaluator, const Value& target, const Arguments& arguments, bool of_attribute,
             bool keep) {
    Arguments rest = arguments;
    Value attribute;
    if (of_attribute) {
        if (rest.positional.empty()) fail("'selectattr' and 'rejectattr' need the name of an attribute");
        attribute = rest.positional.front();
        rest.positional.erase(rest.positional.begin());
    }
    std::string test;
    if (!rest.positional.empty()) {
        test = rest.positional.front().str().bytes();
        rest.positional.erase(rest.positional.begin());
    }
    Items kept;
    for (const Value& each : evaluator.items_of(target)) {
        evaluator.charge(1);
        const Value value = of_attribute ? path_of(evaluator, each, attribute) : each;
        const bool passes = test.empty() ? value.truthy() : evaluator.apply_test(test, value, rest);
        if (passes == keep) kept.push_back(each);
    }
    return Value::list(std::move(kept));
}
Value select(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    return choose(evaluator, target, arguments, false, true);
}
Value reject(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    return choose(evaluator, target, arguments, false, false);
}
Value selectattr(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    return choose(evaluator, target, arguments, true, true);
}
Value rejectattr(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    return choose(evaluator, target, arguments, true, false);
}

Value batch(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    const std::int64_t count = integer_of(needed(arguments, 0, "linecount", "batch"), 0);
    const Value* fill = arguments.find(1, "fill_with");
    if (count < 1 || count > 100000) fail("'batch' makes rows of 1 to 100000 items");
    const auto size = static_cast<std::size_t>(count);
    Items rows, row;
    for (const Value& each : evaluator.items_of(target)) {
        row.push_back(each);
        if (row.size() == size) rows.push_back(Value::list(std::exchange(row, {})));
    }
    if (!row.empty()) {
        if (fill && !fill->is_none()) row.resize(size, *fill);
        rows.push_back(Value::list(std::move(row)));
    }
    return Value::list(std::move(rows));
}

Value attr(Evaluator& evaluator, const Value& target, const Arguments& arguments) {
    return evaluator.attribute(target, needed(arguments, 0, "name", "attr").str().bytes());
}

constexpr std::array<FilterEntry, 21> entries = {{
    {"length", "", length},
    {"count", "", length},
    {"join", "d attribute", join},
    {"first", "", first},
    {"last", "", last},
    {"list", "", list},
    {"items", "", items},
    {"reverse", "", reverse},
    {"sort", "reverse case_sensitive attribute", sorted},
    {"dictsort", "case_sensitive by reverse", dictsort},
    {"unique", "case_sensitive attribute", unique},
    {"sum", "attribute start", sum},
    {"min", "case_sensitive attribute", smallest},
    {"max", "case_sensitive attribute", largest},
    {"map", any_arguments, map},
    {"select", any_arguments, select},
    {"reject", any_arguments, reject},
    {"selectattr", any_arguments, selectattr},
    {"rejectattr", any_arguments, rejectattr},
    {"batch", "linecount fill_with", batch},
    {"attr", "name", attr},
}};

}  // namespace

std::span<const FilterEntry> list_filters() {
    return entries;
}

}  // namespace engine::jinja
