// A parsed template. Owned from the root down; immutable once parsed, so one template may be rendered by
// several threads.
#pragma once

#include "chat/value.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace engine::jinja {

enum class ExpressionKind {
    constant,     // value
    name,         // name
    list,         // items
    tuple,        // items
    dict,         // items: key, value, key, value ...
    attribute,    // items[0].name
    subscript,    // items[0][items[1]]
    slice,        // items[0][items[1]:items[2]:items[3]], each of the last three may be null
    call,         // items[0](items[1...], named)
    filter,       // items[0] | name(items[1...], named); items[0] is null in a filter block
    test,         // items[0] is name(items[1...], named)
    logical_not,  // items[0]
    negative,     // items[0]
    positive,     // items[0]
    binary,       // items[0] name items[1]
    comparison,   // items[0] names[0] items[1] names[1] items[2] ...
    logical_and,  // items[0], items[1]
    logical_or,   // items[0], items[1]
    concat,       // items, as text, one after the other
    conditional   // items: value, condition, otherwise (may be null)
};

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct Expression {
    ExpressionKind kind = ExpressionKind::constant;
    int line = 1;
    int depth = 1;  // of the tree below, itself included
    std::string name;
    Value value;
    std::vector<ExpressionPtr> items;
    std::vector<std::string> names;
    std::vector<std::pair<std::string, ExpressionPtr>> named;
};

enum class StatementKind {
    text,          // name
    output,        // value
    condition,     // branches: value, body; the last one's value is null for else
    loop,          // targets, value, condition (may be null), body, otherwise
    assign,        // targets (or name.attribute), value
    assign_block,  // targets, filter (may be null), body
    macro,         // name, parameters, body
    call_block,    // parameters, value (a call), body
    filter_block,  // filter, body
    with,          // parameters (each with its value), body
    generation,    // body: what the model generates
    break_loop,
    continue_loop
};

struct Statement;
using Body = std::vector<std::unique_ptr<Statement>>;

struct Statement {
    StatementKind kind = StatementKind::text;
    int line = 1;
    std::string name;
    std::string attribute;             // assign: of the namespace called name
    std::vector<std::string> targets;  // names to unpack into; one without tuple: the value itself
    bool unpack = false;
    bool recursive = false;
    ExpressionPtr value, condition, filter;
    std::vector<std::pair<std::string, ExpressionPtr>>
        parameters;  // with their defaults, null where there is none
    std::vector<std::pair<ExpressionPtr, Body>> branches;
    Body body, otherwise;
};

// The tree of a template; a Problem with its line when it is none.
Body parse(std::string_view source);

}  // namespace engine::jinja
