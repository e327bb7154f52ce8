#include "chat/parser.h"
#include "chat/problem.h"

#include <algorithm>
#include <array>

namespace engine::jinja {
namespace {

constexpr int max_tree_depth = 150;

bool one_of(const Token& token, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), token.text) != names.end();
}

}  // namespace

ExpressionPtr Parser::make(ExpressionKind kind, int line) const {
    auto result = std::make_unique<Expression>();
    result->kind = kind;
    result->line = line;
    return result;
}

void Parser::add(Expression& parent, ExpressionPtr child) {
    if (child) {
        parent.depth = std::max(parent.depth, child->depth + 1);
        if (parent.depth > max_tree_depth)
            fail("an expression nests deeper than " + std::to_string(max_tree_depth) + " levels",
                 parent.line);
    }
    parent.items.push_back(std::move(child));
}

ExpressionPtr Parser::combine(ExpressionKind kind, std::string name, ExpressionPtr left,
                              ExpressionPtr right) const {
    auto result = make(kind, left->line);
    result->name = std::move(name);
    add(*result, std::move(left));
    if (right) add(*result, std::move(right));
    return result;
}

// a, b, c without brackets is a tuple.
ExpressionPtr Parser::tuple_or_expression(bool with_conditional) {
    auto first = expression(with_conditional);
    if (!is_op(",")) return first;
    auto result = make(ExpressionKind::tuple, first->line);
    add(*result, std::move(first));
    while (take_op(",")) {
        if (now().type == TokenType::variable_end || now().type == TokenType::block_end || is_op(")") ||
            is_op("]"))
            break;
        add(*result, expression(with_conditional));
    }
    return result;
}

ExpressionPtr Parser::expression(bool with_conditional) {
    const Level level(*this);
    auto value = disjunction();
    while (with_conditional && is_name("if")) {
        auto result = make(ExpressionKind::conditional, take().line);
        add(*result, std::move(value));
        add(*result, disjunction());
        add(*result, take_name("else") ? expression() : nullptr);
        value = std::move(result);
    }
    return value;
}

ExpressionPtr Parser::disjunction() {
    auto left = conjunction();
    while (take_name("or")) left = combine(ExpressionKind::logical_or, {}, std::move(left), conjunction());
    return left;
}

ExpressionPtr Parser::conjunction() {
    auto left = negation();
    while (take_name("and")) left = combine(ExpressionKind::logical_and, {}, std::move(left), negation());
    return left;
}

ExpressionPtr Parser::negation() {
    const Level level(*this);
    if (take_name("not")) return combine(ExpressionKind::logical_not, {}, negation(), nullptr);
    return comparison();
}

ExpressionPtr Parser::comparison() {
    auto left = sum();
    ExpressionPtr chain;
    for (;;) {
        std::string op;
        if (now().type == TokenType::op && one_of(now(), {"==", "!=", "<", "<=", ">", ">="})) {
            op = take().text;
        } else if (take_name("in")) {
            op = "in";
        } else if (is_name("not") && ahead().type == TokenType::name && ahead().text == "in") {
            take();
            take();
            op = "not in";
        } else {
            break;
        }
        if (!chain) {
            chain = make(ExpressionKind::comparison, left->line);
            add(*chain, std::move(left));
        }
        chain->names.push_back(op);
        add(*chain, sum());
    }
    return chain ? std::move(chain) : std::move(left);
}

ExpressionPtr Parser::sum() {
    auto left = concatenation();
    while (is_op("+") || is_op("-")) {
        std::string op = take().text;
        left = combine(ExpressionKind::binary, std::move(op), std::move(left), concatenation());
    }
    return left;
}

ExpressionPtr Parser::concatenation() {
    auto first = product();
    if (!is_op("~")) return first;
    auto result = make(ExpressionKind::concat, first->line);
    add(*result, std::move(first));
    while (take_op("~")) add(*result, product());
    return result;
}

ExpressionPtr Parser::product() {
    auto left = power();
    while (is_op("*") || is_op("/") || is_op("//") || is_op("%")) {
        std::string op = take().text;
        left = combine(ExpressionKind::binary, std::move(op), std::move(left), power());
    }
    return left;
}

ExpressionPtr Parser::power() {
    auto left = unary();
    while (take_op("**")) left = combine(ExpressionKind::binary, "**", std::move(left), unary());
    return left;
}

ExpressionPtr Parser::unary(bool with_filters) {
    const Level level(*this);
    ExpressionPtr value;
    if (take_op("-"))
        value = combine(ExpressionKind::negative, {}, unary(false), nullptr);
    else if (take_op("+"))
        value = combine(ExpressionKind::positive, {}, unary(false), nullptr);
    else
        value = primary();
    value = postfix(std::move(value));
    return with_filters ? filters_and_tests(std::move(value)) : std::move(value);
}

ExpressionPtr Parser::primary() {
    const Token token = now();
    auto result = make(ExpressionKind::constant, token.line);
    switch (token.type) {
        case TokenType::name:
            take();
            if (one_of(token, {"true", "True", "false", "False"})) {
                result->value = Value::boolean(one_of(token, {"true", "True"}));
            } else if (one_of(token, {"none", "None"})) {
                result->value = Value::none();
            } else {
                result->kind = ExpressionKind::name;
                result->name = token.text;
            }
            return result;
        case TokenType::string: {
            std::string text;
            while (now().type == TokenType::string) text += take().text;
            result->value = Value::text(text);
            return result;
        }
        case TokenType::integer:
            result->value = Value::integer(take().integer);
            return result;
        case TokenType::real:
            result->value = Value::real(take().real);
            return result;
        case TokenType::op:
            if (token.text == "(") return parenthesised();
            if (token.text == "[") return list();
            if (token.text == "{") return dict();
            break;
        default:
            break;
    }
    unexpected("a value");
}

