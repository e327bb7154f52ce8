// Randomness that is the same on every machine: standard library distributions differ between
// implementations, these do not. One seed of a run gives one independent stream per purpose, so that changing
// the dropout does not change the order of the rows.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace engine {

// The seed of the stream "shuffle", "dropout", "init" ... of a run; index tells apart epochs, layers and the
// like.
std::uint64_t derive_seed(std::uint64_t seed, std::string_view stream, std::uint64_t index = 0);

// A well-mixed 64-bit hash, the same everywhere; not for security.
std::uint64_t hash_text(std::string_view text);

// SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, every output once per period of 2^64.
class SeededRandom {
  public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next();
    std::uint64_t below(std::uint64_t limit);  // uniform in [0, limit), without bias; limit > 0
    double uniform();                          // [0, 1), 53 random bits

    template <class T>
    void shuffle(std::vector<T>& values) {  // Fisher-Yates
        for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
    }

  private:
    std::uint64_t state_;
};

}  // namespace engine
