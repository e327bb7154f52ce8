// One rendering of a parsed template. It works within limits, so that a hostile template ends in a sentence:
// how much is computed, how large anything grows, how deep calls nest. Not thread-safe; make one for each
// rendering.
#pragma once

#include "chat/ast.h"
#include "chat/object.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engine::jinja {

// The arguments of a call, filter or test.
struct Arguments {
    Items positional;
    std::vector<std::pair<std::string, Value>> named;

    // By position or name; null where it was not given.
    const Value* find(std::size_t index, std::string_view name) const;
    // A Problem unless they fit the parameters, named in order with one space between: "width first blank".
    void check(std::string_view callee, std::string_view parameters) const;
};

class Evaluator {
  public:
    // now: seconds since 1970 for strftime_now.
    explicit Evaluator(std::int64_t now);

    MarkedText render(const Body& body, const Pairs& variables);

    // For filters, tests, methods and functions.
    void charge(std::size_t cost);  // a Problem when the budget is spent
    void grow(const MarkedText& out, std::size_t bytes);  // asks before out gets this much longer
    Value apply_filter(std::string_view name, const Value& target, const Arguments& arguments);
    bool apply_test(std::string_view name, const Value& target, const Arguments& arguments);
    Value attribute(const Value& of, const std::string& name);
    Value item(const Value& of, const Value& key);
    Items items_of(const Value& value);  // what a loop over it sees
    bool contains(const Value& container, const Value& value);
    Value call(const Value& callee, const Arguments& arguments);
    Object* make_object(ObjectKind kind);
    std::int64_t now() const { return now_; }
    int line() const { return line_; }

  private:
    enum class Flow { next, break_loop, continue_loop };
    class Deeper;
    class Inside;

    Flow execute(const Body& body, MarkedText& out);
    Flow execute(const Statement& statement, MarkedText& out);
    Flow execute_condition(const Statement& statement, MarkedText& out);
    void execute_loop(const Statement& statement, const Value& over, int depth, MarkedText& out);
    void execute_with(const Statement& statement, MarkedText& out, Flow& flow);
    MarkedText captured(const Body& body, Flow& flow);
    void append(MarkedText& out, const MarkedText& text);
    void assign(const Statement& statement, Value value);
    void bind(const Statement& statement, Value value);

    Value evaluate(const Expression& expression);
    Value evaluate_slice(const Expression& expression);
    Value evaluate_comparison(const Expression& expression);
    Value evaluate_concat(const Expression& expression);
    Value evaluate_call(const Expression& expression);
    Value evaluate_filter(const Expression& expression, const Value& target);
    Value binary(const std::string& op, const Value& left, const Value& right);
    Arguments arguments_of(const Expression& expression);
    Value lookup(const std::string& name);
    Value call_macro(const Object& macro, const Arguments& arguments);
    Value loop_attribute(const Object& loop, const std::string& name);

    std::deque<Object> objects_;
    std::shared_ptr<Scope> scope_;
    Value block_text_;  // of a filter block: what its innermost filter works on
    std::int64_t now_;
    std::size_t spent_ = 0;
    int depth_ = 0;
    int line_ = 1;
};

// What each of them knows: filters.cpp, tests.cpp, methods.cpp, functions.cpp.
bool is_filter(std::string_view name);
bool is_test(std::string_view name);
bool is_method(const Value& of, std::string_view name);
bool is_function(std::string_view name);
Value call_method(Evaluator& evaluator, const Value& self, const std::string& name,
                  const Arguments& arguments);
Value call_function(Evaluator& evaluator, const std::string& name, const Arguments& arguments);

// {{ value | tojson }} as transformers sets it up: no HTML escapes, and letters beyond ASCII as they are.
struct JsonStyle {
    std::string between_items = ", ", after_key = ": ";
    std::string indent;  // of one level; used when indented
    bool indented = false, ascii = false, sort_keys = false;
};
MarkedText to_json(Evaluator& evaluator, const Value& value, const JsonStyle& style);

}  // namespace engine::jinja
