// Expressions.
#include "chat/evaluator.h"
#include "chat/problem.h"
#include "chat/stack.h"

#include <algorithm>

namespace engine::jinja {

Value Evaluator::lookup(const std::string& name) {
    for (const Scope* scope = scope_.get(); scope; scope = scope->parent.get()) {
        const auto it = scope->names.find(name);
        if (it != scope->names.end()) return it->second;
    }
    if (is_function(name)) return Value::function(name);
    return Value::undefined("'" + name.substr(0, 60) + "' is undefined");
}

Value Evaluator::evaluate(const Expression& e) {
    const Deeper deeper(*this);
    line_ = e.line;
    charge(1);
    const auto part = [&](std::size_t i) { return evaluate(*e.items[i]); };
    const auto all_parts = [&] {
        Items items;
        for (const ExpressionPtr& each : e.items) items.push_back(evaluate(*each));
        return items;
    };
    switch (e.kind) {
        case ExpressionKind::constant:
            return e.value;
        case ExpressionKind::name:
            return lookup(e.name);
        case ExpressionKind::list:
            return Value::list(all_parts());
        case ExpressionKind::tuple:
            return Value::list(all_parts(), true);
        case ExpressionKind::dict: {
            Pairs pairs;
            for (std::size_t i = 0; i < e.items.size(); i += 2) {
                Value key = part(i);
                pairs.emplace_back(std::move(key), part(i + 1));
            }
            return Value::dict(std::move(pairs));
        }
        case ExpressionKind::attribute:
            return attribute(part(0), e.name);
        case ExpressionKind::subscript: {
            const Value of = part(0);
            return item(of, part(1));
        }
        case ExpressionKind::slice:
            return evaluate_slice(e);
        case ExpressionKind::call:
            return evaluate_call(e);
        case ExpressionKind::filter:
            return evaluate_filter(e, e.items[0] ? part(0) : block_text_);
        case ExpressionKind::test: {
            const Value target = part(0);
            return Value::boolean(apply_test(e.name, target, arguments_of(e)));
        }
        case ExpressionKind::logical_not:
            return Value::boolean(!part(0).truthy());
        case ExpressionKind::negative:
            return binary("-", Value::integer(0), part(0));
        case ExpressionKind::positive:
            return binary("+", Value::integer(0), part(0));
        case ExpressionKind::binary: {
            const Value left = part(0);
            const Value right = part(1);
            line_ = e.line;
            return binary(e.name, left, right);
        }
        case ExpressionKind::comparison:
            return evaluate_comparison(e);
        case ExpressionKind::logical_and: {
            Value left = part(0);
            return left.truthy() ? part(1) : left;
        }
        case ExpressionKind::logical_or: {
            Value left = part(0);
            return left.truthy() ? left : part(1);
        }
        case ExpressionKind::concat:
            return evaluate_concat(e);
        case ExpressionKind::conditional:
            if (part(1).truthy()) return part(0);
            return e.items[2] ? part(2) : Value::undefined("an 'if' without 'else' has no value here");
    }
    return {};
}

Value Evaluator::evaluate_concat(const Expression& e) {
    MarkedText text;
    for (const ExpressionPtr& each : e.items) {
        const Value value = evaluate(*each);
        charge(value.weight());
        append(text, value.str());
    }
    return Value::text(std::move(text));
}

Value Evaluator::evaluate_comparison(const Expression& e) {
    Value left = evaluate(*e.items[0]);
    for (std::size_t i = 0; i < e.names.size(); ++i) {
        Value right = evaluate(*e.items[i + 1]);
        const std::string& op = e.names[i];
        charge(std::min(left.weight(), right.weight()));
        bool holds = false;
        if (op == "==" || op == "!=")
            holds = equal(left, right) == (op == "==");
        else if (op == "in" || op == "not in")
            holds = contains(right, left) == (op == "in");
        else if (op == "<")
            holds = compare(left, right) < 0;
        else if (op == "<=")
            holds = compare(left, right) <= 0;
        else if (op == ">")
            holds = compare(left, right) > 0;
        else
            holds = compare(left, right) >= 0;
        if (!holds) return Value::boolean(false);
        left = std::move(right);
    }
    return Value::boolean(true);
}

// Python's rules: negative positions count from the end, what lies outside is left out.
Value Evaluator::evaluate_slice(const Expression& e) {
    const Value of = evaluate(*e.items[0]);
    const auto position = [&](std::size_t i) -> Value {
        if (!e.items[i]) return Value::none();
        Value value = evaluate(*e.items[i]);
        if (!value.is_none() && (!value.is_number() || value.is_real()))
            fail(std::string("a slice goes from and to integers, not ") + value.type_name());
        return value;
    };
    const Value begin = position(1), end = position(2), step = position(3);
    const MarkedText* text = of.as_text();
    const List* list = of.as_list();
    if (of.is_undefined()) fail(of.as_undefined()->why);
    if (!text && !list) fail(std::string(of.type_name()) + " cannot be sliced");
    charge(of.weight());
    const std::vector<std::size_t> offsets = text ? text->boundaries() : std::vector<std::size_t>();
    const auto size = static_cast<std::int64_t>(text ? offsets.size() - 1 : list->items.size());
    const std::int64_t by = step.is_none() ? 1 : step.as_integer();
    if (by == 0) fail("the step of a slice is 0");
    const auto clip = [&](const Value& value, std::int64_t missing) {
        if (value.is_none()) return missing;
        std::int64_t at = value.as_integer();
        if (at < 0) at = std::max<std::int64_t>(at + size, by < 0 ? -1 : 0);
        return std::min(at, by < 0 ? size - 1 : size);
    };
    std::int64_t at = clip(begin, by < 0 ? size - 1 : 0);
    const std::int64_t to = clip(end, by < 0 ? -1 : size);
    MarkedText part;
    Items items;
    if (text && by == 1) {
        if (at < to)
            part =
                text->substr(offsets[static_cast<std::size_t>(at)],
                             offsets[static_cast<std::size_t>(to)] - offsets[static_cast<std::size_t>(at)]);
        return Value::text(std::move(part));
    }
    while (by > 0 ? at < to : at > to) {
        const auto i = static_cast<std::size_t>(at);
        if (text)
            part.append(text->substr(offsets[i], offsets[i + 1] - offsets[i]));
        else
            items.push_back(list->items[i]);
        if (by > size || by < -size) break;
        at += by;
    }
    return text ? Value::text(std::move(part)) : Value::list(std::move(items), list->tuple);
}

Arguments Evaluator::arguments_of(const Expression& e) {
    Arguments arguments;
    for (std::size_t i = 1; i < e.items.size(); ++i) arguments.positional.push_back(evaluate(*e.items[i]));
    for (const auto& [name, value] : e.named) arguments.named.emplace_back(name, evaluate(*value));
    return arguments;
}

Value Evaluator::evaluate_call(const Expression& e) {
    const Value callee = evaluate(*e.items[0]);
    const Arguments arguments = arguments_of(e);
    line_ = e.line;
    return call(callee, arguments);
}

Value Evaluator::evaluate_filter(const Expression& e, const Value& target) {
    const Arguments arguments = arguments_of(e);
    line_ = e.line;
    return apply_filter(e.name, target, arguments);
}

Value Evaluator::attribute(const Value& of, const std::string& name) {
    if (of.is_undefined()) fail(of.as_undefined()->why);
    if (is_method(of, name)) return Value::method(of, name);
    if (const Dict* dict = of.as_dict()) {
        charge(dict->pairs.size() / 8);
        if (const Value* found = dict->find(std::string_view(name))) return *found;
    }
    if (const Object* object = of.as_object()) {
        if (object->kind == ObjectKind::loop) return loop_attribute(*object, name);
        if (object->kind == ObjectKind::macro && name == "name") return Value::text(object->body->name);
        if (object->kind == ObjectKind::cycler && name == "current")
            return object->items[object->index % object->items.size()];
        const auto it = object->attributes.find(name);
        if (it != object->attributes.end()) return it->second;
    }
    return Value::undefined(std::string(of.type_name()) + " has no attribute '" + name.substr(0, 60) + "'");
}

Value Evaluator::item(const Value& of, const Value& key) {
    if (of.is_undefined()) fail(of.as_undefined()->why);
    if (const Dict* dict = of.as_dict()) {
        charge(dict->pairs.size() / 8);
        const MarkedText* name = key.as_text();
        const Value* found = name ? dict->find(std::string_view(name->bytes())) : dict->find(key);
        if (found) return *found;
    } else if (key.is_number() && !key.is_real() && (of.as_list() || of.as_text())) {
        const MarkedText* text = of.as_text();
        if (text) charge(text->size() / 16);
        const auto size = static_cast<std::int64_t>(text ? text->length() : of.as_list()->items.size());
        std::int64_t at = key.as_integer();
        if (at < 0) at += size;
        if (at >= 0 && at < size) {
            const auto i = static_cast<std::size_t>(at);
            if (!text) return of.as_list()->items[i];
            const auto offsets = text->boundaries();
            return Value::text(text->substr(offsets[i], offsets[i + 1] - offsets[i]));
        }
    }
    if (key.is_text()) return attribute(of, key.as_text()->bytes());
    return Value::undefined(std::string(of.type_name()) + " has no item " + key.repr().bytes().substr(0, 60));
}

Items Evaluator::items_of(const Value& value) {
    charge(value.weight());
    if (const List* list = value.as_list()) return list->items;
    Items items;
    if (const Dict* dict = value.as_dict()) {
        for (const auto& [key, unused] : dict->pairs) items.push_back(key);
    } else if (const MarkedText* text = value.as_text()) {
        charge(text->size());
        const auto offsets = text->boundaries();
        for (std::size_t i = 0; i + 1 < offsets.size(); ++i)
            items.push_back(Value::text(text->substr(offsets[i], offsets[i + 1] - offsets[i])));
    } else if (!value.is_undefined()) {
        fail(std::string(value.type_name()) + " cannot be looped over");
    }
    return items;
}

bool Evaluator::contains(const Value& container, const Value& value) {
    charge(container.weight());
    if (const MarkedText* text = container.as_text()) {
        if (!value.is_text()) fail(std::string(value.type_name()) + " is looked for in a text");
        return text->bytes().find(value.as_text()->bytes()) != std::string::npos;
    }
    if (const Dict* dict = container.as_dict()) return dict->find(value) != nullptr;
    if (const Object* object = container.as_object(); object && object->kind == ObjectKind::name_space)
        fail("a namespace cannot be looked through");
    const Items items = items_of(container);
    return std::any_of(items.begin(), items.end(), [&](const Value& each) { return equal(each, value); });
}

}  // namespace engine::jinja
