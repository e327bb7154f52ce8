// A measured time as every bench command prints it.
#pragma once

#include <engine/bench.h>

#include "output.h"

namespace commands {

inline Json timing_json(const engine::Timing& timing) {
    return {{"median_ms", timing.median_ms}, {"min_ms", timing.min_ms}, {"max_ms", timing.max_ms}};
}

}  // namespace commands
