#include "chat/parser.h"
#include "chat/problem.h"

#include <algorithm>

namespace engine::jinja {
namespace {

constexpr int max_level = 200;

std::string shown(const Token& token) {
    switch (token.type) {
        case TokenType::end:
            return "the end of the template";
        case TokenType::text:
            return "text";
        case TokenType::variable_begin:
            return "{{";
        case TokenType::variable_end:
            return "}}";
        case TokenType::block_begin:
            return "{%";
        case TokenType::block_end:
            return "%}";
        case TokenType::string:
            return "the text '" + token.text.substr(0, 40) + "'";
        case TokenType::integer:
        case TokenType::real:
            return "a number";
        default:
            return "'" + token.text.substr(0, 40) + "'";
    }
}

}  // namespace

Parser::Level::Level(Parser& parser) : parser_(parser) {
    if (++parser_.level_ <= max_level) return;
    --parser_.level_;
    fail("it nests deeper than " + std::to_string(max_level) + " levels", parser_.now().line);
}

bool Parser::take_op(std::string_view op) {
    if (!is_op(op)) return false;
    take();
    return true;
}

bool Parser::take_name(std::string_view name) {
    if (!is_name(name)) return false;
    take();
    return true;
}

void Parser::expect_op(std::string_view op) {
    if (!take_op(op)) unexpected("'" + std::string(op) + "'");
}

std::string Parser::expect_name(std::string_view what) {
    if (now().type != TokenType::name) unexpected(what);
    return take().text;
}

void Parser::unexpected(std::string_view expected) const {
    fail(shown(now()) + " stands where " + std::string(expected) + " is expected", now().line);
}

void Parser::end_block() {
    if (now().type != TokenType::block_end) unexpected("%}");
    take();
}

Body Parser::template_body() {
    return body_until({}, now());
}

// Statements up to a block that begins with one of the names; that block's {% and name are taken. Without
// names: to the end.
Body Parser::body_until(std::initializer_list<std::string_view> ends, const Token& opened) {
    const Level level(*this);
    const std::string name = opened.text;
    const int line = opened.line;
    Body body;
    for (;;) {
        if (now().type == TokenType::end) {
            if (ends.size() == 0) return body;
            fail("the block '" + name + "' is not closed", line);
        }
        if (now().type == TokenType::block_begin && ahead().type == TokenType::name &&
            std::find(ends.begin(), ends.end(), ahead().text) != ends.end()) {
            take();
            return body;
        }
        body.push_back(statement());
    }
}

std::unique_ptr<Statement> Parser::statement() {
    auto result = std::make_unique<Statement>();
    result->line = now().line;
    if (now().type == TokenType::text) {
        result->name = take().text;
        return result;
    }
    if (now().type == TokenType::variable_begin) {
        take();
        result->kind = StatementKind::output;
        result->value = tuple_or_expression();
        if (now().type != TokenType::variable_end) unexpected("}}");
        take();
        return result;
    }
    take();
    const Token tag = now();
    const std::string name = expect_name("the name of a statement");
    if (name == "if") {
        if_block(*result);
    } else if (name == "for") {
        for_block(*result);
    } else if (name == "set") {
        set_block(*result);
    } else if (name == "macro") {
        macro_block(*result);
    } else if (name == "call") {
        call_block(*result);
    } else if (name == "with") {
        with_block(*result);
    } else if (name == "filter") {
        result->kind = StatementKind::filter_block;
        result->filter = filter(nullptr);
        while (take_op("|")) result->filter = filter(std::move(result->filter));
        end_block();
        result->body = body_until({"endfilter"}, tag);
        take();
        end_block();
    } else if (name == "generation") {
        result->kind = StatementKind::generation;
        end_block();
        result->body = body_until({"endgeneration"}, tag);
        take();
        end_block();
    } else if (name == "break" || name == "continue") {
        if (loops_ == 0) fail("'" + name + "' stands outside a loop", tag.line);
        result->kind = name == "break" ? StatementKind::break_loop : StatementKind::continue_loop;
        end_block();
    } else {
        fail("the statement '" + name.substr(0, 40) + "' is not one of those that chat templates use",
             tag.line);
    }
    return result;
}

void Parser::if_block(Statement& result) {
    result.kind = StatementKind::condition;
    const Token opened{TokenType::name, "if", result.line, 0, 0};
    for (bool more = true; more;) {
        auto condition = tuple_or_expression();
        end_block();
        Body body = body_until({"elif", "else", "endif"}, opened);
        result.branches.emplace_back(std::move(condition), std::move(body));
        const std::string next = take().text;
        more = next == "elif";
        if (next != "else") continue;
        end_block();
        result.branches.emplace_back(nullptr, body_until({"endif"}, opened));
        take();
    }
    end_block();
}

void Parser::targets(Statement& result) {
    const bool brackets = take_op("(");
    for (;;) {
        result.targets.push_back(expect_name("the name of a variable"));
        if (!take_op(",")) break;
        result.unpack = true;
        if (now().type != TokenType::name || is_name("in")) break;
    }
    if (brackets) expect_op(")");
}

void Parser::for_block(Statement& result) {
    result.kind = StatementKind::loop;
    const Token opened{TokenType::name, "for", result.line, 0, 0};
    targets(result);
    if (!take_name("in")) unexpected("'in'");
    result.value = tuple_or_expression(false);
    if (take_name("if")) result.condition = expression();
    result.recursive = take_name("recursive");
    end_block();
    ++loops_;
    result.body = body_until({"endfor", "else"}, opened);
    --loops_;
    if (take().text == "else") {
        end_block();
        result.otherwise = body_until({"endfor"}, opened);
        take();
    }
    end_block();
}

void Parser::set_block(Statement& result) {
    const Token opened{TokenType::name, "set", result.line, 0, 0};
    if (now().type == TokenType::name && ahead().type == TokenType::op && ahead().text == ".") {
        result.name = take().text;
        take();
        result.attribute = expect_name("the name of an attribute");
    } else {
        targets(result);
    }
    if (take_op("=")) {
        result.kind = StatementKind::assign;
        result.value = tuple_or_expression();
        return end_block();
    }
    result.kind = StatementKind::assign_block;
    if (result.unpack) unexpected("'='");
    while (take_op("|")) result.filter = filter(std::move(result.filter));
    end_block();
    result.body = body_until({"endset"}, opened);
    take();
    end_block();
}

void Parser::parameters(Statement& result) {
    expect_op("(");
    while (!take_op(")")) {
        if (!result.parameters.empty()) expect_op(",");
        std::string name = expect_name("the name of a parameter");
        result.parameters.emplace_back(std::move(name), take_op("=") ? expression() : nullptr);
    }
}

void Parser::macro_block(Statement& result) {
    const Token opened{TokenType::name, "macro", result.line, 0, 0};
    result.kind = StatementKind::macro;
    result.name = expect_name("the name of a macro");
    parameters(result);
    end_block();
    const int outside = std::exchange(loops_, 0);
    result.body = body_until({"endmacro"}, opened);
    loops_ = outside;
    take();
    end_block();
}

void Parser::call_block(Statement& result) {
    const Token opened{TokenType::name, "call", result.line, 0, 0};
    result.kind = StatementKind::call_block;
    if (is_op("(")) parameters(result);
    result.value = expression();
    if (result.value->kind != ExpressionKind::call) fail("the block 'call' calls nothing", result.line);
    end_block();
    const int outside = std::exchange(loops_, 0);
    result.body = body_until({"endcall"}, opened);
    loops_ = outside;
    take();
    end_block();
}

void Parser::with_block(Statement& result) {
    const Token opened{TokenType::name, "with", result.line, 0, 0};
    result.kind = StatementKind::with;
    while (now().type != TokenType::block_end) {
        if (!result.parameters.empty()) expect_op(",");
        std::string name = expect_name("the name of a variable");
        expect_op("=");
        result.parameters.emplace_back(std::move(name), expression());
    }
    end_block();
    result.body = body_until({"endwith"}, opened);
    take();
    end_block();
}

Body parse(std::string_view source) {
    return Parser(tokenize(source)).template_body();
}

}  // namespace engine::jinja
