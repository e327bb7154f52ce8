#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace builtin {

// SplitMix64 (Steele, Lea, Flood 2014). The standard distributions may differ between libraries, so numbers
// are drawn here: the same seed gives the same text on every platform.
class Rng {
  public:
    explicit Rng(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ull;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }

    // Uniform in [0, n), n in [1, 2^32).
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(((next() >> 32) * n) >> 32); }
    // Uniform in [low, high], both included.
    int range(int low, int high) {
        return low + static_cast<int>(below(static_cast<std::size_t>(high - low) + 1));
    }
    bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }

    template <class List>
    const auto& pick(const List& list) {
        return list[below(list.size())];
    }
    template <class List>
    void shuffle(List& list) {
        for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[below(i)]);
    }

  private:
    std::uint64_t state_;
};

}  // namespace builtin
