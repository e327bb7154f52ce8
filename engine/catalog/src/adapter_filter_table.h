// Turns a parsed filter into the condition of a SELECT on adapters. Only fixed text enters the condition;
// what the person typed is bound.
#pragma once

#include <catalog/query.h>

#include <string>
#include <variant>
#include <vector>

namespace catalog {

struct AdapterCondition {
    std::string sql;  // "true AND ...", with one ? per value
    std::vector<std::variant<std::string, double>> values;
};

AdapterCondition adapter_condition(const std::vector<QueryTerm>& terms);

}  // namespace catalog
