// Independent pieces of work on all usable cores.
#pragma once

#include <cstddef>
#include <functional>

namespace engine {

// Calls work(i) once for every i < count, from several threads, each taking the next few at a time; returns
// when all are done. What work throws for the smallest i is thrown again here, as a plain loop would; the
// calls behind it may be left out then.
void for_each_in_parallel(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace engine
