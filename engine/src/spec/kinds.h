// The names of adaptable matrices.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace engine {

const std::vector<std::string>& matrix_kinds();  // q k v o gate up down, the order of columns and lists
bool is_matrix_kind(std::string_view name);

}  // namespace engine
