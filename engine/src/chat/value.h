// What an expression of a template can be. Values never change once made, except what a namespace holds;
// copying one is cheap (strings, lists and dicts are shared).
#pragma once

#include "chat/marked_text.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace engine::jinja {

class Value;
struct Object;  // namespace, macro, loop, cycler, joiner: owned by the evaluator, not by values

using Items = std::vector<Value>;
using Pairs = std::vector<std::pair<Value, Value>>;

struct Undefined {
    std::string why;  // "'x' is undefined": for sentences
};
struct None {};
struct List {
    Items items;
    bool tuple = false;
    int depth = 1;           // of nesting, itself included
    std::size_t weight = 1;  // as Value::weight
};
struct Dict {
    Pairs pairs;  // in the order of insertion, keys unique
    int depth = 1;
    std::size_t weight = 1;
    const Value* find(std::string_view key) const;
    const Value* find(const Value& key) const;
};
// `message.get` without a call.
struct Method {
    std::shared_ptr<const Value> self;
    std::string name;
};
struct Function {
    std::string name;  // of a built-in function
};

inline constexpr int max_value_depth = 100;
inline constexpr std::size_t max_value_weight = 1 << 20;

class Value {
  public:
    Value() : state_(Undefined{"a value is undefined"}) {}
    static Value undefined(std::string why) { return Value(State(Undefined{std::move(why)})); }
    static Value none() { return Value(State(None{})); }
    static Value boolean(bool value) { return Value(State(value)); }
    static Value integer(std::int64_t value) { return Value(State(value)); }
    static Value real(double value) { return Value(State(value)); }
    static Value text(MarkedText value);
    static Value text(std::string_view value, char mark = from_template);
    // A Problem when they would nest deeper than max_value_depth or weigh more than max_value_weight.
    static Value list(Items items, bool tuple = false);
    static Value dict(Pairs pairs);  // a later pair with an equal key replaces the earlier one's value
    static Value method(Value self, std::string name);
    static Value function(std::string name) { return Value(State(Function{std::move(name)})); }
    static Value object(Object* object) { return Value(State(object)); }

    bool is_undefined() const { return std::holds_alternative<Undefined>(state_); }
    bool is_none() const { return std::holds_alternative<None>(state_); }
    bool is_boolean() const { return std::holds_alternative<bool>(state_); }
    bool is_integer() const { return std::holds_alternative<std::int64_t>(state_); }  // not for booleans
    bool is_real() const { return std::holds_alternative<double>(state_); }
    bool is_number() const { return is_integer() || is_real() || is_boolean(); }
    bool is_text() const { return as_text() != nullptr; }
    bool is_callable() const;

    const Undefined* as_undefined() const { return std::get_if<Undefined>(&state_); }
    const MarkedText* as_text() const { return shared<MarkedText>(); }
    const List* as_list() const { return shared<List>(); }
    const Dict* as_dict() const { return shared<Dict>(); }
    const Method* as_method() const { return std::get_if<Method>(&state_); }
    const Function* as_function() const { return std::get_if<Function>(&state_); }
    Object* as_object() const;

    bool truthy() const;
    // How much there is to walk through: parts of parts, and one for each 16 bytes of text.
    std::size_t weight() const;
    int depth() const;
    // Booleans count as 0 and 1; only where is_number() (and, for as_integer, not is_real()).
    std::int64_t as_integer() const;
    double as_real() const;

    MarkedText str() const;         // as {{ value }} prints it
    MarkedText repr() const;        // as inside a printed list
    const char* type_name() const;  // "a text", "a list" ...: for sentences

  private:
    using State =
        std::variant<Undefined, None, bool, std::int64_t, double, std::shared_ptr<const MarkedText>,
                     std::shared_ptr<const List>, std::shared_ptr<const Dict>, Method, Function, Object*>;
    explicit Value(State state) : state_(std::move(state)) {}
    template <class T>
    const T* shared() const {
        const auto* held = std::get_if<std::shared_ptr<const T>>(&state_);
        return held ? held->get() : nullptr;
    }

    State state_;
};

// Python's ==. compare: negative, 0, positive; a Problem where Python cannot order the two.
bool equal(const Value& a, const Value& b);
int compare(const Value& a, const Value& b);

// Python's repr of a float: the shortest digits that read back the same.
std::string real_text(double value);

}  // namespace engine::jinja
