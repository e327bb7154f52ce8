// Which code an input reaches, by the hook that GCC's -fsanitize-coverage=trace-pc calls on every edge. In
// code compiled without that option nothing is ever new, and the driver only changes its seeds.
#pragma once

#include <cstddef>

namespace fuzz {

void coverage_begin();
// Whether something was reached since coverage_begin() that no input reached before.
bool coverage_end();
std::size_t coverage_places();  // reached so far

}  // namespace fuzz
