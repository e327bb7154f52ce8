// Random changes to the members of a corpus.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

class Mutator {
  public:
    Mutator(std::uint64_t seed, std::size_t max_bytes, std::vector<std::string_view> words)
        : random_(seed), max_bytes_(max_bytes), words_(std::move(words)) {}

    // One member, changed in one to eight places. corpus may be empty.
    std::string next(const std::vector<std::string>& corpus);

  private:
    std::size_t below(std::size_t limit);  // 0 where limit is 0
    void change(std::string& input, const std::vector<std::string>& corpus);
    void change_number(std::string& input);
    void change_digits(std::string& input);

    std::mt19937_64 random_;
    std::size_t max_bytes_;
    std::vector<std::string_view> words_;
};

}  // namespace fuzz
