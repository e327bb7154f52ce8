// The filter language of the adapter list: words and conditions, all of which must hold.
//
//     rank:8 model:gpt2 loss<2 target:q,v -tag:draft is:starred "table to text"
//
// A condition is FIELD OP VALUE; OP is : = < > <= >=, blanks around it do no harm. For numbers ':' and '='
// both mean equal, and a comma separates alternatives (rank:1,2,4); k, M and G multiply (params<2M). For text
// ':' means "contains" and '=' "is", letter case ignored; target:q,v asks for every named matrix, targets=q,v
// for exactly these; tag:good means the tag itself. '-' in front turns a condition or word round. A bare word
// is looked for in name, notes, tags, model, method and id. Quotes keep blanks and operators inside a word or
// value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace catalog {

enum class QueryField {
    words,
    name,
    model,
    method,
    target,
    tag,
    id,
    rank,
    alpha,
    loss,
    score,
    params,
    seed,
    step,
    starred
};
enum class QueryOperator { contains, equal, less, greater, less_equal, greater_equal };

// values has at least one entry; numbers is filled, entry for entry, when the field is numeric.
struct QueryTerm {
    QueryField field = QueryField::words;
    QueryOperator op = QueryOperator::contains;
    bool negated = false;
    std::vector<std::string> values;
    std::vector<double> numbers;
};

// Throws Error(bad_query) with a sentence that names the part that was not understood and what is known.
std::vector<QueryTerm> parse_query(std::string_view text);

// For completion and help: the names a person may type, and one line on each.
struct QueryFieldInfo {
    std::string_view name;
    std::string_view meaning;
    QueryField field;
    bool numeric;
};
const std::vector<QueryFieldInfo>& query_fields();

}  // namespace catalog
