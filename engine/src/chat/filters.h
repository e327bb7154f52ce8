// The tables of filters, and what their functions share.
#pragma once

#include "chat/evaluator.h"

#include <span>
#include <string_view>

namespace engine::jinja {

inline constexpr std::string_view any_arguments = "*";

struct FilterEntry {
    std::string_view name;
    std::string_view parameters;  // as Arguments::check takes them, or any_arguments
    Value (*apply)(Evaluator& evaluator, const Value& target, const Arguments& arguments);
};

std::span<const FilterEntry> list_filters();

// A Problem when it is not there.
const Value& needed(const Arguments& arguments, std::size_t index, std::string_view name,
                    std::string_view callee);
// Of none: missing; a Problem for anything but an integer.
std::int64_t integer_of(const Value& value, std::int64_t missing);

}  // namespace engine::jinja
