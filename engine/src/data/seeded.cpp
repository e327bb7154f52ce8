#include "data/seeded.h"

namespace engine {
namespace {

std::uint64_t mix(std::uint64_t z) {  // the output function of SplitMix64
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

constexpr std::uint64_t golden_gamma = 0x9e3779b97f4a7c15u;

}  // namespace

std::uint64_t hash_text(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a, then mixed so that every bit depends on every byte
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return mix(hash);
}

std::uint64_t derive_seed(std::uint64_t seed, std::string_view stream, std::uint64_t index) {
    return mix(mix(mix(seed + golden_gamma) ^ hash_text(stream)) + golden_gamma * (index + 1));
}

std::uint64_t SeededRandom::next() {
    return mix(state_ += golden_gamma);
}

std::uint64_t SeededRandom::below(std::uint64_t limit) {
    // Values below the threshold would make the first residues more likely than the last.
    const std::uint64_t threshold = (0 - limit) % limit;
    std::uint64_t value = next();
    while (value < threshold) value = next();
    return value % limit;
}

double SeededRandom::uniform() {
    return static_cast<double>(next() >> 11) * 0x1p-53;
}

}  // namespace engine
