// Statements.
#include "chat/evaluator.h"
#include "chat/problem.h"
#include "chat/stack.h"

namespace engine::jinja {

Evaluator::Flow Evaluator::execute(const Body& body, MarkedText& out) {
    const Deeper deeper(*this);
    for (const auto& statement : body) {
        line_ = statement->line;
        charge(1);
        const Flow flow = execute(*statement, out);
        if (flow != Flow::next) return flow;
    }
    return Flow::next;
}

Evaluator::Flow Evaluator::execute(const Statement& s, MarkedText& out) {
    Flow flow = Flow::next;
    switch (s.kind) {
        case StatementKind::text:
            charge(s.name.size() / 16);
            out.append(s.name);
            break;
        case StatementKind::output: {
            const Value value = evaluate(*s.value);
            charge(value.weight());
            append(out, value.str());
            break;
        }
        case StatementKind::condition:
            return execute_condition(s, out);
        case StatementKind::loop: {
            const Value over = evaluate(*s.value);
            execute_loop(s, over, 1, out);
            break;
        }
        case StatementKind::assign:
            assign(s, evaluate(*s.value));
            break;
        case StatementKind::assign_block: {
            Value value = Value::text(captured(s.body, flow));
            if (s.filter) {
                block_text_ = value;
                value = evaluate(*s.filter);
            }
            assign(s, std::move(value));
            break;
        }
        case StatementKind::macro: {
            Object* macro = make_object(ObjectKind::macro);
            macro->body = &s;
            macro->scope = scope_;
            scope_->names[s.name] = Value::object(macro);
            break;
        }
        case StatementKind::call_block: {
            Object* caller = make_object(ObjectKind::macro);
            caller->body = &s;
            caller->scope = scope_;
            const Value callee = evaluate(*s.value->items[0]);
            Arguments arguments = arguments_of(*s.value);
            arguments.named.emplace_back("caller", Value::object(caller));
            append(out, call(callee, arguments).str());
            break;
        }
        case StatementKind::filter_block:
            block_text_ = Value::text(captured(s.body, flow));
            append(out, evaluate(*s.filter).str());
            break;
        case StatementKind::with:
            execute_with(s, out, flow);
            break;
        case StatementKind::generation: {
            MarkedText text = captured(s.body, flow);
            text.add_mark(generated);
            append(out, text);
            break;
        }
        case StatementKind::break_loop:
            return Flow::break_loop;
        case StatementKind::continue_loop:
            return Flow::continue_loop;
    }
    return flow;
}

Evaluator::Flow Evaluator::execute_condition(const Statement& s, MarkedText& out) {
    for (const auto& [condition, body] : s.branches)
        if (!condition || evaluate(*condition).truthy()) return execute(body, out);
    return Flow::next;
}

MarkedText Evaluator::captured(const Body& body, Flow& flow) {
    const Inside inside(*this, scope_);
    MarkedText text;
    flow = execute(body, text);
    return text;
}

void Evaluator::execute_with(const Statement& s, MarkedText& out, Flow& flow) {
    std::vector<std::pair<std::string, Value>> values;
    for (const auto& [name, value] : s.parameters) values.emplace_back(name, evaluate(*value));
    const Inside inside(*this, scope_);
    for (auto& [name, value] : values) scope_->names[name] = std::move(value);
    flow = execute(s.body, out);
}

void Evaluator::assign(const Statement& s, Value value) {
    if (s.attribute.empty()) return bind(s, std::move(value));
    const Value target = lookup(s.name);
    Object* object = target.as_object();
    if (!object || object->kind != ObjectKind::name_space)
        fail("'" + s.name + "' is no namespace, so '" + s.name + "." + s.attribute + "' cannot be set");
    object->attributes[s.attribute] = std::move(value);
}

void Evaluator::bind(const Statement& s, Value value) {
    if (!s.unpack) {
        scope_->names[s.targets[0]] = std::move(value);
        return;
    }
    Items parts = items_of(value);
    if (parts.size() != s.targets.size())
        fail(std::to_string(parts.size()) + " values do not fit " + std::to_string(s.targets.size()) +
             " names");
    for (std::size_t i = 0; i < parts.size(); ++i) scope_->names[s.targets[i]] = std::move(parts[i]);
}

void Evaluator::execute_loop(const Statement& s, const Value& over, int depth, MarkedText& out) {
    Items items = items_of(over);
    if (s.condition) {
        Items kept;
        for (Value& each : items) {
            const Inside inside(*this, scope_);
            bind(s, each);
            if (evaluate(*s.condition).truthy()) kept.push_back(std::move(each));
        }
        items = std::move(kept);
    }
    if (items.empty()) {
        const Inside inside(*this, scope_);
        execute(s.otherwise, out);
        return;
    }
    Object* loop = make_object(ObjectKind::loop);
    loop->items = std::move(items);
    loop->depth = depth;
    loop->scope = scope_;
    if (s.recursive) loop->body = &s;
    for (loop->index = 0; loop->index < loop->items.size(); ++loop->index) {
        charge(2);
        const Inside inside(*this, loop->scope);
        scope_->names["loop"] = Value::object(loop);
        bind(s, loop->items[loop->index]);
        if (execute(s.body, out) == Flow::break_loop) break;
    }
    // What the loop ran over is no longer needed; a template that kept the loop sees its end.
    loop->scope.reset();
    loop->items.clear();
}

Value Evaluator::loop_attribute(const Object& loop, const std::string& name) {
    const auto size = static_cast<std::int64_t>(loop.items.size());
    const auto index = static_cast<std::int64_t>(loop.index);
    const auto at = [&](std::int64_t i) {
        return i >= 0 && i < size ? loop.items[static_cast<std::size_t>(i)]
                                  : Value::undefined("there is no such item");
    };
    if (name == "index") return Value::integer(index + 1);
    if (name == "index0") return Value::integer(index);
    if (name == "revindex") return Value::integer(size - index);
    if (name == "revindex0") return Value::integer(size - index - 1);
    if (name == "first") return Value::boolean(index == 0);
    if (name == "last") return Value::boolean(index + 1 == size);
    if (name == "length") return Value::integer(size);
    if (name == "depth") return Value::integer(loop.depth);
    if (name == "depth0") return Value::integer(loop.depth - 1);
    if (name == "previtem") return at(index - 1);
    if (name == "nextitem") return at(index + 1);
    return Value::undefined("a loop has no attribute '" + name.substr(0, 60) + "'");
}

}  // namespace engine::jinja