ExpressionPtr Parser::parenthesised() {
    const int line = take().line;
    if (take_op(")")) return make(ExpressionKind::tuple, line);
    auto value = tuple_or_expression();
    expect_op(")");
    return value;
}

ExpressionPtr Parser::list() {
    auto result = make(ExpressionKind::list, take().line);
    while (!take_op("]")) {
        if (!result->items.empty()) {
            expect_op(",");
            if (take_op("]")) break;
        }
        add(*result, expression());
    }
    return result;
}

ExpressionPtr Parser::dict() {
    auto result = make(ExpressionKind::dict, take().line);
    while (!take_op("}")) {
        if (!result->items.empty()) {
            expect_op(",");
            if (take_op("}")) break;
        }
        add(*result, expression());
        expect_op(":");
        add(*result, expression());
    }
    return result;
}

ExpressionPtr Parser::postfix(ExpressionPtr value) {
    for (;;) {
        if (take_op(".")) {
            if (now().type == TokenType::integer) {
                auto index = make(ExpressionKind::constant, now().line);
                index->value = Value::integer(take().integer);
                value = combine(ExpressionKind::subscript, {}, std::move(value), std::move(index));
            } else {
                std::string name = expect_name("the name of an attribute");
                value = combine(ExpressionKind::attribute, std::move(name), std::move(value), nullptr);
            }
        } else if (is_op("[")) {
            value = subscript(std::move(value));
        } else if (is_op("(")) {
            value = combine(ExpressionKind::call, {}, std::move(value), nullptr);
            arguments(*value);
        } else {
            return value;
        }
    }
}

ExpressionPtr Parser::subscript(ExpressionPtr value) {
    take();
    std::array<ExpressionPtr, 3> parts;  // begin, end, step of a slice
    bool slice = false;
    const auto part = [&]() -> ExpressionPtr { return is_op(":") || is_op("]") ? nullptr : expression(); };
    parts[0] = part();
    for (std::size_t i = 1; i < parts.size() && take_op(":"); ++i) {
        slice = true;
        parts[i] = part();
    }
    if (!slice && !parts[0]) unexpected("an index");
    if (!slice && is_op(",")) {
        auto key = make(ExpressionKind::tuple, value->line);
        add(*key, std::move(parts[0]));
        while (take_op(",")) add(*key, expression());
        parts[0] = std::move(key);
    }
    expect_op("]");
    if (!slice) return combine(ExpressionKind::subscript, {}, std::move(value), std::move(parts[0]));
    auto result = combine(ExpressionKind::slice, {}, std::move(value), nullptr);
    for (ExpressionPtr& each : parts) add(*result, std::move(each));
    return result;
}

ExpressionPtr Parser::filters_and_tests(ExpressionPtr value) {
    for (;;) {
        if (take_op("|"))
            value = filter(std::move(value));
        else if (take_name("is"))
            value = test(std::move(value));
        else if (is_op("(")) {
            value = combine(ExpressionKind::call, {}, std::move(value), nullptr);
            arguments(*value);
        } else {
            return value;
        }
    }
}

ExpressionPtr Parser::filter(ExpressionPtr value) {
    auto result = make(ExpressionKind::filter, now().line);
    result->name = expect_name("the name of a filter");
    while (take_op(".")) result->name += "." + expect_name("the name of a filter");
    add(*result, std::move(value));
    if (is_op("(")) arguments(*result);
    return result;
}

ExpressionPtr Parser::test(ExpressionPtr value) {
    const bool inverted = take_name("not");
    auto result = make(ExpressionKind::test, now().line);
    result->name = expect_name("the name of a test");
    add(*result, std::move(value));
    const bool starts_value =
        now().type == TokenType::string || now().type == TokenType::integer ||
        now().type == TokenType::real || is_op("[") || is_op("{") ||
        (now().type == TokenType::name && !one_of(now(), {"else", "or", "and", "is", "if", "not", "in"}));
    if (is_op("("))
        arguments(*result);
    else if (starts_value)
        add(*result, postfix(primary()));
    if (!inverted) return result;
    return combine(ExpressionKind::logical_not, {}, std::move(result), nullptr);
}

void Parser::arguments(Expression& call) {
    expect_op("(");
    for (bool first = true; !take_op(")"); first = false) {
        if (!first) {
            expect_op(",");
            if (take_op(")")) break;
        }
        if (is_op("*") || is_op("**")) fail("a call with * or ** is not supported", now().line);
        if (now().type == TokenType::name && ahead().type == TokenType::op && ahead().text == "=") {
            std::string name = take().text;
            take();
            auto value = expression();
            call.depth = std::max(call.depth, value->depth + 1);
            if (call.depth > max_tree_depth) fail("a call nests too deep", call.line);
            call.named.emplace_back(std::move(name), std::move(value));
        } else {
            if (!call.named.empty()) fail("an argument without a name follows one with a name", now().line);
            add(call, expression());
        }
    }
}

}  // namespace engine::jinja
