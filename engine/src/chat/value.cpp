#include "chat/value.h"

#include "chat/object.h"
#include "chat/problem.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace engine::jinja {
namespace {

template <class Container>
void measure(Container& container, const Value& part) {
    container.depth = std::max(container.depth, part.depth() + 1);
    container.weight += part.weight();
    if (container.depth > max_value_depth)
        fail("a value nests deeper than " + std::to_string(max_value_depth) + " levels");
    if (container.weight > max_value_weight) fail("a list grows beyond what a chat can need");
}

// Equal for keys that Python takes for the same.
std::string key_text(const Value& key) {
    if (const MarkedText* text = key.as_text()) return "s" + text->bytes();
    if (key.is_integer() || key.is_boolean()) return "n" + std::to_string(key.as_integer());
    if (key.is_real() && key.as_real() == std::floor(key.as_real()) && std::fabs(key.as_real()) < 1e15)
        return "n" + std::to_string(static_cast<std::int64_t>(key.as_real()));
    if (key.as_dict() || (key.as_list() && !key.as_list()->tuple))
        fail(std::string(key.type_name()) + " cannot be a key of a dict");
    return "o" + key.repr().bytes();
}

MarkedText quoted(const MarkedText& text) {
    const std::string& bytes = text.bytes();
    const bool single = bytes.find('\'') == std::string::npos || bytes.find('"') != std::string::npos;
    const char quote = single ? '\'' : '"';
    MarkedText out;
    out.append(std::string_view(&quote, 1));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char c = bytes[i], mark = text.mark(i);
        static constexpr char digits[] = "0123456789abcdef";
        if (c == quote || c == '\\') {
            const char escaped[] = {'\\', c};
            out.append({escaped, 2}, mark);
        } else if (c == '\n' || c == '\r' || c == '\t') {
            out.append(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t", mark);
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            const char escaped[] = {'\\', 'x', digits[(c >> 4) & 15], digits[c & 15]};
            out.append({escaped, 4}, mark);
        } else {
            out.append({&c, 1}, mark);
        }
    }
    out.append(std::string_view(&quote, 1));
    return out;
}

MarkedText printed_list(const List& list) {
    MarkedText out(list.tuple ? "(" : "[");
    for (std::size_t i = 0; i < list.items.size(); ++i) {
        if (i > 0) out.append(", ");
        out.append(list.items[i].repr());
    }
    if (list.tuple && list.items.size() == 1) out.append(",");
    out.append(list.tuple ? ")" : "]");
    return out;
}

MarkedText printed_dict(const Dict& dict) {
    MarkedText out("{");
    bool first = true;
    for (const auto& [key, value] : dict.pairs) {
        if (!first) out.append(", ");
        first = false;
        out.append(key.repr());
        out.append(": ");
        out.append(value.repr());
    }
    out.append("}");
    return out;
}

bool equal_dicts(const Dict& a, const Dict& b) {
    if (a.pairs.size() != b.pairs.size()) return false;
    std::map<std::string, const Value*> others;
    for (const auto& [key, value] : b.pairs) others[key_text(key)] = &value;
    return std::all_of(a.pairs.begin(), a.pairs.end(), [&](const auto& pair) {
        const auto it = others.find(key_text(pair.first));
        return it != others.end() && equal(pair.second, *it->second);
    });
}

}  // namespace

const Value* Dict::find(std::string_view key) const {
    for (const auto& [name, value] : pairs)
        if (name.as_text() && name.as_text()->bytes() == key) return &value;
    return nullptr;
}

const Value* Dict::find(const Value& key) const {
    for (const auto& [name, value] : pairs)
        if (equal(name, key)) return &value;
    return nullptr;
}

Value Value::text(MarkedText value) {
    return Value(State(std::make_shared<const MarkedText>(std::move(value))));
}

Value Value::text(std::string_view value, char mark) {
    return text(MarkedText(std::string(value), mark));
}

Value Value::list(Items items, bool tuple) {
    List list;
    for (const Value& item : items) measure(list, item);
    list.items = std::move(items);
    list.tuple = tuple;
    return Value(State(std::make_shared<const List>(std::move(list))));
}

Value Value::dict(Pairs pairs) {
    Dict dict;
    std::map<std::string, std::size_t> known;
    for (auto& [key, value] : pairs) {
        measure(dict, key);
        measure(dict, value);
        const auto [it, added] = known.try_emplace(key_text(key), dict.pairs.size());
        if (added)
            dict.pairs.emplace_back(std::move(key), std::move(value));
        else
            dict.pairs[it->second].second = std::move(value);
    }
    return Value(State(std::make_shared<const Dict>(std::move(dict))));
}

Value Value::method(Value self, std::string name) {
    return Value(State(Method{std::make_shared<const Value>(std::move(self)), std::move(name)}));
}

bool Value::is_callable() const {
    const Object* object = as_object();
    return as_method() || as_function() || (object && object->kind != ObjectKind::name_space);
}

Object* Value::as_object() const {
    const auto* held = std::get_if<Object*>(&state_);
    return held ? *held : nullptr;
}

