// Budget, operators, calls.
#include "chat/evaluator.h"

#include "chat/problem.h"
#include "chat/stack.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace engine::jinja {
namespace {

// A rendering of a long conversation takes some ten thousand; this many take about a second.
constexpr std::size_t budget = 4'000'000;
constexpr std::size_t max_text_bytes = std::size_t{16} << 20;
constexpr std::size_t max_objects = 200'000;

[[noreturn]] void fail_operands(const std::string& op, const Value& left, const Value& right) {
    for (const Value* each : {&left, &right})
        if (each->is_undefined()) fail(each->as_undefined()->why);
    fail(std::string(left.type_name()) + " " + op + " " + right.type_name() + " has no meaning");
}

Value checked(bool overflow, std::int64_t value) {
    if (overflow) fail("an integer grows beyond 64 bits");
    return Value::integer(value);
}

Value integer_power(std::int64_t base, std::int64_t exponent) {
    std::int64_t result = 1;
    bool overflow = false;
    for (std::int64_t i = 0; i < exponent && !overflow; ++i) {
        if (base == 1 || base == 0) return Value::integer(exponent ? base : 1);
        if (base == -1) return Value::integer(exponent % 2 ? -1 : 1);
        overflow = __builtin_mul_overflow(result, base, &result);
    }
    return checked(overflow, result);
}

Value integers(const std::string& op, std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    if (op == "+" || op == "-" || op == "*") {
        const bool overflow = op == "+"   ? __builtin_add_overflow(a, b, &result)
                              : op == "-" ? __builtin_sub_overflow(a, b, &result)
                                          : __builtin_mul_overflow(a, b, &result);
        return checked(overflow, result);
    }
    if (op == "**") return b >= 0 ? integer_power(a, b) : Value::real(std::pow(double(a), double(b)));
    if (b == 0) fail("something is divided by 0");
    if (op == "/") return Value::real(static_cast<double>(a) / static_cast<double>(b));
    if (a == std::numeric_limits<std::int64_t>::min() && b == -1) return checked(op == "//", 0);
    // Towards minus infinity, as Python divides; the rest has the sign of the divisor.
    const bool towards_zero = a % b == 0 || (a < 0) == (b < 0);
    if (op == "//") return Value::integer(a / b - (towards_zero ? 0 : 1));
    return Value::integer(a % b + (towards_zero ? 0 : b));
}

Value reals(const std::string& op, double a, double b) {
    if (op == "+") return Value::real(a + b);
    if (op == "-") return Value::real(a - b);
    if (op == "*") return Value::real(a * b);
    if (op == "**") return Value::real(std::pow(a, b));
    if (b == 0) fail("something is divided by 0");
    if (op == "/") return Value::real(a / b);
    if (op == "//") return Value::real(std::floor(a / b));
    const double rest = std::fmod(a, b);
    return Value::real(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
}

}  // namespace

const Value* Arguments::find(std::size_t index, std::string_view name) const {
    if (index < positional.size()) return &positional[index];
    for (const auto& [key, value] : named)
        if (key == name) return &value;
    return nullptr;
}

void Arguments::check(std::string_view callee, std::string_view parameters) const {
    const std::string padded = " " + std::string(parameters) + " ";
    const auto count = parameters.empty() ? 0 : 1 + std::count(parameters.begin(), parameters.end(), ' ');
    if (positional.size() > static_cast<std::size_t>(count))
        fail("'" + std::string(callee) + "' takes at most " + std::to_string(count) + " arguments");
    for (const auto& [name, value] : named)
        if (padded.find(" " + name + " ") == std::string::npos)
            fail("'" + std::string(callee) + "' has no argument '" + name.substr(0, 60) + "'");
}

Evaluator::Evaluator(std::int64_t now) : scope_(std::make_shared<Scope>()), now_(now) {}

MarkedText Evaluator::render(const Body& body, const Pairs& variables) {
    for (const auto& [name, value] : variables) scope_->names[name.as_text()->bytes()] = value;
    MarkedText out;
    try {
        execute(body, out);
    } catch (Problem& problem) {
        if (problem.line == 0) problem.line = line_;
        throw;
    }
    return out;
}

void Evaluator::charge(std::size_t cost) {
    spent_ += std::min(cost, budget);
    if (spent_ > budget) fail("it computes more than any chat needs");
}

void Evaluator::grow(const MarkedText& out, std::size_t bytes) {
    charge(bytes / 16);
    if (out.size() + bytes > max_text_bytes) fail("a text grows beyond 16 MiB");
}

void Evaluator::append(MarkedText& out, const MarkedText& text) {
    grow(out, text.size());
    out.append(text);
}

Object* Evaluator::make_object(ObjectKind kind) {
    charge(8);
    if (objects_.size() >= max_objects) fail("it makes more loops and namespaces than any chat needs");
    objects_.emplace_back().kind = kind;
    return &objects_.back();
}

Value Evaluator::binary(const std::string& op, const Value& left, const Value& right) {
    charge(left.weight() + right.weight());
    if (left.is_number() && right.is_number())
        return left.is_real() || right.is_real() ? reals(op, left.as_real(), right.as_real())
                                                 : integers(op, left.as_integer(), right.as_integer());
    const bool counted = op == "*" && (left.is_number() || right.is_number());
    const Value& many = counted && left.is_number() ? right : left;
    if (op == "+" && left.is_text() && right.is_text()) {
        MarkedText text;
        append(text, *left.as_text());
        append(text, *right.as_text());
        return Value::text(std::move(text));
    }
    if (op == "+" && left.as_list() && right.as_list() && left.as_list()->tuple == right.as_list()->tuple) {
        Items items = left.as_list()->items;
        items.insert(items.end(), right.as_list()->items.begin(), right.as_list()->items.end());
        return Value::list(std::move(items), left.as_list()->tuple);
    }
    if (counted && (many.is_text() || many.as_list())) {
        const Value& number = left.is_number() ? left : right;
        if (number.is_real()) fail_operands(op, left, right);
        const auto times = static_cast<std::size_t>(std::max<std::int64_t>(number.as_integer(), 0));
        MarkedText text;
        Items items;
        for (std::size_t i = 0; i < times; ++i) {
            charge(many.weight());
            if (many.is_text())
                append(text, *many.as_text());
            else
                items.insert(items.end(), many.as_list()->items.begin(), many.as_list()->items.end());
        }
        return many.is_text() ? Value::text(std::move(text))
                              : Value::list(std::move(items), many.as_list()->tuple);
    }
    if (op == "%" && left.is_text()) fail("formatting a text with % is not supported; use ~");
    fail_operands(op, left, right);
}

Value Evaluator::call(const Value& callee, const Arguments& arguments) {
    const Deeper deeper(*this);
    charge(1);
    for (const Value& each : arguments.positional) charge(each.weight());
    for (const auto& [name, value] : arguments.named) charge(value.weight());
    if (const Method* method = callee.as_method()) {
        charge(method->self->weight());
        return call_method(*this, *method->self, method->name, arguments);
    }
    if (const Function* function = callee.as_function())
        return call_function(*this, function->name, arguments);
    if (Object* object = callee.as_object()) {
        switch (object->kind) {
            case ObjectKind::macro:
                return call_macro(*object, arguments);
            case ObjectKind::loop: {
                if (!object->body) fail("a loop is called that is not marked 'recursive'");
                arguments.check("loop", "iterable");
                const Value* over = arguments.find(0, "iterable");
                const Inside inside(*this, object->scope);
                MarkedText text;
                execute_loop(*object->body, over ? *over : Value(), object->depth + 1, text);
                return Value::text(std::move(text));
            }
            case ObjectKind::joiner: {
                const bool first = object->index++ == 0;
                return first ? Value::text("") : object->items[0];
            }
            default:
                break;
        }
    }
    if (callee.is_undefined()) fail(callee.as_undefined()->why + ", so it cannot be called");
    fail(std::string(callee.type_name()) + " cannot be called");
}

Value Evaluator::call_macro(const Object& macro, const Arguments& arguments) {
    const Statement& definition = *macro.body;
    const Inside inside(*this, macro.scope);
    auto& names = scope_->names;
    const auto& parameters = definition.parameters;
    Items more;
    for (std::size_t i = parameters.size(); i < arguments.positional.size(); ++i)
        more.push_back(arguments.positional[i]);
    Pairs others;
    for (const auto& [name, value] : arguments.named) {
        const bool known = std::any_of(parameters.begin(), parameters.end(),
                                       [&](const auto& parameter) { return parameter.first == name; });
        if (name == "caller")
            names[name] = value;
        else if (!known)
            others.emplace_back(Value::text(name), value);
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto& [name, otherwise] = parameters[i];
        if (const Value* given = arguments.find(i, name))
            names[name] = *given;
        else
            names[name] = otherwise ? evaluate(*otherwise) : Value::undefined("'" + name + "' was not given");
    }
    names["varargs"] = Value::list(std::move(more), true);
    names["kwargs"] = Value::dict(std::move(others));
    MarkedText text;
    execute(definition.body, text);
    return Value::text(std::move(text));
}

}  // namespace engine::jinja
