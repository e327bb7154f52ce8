// Compiled without instrumentation: the hook must not call itself.
#include "fuzz/coverage.h"

#include <array>
#include <cstdint>

namespace {

constexpr std::size_t slots = 1 << 18;

std::array<bool, slots> reached{};
std::size_t places = 0;
bool recording = false, something_new = false;
std::uintptr_t previous = 0;

}  // namespace

extern "C" __attribute__((visibility("default"))) void __sanitizer_cov_trace_pc() {
    if (!recording) return;
    // An edge rather than a place: where from and where to, hashed into the table.
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
    const std::size_t slot = (here * 0x9E3779B97F4A7C15u ^ previous) >> 20 & (slots - 1);
    previous = here * 0xC2B2AE3D27D4EB4Fu >> 1;
    if (reached[slot]) return;
    reached[slot] = true;
    ++places;
    something_new = true;
}

void fuzz::coverage_begin() {
    previous = 0;
    something_new = false;
    recording = true;
}

bool fuzz::coverage_end() {
    recording = false;
    return something_new;
}

std::size_t fuzz::coverage_places() {
    return places;
}