std::size_t Value::weight() const {
    if (const MarkedText* text = as_text()) return 1 + text->size() / 16;
    if (const List* list = as_list()) return list->weight;
    if (const Dict* dict = as_dict()) return dict->weight;
    return 1;
}

int Value::depth() const {
    if (const List* list = as_list()) return list->depth;
    if (const Dict* dict = as_dict()) return dict->depth;
    if (const Method* method = as_method()) return method->self->depth() + 1;
    return 0;
}

bool Value::truthy() const {
    if (is_undefined() || is_none()) return false;
    if (is_real()) return as_real() != 0;
    if (is_number()) return as_integer() != 0;
    if (const MarkedText* text = as_text()) return !text->empty();
    if (const List* list = as_list()) return !list->items.empty();
    if (const Dict* dict = as_dict()) return !dict->pairs.empty();
    return true;
}

std::int64_t Value::as_integer() const {
    if (const bool* value = std::get_if<bool>(&state_)) return *value;
    return std::get<std::int64_t>(state_);
}

double Value::as_real() const {
    if (const double* value = std::get_if<double>(&state_)) return *value;
    return static_cast<double>(as_integer());
}

MarkedText Value::str() const {
    if (const MarkedText* text = as_text()) return *text;
    if (is_undefined()) return {};
    return repr();
}

MarkedText Value::repr() const {
    if (const MarkedText* text = as_text()) return quoted(*text);
    if (is_undefined()) return MarkedText("Undefined");
    if (is_none()) return MarkedText("None");
    if (is_boolean()) return MarkedText(as_integer() ? "True" : "False");
    if (is_integer()) return MarkedText(std::to_string(as_integer()));
    if (is_real()) return MarkedText(real_text(as_real()));
    if (const List* list = as_list()) return printed_list(*list);
    if (const Dict* dict = as_dict()) return printed_dict(*dict);
    return MarkedText(std::string("<") + type_name() + ">");
}

const char* Value::type_name() const {
    if (is_undefined()) return "an undefined value";
    if (is_none()) return "none";
    if (is_boolean()) return "a boolean";
    if (is_integer()) return "an integer";
    if (is_real()) return "a float";
    if (is_text()) return "a text";
    if (const List* list = as_list()) return list->tuple ? "a tuple" : "a list";
    if (as_dict()) return "a dict";
    if (const Object* object = as_object()) {
        switch (object->kind) {
            case ObjectKind::name_space:
                return "a namespace";
            case ObjectKind::macro:
                return "a macro";
            case ObjectKind::loop:
                return "a loop";
            case ObjectKind::cycler:
                return "a cycler";
            case ObjectKind::joiner:
                return "a joiner";
        }
    }
    return "a function";
}

bool equal(const Value& a, const Value& b) {
    if (a.is_number() && b.is_number())
        return a.is_real() || b.is_real() ? a.as_real() == b.as_real() : a.as_integer() == b.as_integer();
    if (a.as_text() && b.as_text()) return a.as_text()->bytes() == b.as_text()->bytes();
    if (a.is_none() || a.is_undefined())
        return a.is_none() == b.is_none() && a.is_undefined() == b.is_undefined();
    if (const List* x = a.as_list(), *y = b.as_list(); x && y)
        return x == y || (x->tuple == y->tuple &&
                          std::equal(x->items.begin(), x->items.end(), y->items.begin(), y->items.end(),
                                     [](const Value& one, const Value& other) { return equal(one, other); }));
    if (const Dict* x = a.as_dict(), *y = b.as_dict(); x && y) return x == y || equal_dicts(*x, *y);
    if (a.as_object() || b.as_object()) return a.as_object() == b.as_object();
    return false;
}

int compare(const Value& a, const Value& b) {
    if (a.is_number() && b.is_number()) {
        if (a.is_real() || b.is_real())
            return a.as_real() < b.as_real() ? -1 : a.as_real() > b.as_real() ? 1 : 0;
        return a.as_integer() < b.as_integer() ? -1 : a.as_integer() > b.as_integer() ? 1 : 0;
    }
    if (a.as_text() && b.as_text()) return a.as_text()->bytes().compare(b.as_text()->bytes());
    if (const List* x = a.as_list(), *y = b.as_list(); x && y && x->tuple == y->tuple) {
        for (std::size_t i = 0; i < x->items.size() && i < y->items.size(); ++i)
            if (!equal(x->items[i], y->items[i])) return compare(x->items[i], y->items[i]);
        return x->items.size() < y->items.size() ? -1 : x->items.size() > y->items.size() ? 1 : 0;
    }
    fail(std::string(a.type_name()) + " and " + b.type_name() + " have no order");
}

std::string real_text(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    const double size = std::fabs(value);
    const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
    char buffer[400];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value,
                                   plain ? std::chars_format::fixed : std::chars_format::scientific);
    std::string text(buffer, end.ptr);
    if (plain && text.find('.') == std::string::npos) text += ".0";
    return text;
}

}  // namespace engine::jinja
