// The tests: what stands after 'is'.
#include "chat/evaluator.h"
#include "chat/problem.h"
#include "chat/stack.h"
#include "chat/text_operations.h"

#include <algorithm>
#include <array>

namespace engine::jinja {
namespace {

using Test = bool (*)(Evaluator& evaluator, const Value& target, const Arguments& arguments);

const Value& other(const Arguments& arguments) {
    if (arguments.positional.size() != 1) fail("this test needs one value to compare with");
    return arguments.positional.front();
}

std::int64_t whole(const Value& value) {
    if (value.is_undefined()) fail(value.as_undefined()->why);
    if (!value.is_number() || value.is_real())
        fail(std::string(value.type_name()) + " is tested as an integer");
    return value.as_integer();
}

bool iterable(const Value& value) {
    return value.is_text() || value.as_list() || value.as_dict() || value.is_undefined();
}
bool sequence(const Value& value) {
    return value.is_text() || value.as_list() || value.as_dict() || value.is_undefined();
}

bool same_case(const Value& value, Case wanted) {
    const MarkedText text = value.str();
    return in_case(text, wanted).bytes() == text.bytes() &&
           in_case(text, wanted == Case::upper ? Case::lower : Case::upper).bytes() != text.bytes();
}

struct Entry {
    std::string_view name;
    Test test;
};

constexpr std::array<Entry, 39> entries = {{
    {"defined", [](Evaluator&, const Value& v, const Arguments&) { return !v.is_undefined(); }},
    {"undefined", [](Evaluator&, const Value& v, const Arguments&) { return v.is_undefined(); }},
    {"none", [](Evaluator&, const Value& v, const Arguments&) { return v.is_none(); }},
    {"string", [](Evaluator&, const Value& v, const Arguments&) { return v.is_text(); }},
    {"number", [](Evaluator&, const Value& v, const Arguments&) { return v.is_number(); }},
    {"integer", [](Evaluator&, const Value& v, const Arguments&) { return v.is_integer(); }},
    {"float", [](Evaluator&, const Value& v, const Arguments&) { return v.is_real(); }},
    {"boolean", [](Evaluator&, const Value& v, const Arguments&) { return v.is_boolean(); }},
    {"true", [](Evaluator&, const Value& v, const Arguments&) { return v.is_boolean() && v.truthy(); }},
    {"false", [](Evaluator&, const Value& v, const Arguments&) { return v.is_boolean() && !v.truthy(); }},
    {"mapping", [](Evaluator&, const Value& v, const Arguments&) { return v.as_dict() != nullptr; }},
    {"iterable", [](Evaluator&, const Value& v, const Arguments&) { return iterable(v); }},
    {"sequence", [](Evaluator&, const Value& v, const Arguments&) { return sequence(v); }},
    {"callable", [](Evaluator&, const Value& v, const Arguments&) { return v.is_callable(); }},
    {"escaped", [](Evaluator&, const Value&, const Arguments&) { return false; }},
    {"odd", [](Evaluator&, const Value& v, const Arguments&) { return whole(v) % 2 != 0; }},
    {"even", [](Evaluator&, const Value& v, const Arguments&) { return whole(v) % 2 == 0; }},
    {"divisibleby",
     [](Evaluator&, const Value& v, const Arguments& a) {
         const std::int64_t by = whole(other(a));
         if (by == 0) fail("something is divided by 0");
         return by == -1 || whole(v) % by == 0;
     }},
    {"lower", [](Evaluator&, const Value& v, const Arguments&) { return same_case(v, Case::lower); }},
    {"upper", [](Evaluator&, const Value& v, const Arguments&) { return same_case(v, Case::upper); }},
    {"in", [](Evaluator& e, const Value& v, const Arguments& a) { return e.contains(other(a), v); }},
    {"sameas",
     [](Evaluator&, const Value& v,
        const Arguments&
            a) { return std::string_view(v.type_name()) == other(a).type_name() && equal(v, other(a)); }},
    {"filter", [](Evaluator&, const Value& v, const Arguments&) { return is_filter(v.str().bytes()); }},
    {"test", [](Evaluator&, const Value& v, const Arguments&) { return is_test(v.str().bytes()); }},
    {"eq", [](Evaluator&, const Value& v, const Arguments& a) { return equal(v, other(a)); }},
    {"equalto", [](Evaluator&, const Value& v, const Arguments& a) { return equal(v, other(a)); }},
    {"==", [](Evaluator&, const Value& v, const Arguments& a) { return equal(v, other(a)); }},
    {"ne", [](Evaluator&, const Value& v, const Arguments& a) { return !equal(v, other(a)); }},
    {"!=", [](Evaluator&, const Value& v, const Arguments& a) { return !equal(v, other(a)); }},
    {"lt", [](Evaluator&, const Value& v, const Arguments& a) { return compare(v, other(a)) < 0; }},
    {"lessthan", [](Evaluator&, const Value& v, const Arguments& a) { return compare(v, other(a)) < 0; }},
    {"<", [](Evaluator&, const Value& v, const Arguments& a) { return compare(v, other(a)) < 0; }},
    {"le", [](Evaluator&, const Value& v, const Arguments& a) { return compare(v, other(a)) <= 0; }},
    {"<=", [](Evaluator&, const Value& v, const Arguments& a) { return compare(v, other(a)) <= 0; }},
    {"gt", [](Evaluator&, const Value& v, const Arguments& a) { return compare(v, other(a)) > 0; }},
    {"greaterthan", [](Evaluator&, const Value& v, const Arguments& a) { return compare(v, other(a)) > 0; }},
    {">", [](Evaluator&, const Value& v, const Arguments& a) { return compare(v, other(a)) > 0; }},
    {"ge", [](Evaluator&, const Value& v, const Arguments& a) { return compare(v, other(a)) >= 0; }},
    {">=", [](Evaluator&, const Value& v, const Arguments& a) { return compare(v, other(a)) >= 0; }},
}};

const Entry* find_test(std::string_view name) {
    const auto it =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.name == name; });
    return it == entries.end() ? nullptr : &*it;
}

}  // namespace

bool is_test(std::string_view name) {
    return find_test(name) != nullptr;
}

bool Evaluator::apply_test(std::string_view name, const Value& target, const Arguments& arguments) {
    const Deeper deeper(*this);
    const Entry* entry = find_test(name);
    if (!entry) fail("there is no test '" + std::string(name.substr(0, 60)) + "'");
    charge(1);
    for (const Value& each : arguments.positional) charge(each.weight());
    if (name == "lower" || name == "upper") charge(target.weight());
    return entry->test(*this, target, arguments);
}

}  // namespace engine::jinja
