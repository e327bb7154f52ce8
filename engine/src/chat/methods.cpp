// Methods of texts, lists and dicts, as Python has them. Those that change a list or dict are refused, as
// transformers' sandbox refuses them.
#include "chat/filters.h"
#include "chat/problem.h"
#include "chat/text_operations.h"
#include "tokenizer/text.h"

#include <algorithm>
#include <array>
#include <utf8proc.h>

namespace engine::jinja {
namespace {

using TextMethod = Value (*)(Evaluator& evaluator, const MarkedText& self, const Arguments& arguments);

struct TextEntry {
    std::string_view name;
    std::string_view parameters;
    TextMethod call;
};

const MarkedText& text_argument(const Arguments& arguments, std::size_t index, std::string_view name,
                                std::string_view callee) {
    const Value& value = needed(arguments, index, name, callee);
    if (!value.is_text()) fail("'" + std::string(callee) + "' needs a text, not " + value.type_name());
    return *value.as_text();
}

std::string optional_text(const Arguments& arguments, std::size_t index, std::string_view name,
                          std::string_view callee) {
    const Value* value = arguments.find(index, name);
    return !value || value->is_none() ? std::string() : text_argument(arguments, index, name, callee).bytes();
}

Value stripped(const MarkedText& self, const Arguments& arguments, bool left, bool right) {
    return Value::text(self.strip(optional_text(arguments, 0, "chars", "strip"), left, right));
}

Value as_list(std::vector<MarkedText> parts) {
    Items items;
    for (MarkedText& part : parts) items.push_back(Value::text(std::move(part)));
    return Value::list(std::move(items));
}

Value split(Evaluator& evaluator, const MarkedText& self, const Arguments& arguments, bool from_right) {
    const Value* separator = arguments.find(0, "sep");
    const Value* count = arguments.find(1, "maxsplit");
    const std::int64_t most = count ? integer_of(*count, -1) : -1;
    if (!separator || separator->is_none()) {
        if (from_right && most >= 0) fail("'rsplit' at white space takes no largest number");
        evaluator.charge(self.size() / 4);
        return as_list(split_at_space(self, most));
    }
    const MarkedText& at = text_argument(arguments, 0, "sep", "split");
    if (at.empty()) fail("a text is split at an empty text");
    evaluator.charge(places_of(self, at.bytes(), most).size());
    return as_list(from_right ? split_from_right(self, at.bytes(), most) : split_at(self, at.bytes(), most));
}

Value has_end(Evaluator& evaluator, const MarkedText& self, const Arguments& arguments, bool front) {
    const Value& wanted = needed(arguments, 0, "prefix", front ? "startswith" : "endswith");
    Items all = wanted.as_list() ? evaluator.items_of(wanted) : Items{wanted};
    return Value::boolean(std::any_of(all.begin(), all.end(), [&](const Value& each) {
        if (!each.is_text()) fail("a text does not begin or end with " + std::string(each.type_name()));
        const std::string& part = each.as_text()->bytes();
        return front ? self.bytes().starts_with(part) : self.bytes().ends_with(part);
    }));
}

Value position(const MarkedText& self, const Arguments& arguments, bool from_right, bool must) {
    const std::string& wanted = text_argument(arguments, 0, "sub", "find").bytes();
    const std::size_t found = from_right ? self.bytes().rfind(wanted) : self.bytes().find(wanted);
    if (found == std::string::npos) {
        if (must) fail("the text that 'index' looks for is not there");
        return Value::integer(-1);
    }
    return Value::integer(static_cast<std::int64_t>(self.substr(0, found).length()));
}

Value partition(const MarkedText& self, const Arguments& arguments, bool from_right) {
    const MarkedText& at = text_argument(arguments, 0, "sep", "partition");
    if (at.empty()) fail("a text is split at an empty text");
    const std::size_t found = from_right ? self.bytes().rfind(at.bytes()) : self.bytes().find(at.bytes());
    const Value whole = Value::text(self), nothing = Value::text("");
    if (found == std::string::npos)
        return from_right ? Value::list({nothing, nothing, whole}, true)
                          : Value::list({whole, nothing, nothing}, true);
    return Value::list(
        {Value::text(self.substr(0, found)), Value::text(at), Value::text(self.substr(found + at.size()))},
        true);
}

template <class Is>
Value all_are(const MarkedText& self, Is is) {
    for (std::size_t i = 0; i < self.size();) {
        const Character c = character_at(self.bytes(), i);
        if (!is(c.code)) return Value::boolean(false);
        i += c.length;
    }
    return Value::boolean(!self.empty());
}
bool is_letter(char32_t code) {
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

Value replace(Evaluator& evaluator, const MarkedText& self, const Arguments& arguments) {
    const MarkedText& what = text_argument(arguments, 0, "old", "replace");
    const MarkedText& by = text_argument(arguments, 1, "new", "replace");
    const Value* count = arguments.find(2, "count");
    const auto places = places_of(self, what.bytes(), count ? integer_of(*count, -1) : -1);
    evaluator.charge(places.size() * (1 + by.size() / 16));
    return Value::text(replaced(self, what, by, places));
}

Value join(Evaluator& evaluator, const MarkedText& self, const Arguments& arguments) {
    MarkedText out;
    bool first = true;
    for (const Value& each : evaluator.items_of(needed(arguments, 0, "iterable", "join"))) {
        if (!each.is_text()) fail("'join' puts texts together, not " + std::string(each.type_name()));
        evaluator.charge(1 + each.weight() + self.size() / 16);
        if (!first) out.append(self);
        first = false;
        out.append(*each.as_text());
    }
    return Value::text(std::move(out));
}

Value without_end(const MarkedText& self, const Arguments& arguments, bool front) {
    const std::string& part = text_argument(arguments, 0, "prefix", "removeprefix").bytes();
    if (front && self.bytes().starts_with(part)) return Value::text(self.substr(part.size()));
    if (!front && self.bytes().ends_with(part)) return Value::text(self.substr(0, self.size() - part.size()));
    return Value::text(self);
}

using E = Evaluator;
using T = MarkedText;
using A = Arguments;
constexpr std::array<TextEntry, 31> text_methods = {{
    {"strip", "chars", [](E&, const T& t, const A& a) { return stripped(t, a, true, true); }},
    {"lstrip", "chars", [](E&, const T& t, const A& a) { return stripped(t, a, true, false); }},
    {"rstrip", "chars", [](E&, const T& t, const A& a) { return stripped(t, a, false, true); }},
    {"split", "sep maxsplit", [](E& e, const T& t, const A& a) { return split(e, t, a, false); }},
    {"rsplit", "sep maxsplit", [](E& e, const T& t, const A& a) { return split(e, t, a, true); }},
    {"splitlines", "keepends",
     [](E& e, const T& t, const A& a) {
         const Value* keep = a.find(0, "keepends");
         e.charge(t.size() / 4);
         return as_list(split_lines(t, keep && keep->truthy()));
     }},
    {"startswith", "prefix", [](E& e, const T& t, const A& a) { return has_end(e, t, a, true); }},
    {"endswith", "prefix", [](E& e, const T& t, const A& a) { return has_end(e, t, a, false); }},
    {"replace", "old new count", replace},
    {"join", "iterable", join},
    {"upper", "", [](E&, const T& t, const A&) { return Value::text(in_case(t, Case::upper)); }},
    {"lower", "", [](E&, const T& t, const A&) { return Value::text(in_case(t, Case::lower)); }},
    {"casefold", "", [](E&, const T& t, const A&) { return Value::text(in_case(t, Case::lower)); }},
    {"title", "", [](E&, const T& t, const A&) { return Value::text(in_case(t, Case::title)); }},
    {"capitalize", "", [](E&, const T& t, const A&) { return Value::text(in_case(t, Case::capitalised)); }},
    {"find", "sub", [](E&, const T& t, const A& a) { return position(t, a, false, false); }},
    {"rfind", "sub", [](E&, const T& t, const A& a) { return position(t, a, true, false); }},
    {"index", "sub", [](E&, const T& t, const A& a) { return position(t, a, false, true); }},
    {"count", "sub",
     [](E&, const T& t, const A& a) {
         return Value::integer(static_cast<std::int64_t>(places_of(t, text_argument(a, 0, "sub", "count").bytes(), -1).size()));
     }},
    {"partition", "sep", [](E&, const T& t, const A& a) { return partition(t, a, false); }},
    {"rpartition", "sep", [](E&, const T& t, const A& a) { return partition(t, a, true); }},
    {"removeprefix", "prefix", [](E&, const T& t, const A& a) { return without_end(t, a, true); }},
    {"removesuffix", "prefix", [](E&, const T& t, const A& a) { return without_end(t, a, false); }},
    {"isdigit", "", [](E&, const T& t, const A&) { return all_are(t, [](char32_t c) { return c >= '0' && c <= '9'; }); }},
    {"isnumeric", "", [](E&, const T& t, const A&) { return all_are(t, is_numeric); }},
    {"isdecimal", "", [](E&, const T& t, const A&) { return all_are(t, [](char32_t c) { return c >= '0' && c <= '9'; }); }},
    {"isalpha", "", [](E&, const T& t, const A&) { return all_are(t, is_letter); }},
    {"isalnum", "", [](E&, const T& t, const A&) { return all_are(t, [](char32_t c) { return is_letter(c) || is_numeric(c); }); }},
    {"isspace", "", [](E&, const T& t, const A&) { return all_are(t, is_python_space); }},
    {"islower", "",
     [](E&, const T& t, const A&) {
         return Value::boolean(in_case(t, Case::lower).bytes() == t.bytes() && in_case(t, Case::upper).bytes() != t.bytes());
     }},
    {"isupper", "",
     [](E&, const T& t, const A&) {
         return Value::boolean(in_case(t, Case::upper).bytes() == t.bytes() && in_case(t, Case::lower).bytes() != t.bytes());
     }},
}};

const TextEntry* text_method(std::string_view name) {
    const auto it = std::find_if(text_methods.begin(), text_methods.end(),
                                 [&](const TextEntry& entry) { return entry.name == name; });
    return it == text_methods.end() ? nullptr : &*it;
}

constexpr std::array<std::string_view, 5> dict_methods = {"get", "items", "keys", "values", "copy"};
constexpr std::array<std::string_view, 3> list_methods = {"index", "count", "copy"};
constexpr std::array<std::string_view, 12> changing = {"append", "extend",     "insert",  "pop",
                                                       "remove", "clear",      "sort",    "reverse",
                                                       "update", "setdefault", "popitem", "add"};

template <class Names>
bool holds(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

Value call_on_dict(Evaluator&, const Dict& dict, const std::string& name, const Arguments& arguments) {
    if (name == "get") {
        arguments.check(name, "key default");
        const Value* found = dict.find(needed(arguments, 0, "key", name));
        const Value* fallback = arguments.find(1, "default");
        return found ? *found : fallback ? *fallback : Value::none();
    }
    arguments.check(name, "");
    if (name == "copy") return Value::dict(dict.pairs);
    Items items;
    for (const auto& [key, value] : dict.pairs)
        items.push_back(name == "keys" ? key : name == "values" ? value : Value::list({key, value}, true));
    return Value::list(std::move(items));
}

Value call_on_list(Evaluator& evaluator, const List& list, const std::string& name,
                   const Arguments& arguments) {
    if (name == "copy") return Value::list(list.items);
    arguments.check(name, "value");
    const Value& wanted = needed(arguments, 0, "value", name);
    evaluator.charge(list.items.size());
    if (name == "count")
        return Value::integer(std::count_if(list.items.begin(), list.items.end(),
                                            [&](const Value& each) { return equal(each, wanted); }));
    for (std::size_t i = 0; i < list.items.size(); ++i)
        if (equal(list.items[i], wanted)) return Value::integer(static_cast<std::int64_t>(i));
    fail("the item that 'index' looks for is not there");
}

}  // namespace

bool is_method(const Value& of, std::string_view name) {
    if (of.is_text()) return text_method(name) || name == "format";
    if (of.as_dict())
        return holds(dict_methods, name) || (holds(changing, name) && !of.as_dict()->find(name));
    if (of.as_list()) return holds(list_methods, name) || holds(changing, name);
    const Object* object = of.as_object();
    if (!object) return false;
    return (object->kind == ObjectKind::loop && (name == "cycle" || name == "changed")) ||
           (object->kind == ObjectKind::cycler && (name == "next" || name == "reset"));
}

Value call_method(Evaluator& evaluator, const Value& self, const std::string& name,
                  const Arguments& arguments) {
    if (const MarkedText* text = self.as_text()) {
        const TextEntry* entry = text_method(name);
        if (!entry) fail("the method 'format' is not supported; use ~");
        arguments.check(name, entry->parameters);
        return entry->call(evaluator, *text, arguments);
    }
    if (holds(changing, name) && (self.as_dict() || self.as_list()))
        fail("'" + name + "' changes " + self.type_name() + ", which a chat template may not");
    if (const Dict* dict = self.as_dict()) return call_on_dict(evaluator, *dict, name, arguments);
    if (const List* list = self.as_list()) return call_on_list(evaluator, *list, name, arguments);

    Object& object = *self.as_object();
    if (name == "changed") {
        const bool same = object.has_last && object.last.size() == arguments.positional.size() &&
                          std::equal(object.last.begin(), object.last.end(), arguments.positional.begin(),
                                     [](const Value& a, const Value& b) { return equal(a, b); });
        object.has_last = true;
        object.last = arguments.positional;
        return Value::boolean(!same);
    }
    if (name == "cycle") {
        if (arguments.positional.empty()) fail("'cycle' needs something to choose from");
        return arguments.positional[object.index % arguments.positional.size()];
    }
    if (name == "reset") {
        object.index = 0;
        return Value::none();
    }
    return object.items[object.index++ % object.items.size()];  // cycler.next
}

}  // namespace engine::jinja
