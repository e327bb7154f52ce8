// Recursive descent over the tokens. Precedence, loosest first: if-else, or, and, not, comparison, + -, ~, *
// / // %, **, unary sign, then . [] () | is.
#pragma once

#include "chat/ast.h"
#include "chat/lexer.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace engine::jinja {

class Parser {
  public:
    explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}
    Body template_body();

  private:
    // Statements, parse_statement.cpp
    Body body_until(std::initializer_list<std::string_view> ends, const Token& opened);
    std::unique_ptr<Statement> statement();
    void if_block(Statement& result);
    void for_block(Statement& result);
    void set_block(Statement& result);
    void macro_block(Statement& result);
    void call_block(Statement& result);
    void with_block(Statement& result);
    void targets(Statement& result);
    void parameters(Statement& result);
    void end_block();

    // Expressions, parse_expression.cpp
    ExpressionPtr tuple_or_expression(bool with_conditional = true);
    ExpressionPtr expression(bool with_conditional = true);
    ExpressionPtr disjunction();
    ExpressionPtr conjunction();
    ExpressionPtr negation();
    ExpressionPtr comparison();
    ExpressionPtr sum();
    ExpressionPtr concatenation();
    ExpressionPtr product();
    ExpressionPtr power();
    ExpressionPtr unary(bool with_filters = true);
    ExpressionPtr primary();
    ExpressionPtr parenthesised();
    ExpressionPtr list();
    ExpressionPtr dict();
    ExpressionPtr postfix(ExpressionPtr value);
    ExpressionPtr filters_and_tests(ExpressionPtr value);
    ExpressionPtr filter(ExpressionPtr value);  // after the bar
    ExpressionPtr test(ExpressionPtr value);    // after is
    ExpressionPtr subscript(ExpressionPtr value);
    void arguments(Expression& call);

    ExpressionPtr make(ExpressionKind kind, int line) const;
    ExpressionPtr combine(ExpressionKind kind, std::string name, ExpressionPtr left,
                          ExpressionPtr right) const;
    static void add(Expression& parent, ExpressionPtr child);

    // Tokens
    const Token& now() const { return tokens_[at_]; }
    const Token& ahead() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
    Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
    bool is_op(std::string_view op) const { return now().type == TokenType::op && now().text == op; }
    bool is_name(std::string_view name) const { return now().type == TokenType::name && now().text == name; }
    bool take_op(std::string_view op);
    bool take_name(std::string_view name);
    void expect_op(std::string_view op);
    std::string expect_name(std::string_view what);
    [[noreturn]] void unexpected(std::string_view expected) const;

    // Counts how deep the parser stands in itself, so that no template exhausts the stack.
    struct Level {
        explicit Level(Parser& parser);
        ~Level() { --parser_.level_; }
        Parser& parser_;
    };

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    int level_ = 0;
    int loops_ = 0;  // for statements around this place
};

}  // namespace engine::jinja
