#include "fuzz/mutator.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace fuzz {
namespace {

// Numbers at which readers go wrong: ends of the types, lengths just above what is there.
constexpr std::array<std::uint64_t, 12> edges = {0,
                                                 1,
                                                 0x7F,
                                                 0xFF,
                                                 0x7FFF,
                                                 0xFFFF,
                                                 0x7FFFFFFF,
                                                 0x80000000,
                                                 0xFFFFFFFF,
                                                 0x7FFFFFFFFFFFFFFF,
                                                 0x8000000000000000,
                                                 0xFFFFFFFFFFFFFFFF};
constexpr std::array<const char*, 9> written_edges = {
    "0",     "-1",   "4294967296", "2147483647", "9223372036854775807", "18446744073709551615",
    "1e308", "-0.5", "null"};

}  // namespace

std::size_t Mutator::below(std::size_t limit) {
    return limit == 0 ? 0 : static_cast<std::size_t>(random_() % limit);
}

std::string Mutator::next(const std::vector<std::string>& corpus) {
    std::string input;
    // New members are the interesting ones: half of the time one of the last few.
    const std::size_t recent = std::min<std::size_t>(corpus.size(), 16);
    if (!corpus.empty())
        input = random_() % 2 ? corpus[corpus.size() - 1 - below(recent)] : corpus[below(corpus.size())];
    for (std::size_t left = std::size_t{1} << below(4); left > 0; --left) change(input, corpus);
    if (input.size() > max_bytes_) input.resize(max_bytes_);
    return input;
}

void Mutator::change(std::string& input, const std::vector<std::string>& corpus) {
    const std::size_t at = below(input.size() + 1);
    const std::size_t length = std::min(input.size() - at, std::size_t{1} << below(10));
    switch (below(9)) {
        case 0:
            if (at < input.size()) input[at] = static_cast<char>(input[at] ^ 1 << below(8));
            break;
        case 1:
            if (at < input.size()) input[at] = static_cast<char>(random_());
            break;
        case 2:
            input.erase(at, length);
            break;
        case 3: {  // double a piece
            const std::string piece = input.substr(at, length);
            for (std::size_t times = std::size_t{1} << below(6); times > 0 && input.size() < max_bytes_;
                 --times)
                input.insert(at, piece);
            break;
        }
        case 4:  // move a piece
            if (const std::string piece = input.substr(at, length); !piece.empty()) {
                input.erase(at, length);
                input.insert(below(input.size() + 1), piece);
            }
            break;
        case 5:  // the rest of another member
            if (!corpus.empty()) {
                const std::string& other = corpus[below(corpus.size())];
                const std::size_t from = below(other.size() + 1);
                input.replace(at, std::string::npos, other, from, std::string::npos);
            }
            break;
        case 6:
            if (!words_.empty()) {
                const std::string_view word = words_[below(words_.size())];
                input.replace(at, random_() % 2 ? std::min(length, word.size()) : 0, word);
            }
            break;
        case 7:
            change_number(input);
            break;
        default:
            change_digits(input);
    }
}

// Overwrites one, two, four or eight bytes with a number from an edge, or moves the one that is there a
// little.
void Mutator::change_number(std::string& input) {
    const std::size_t width = std::size_t{1} << below(4);
    if (input.size() < width) return;
    char* const place = input.data() + below(input.size() - width + 1);
    std::uint64_t value = 0;
    if (random_() % 2) {
        value = edges[below(edges.size())];
    } else {
        std::memcpy(&value, place, width);
        value += below(17) - 8;
    }
    std::memcpy(place, &value, width);  // little-endian, as the formats are
}

// The same for a number written in digits.
void Mutator::change_digits(std::string& input) {
    const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    const auto begin = std::find_if(input.begin() + static_cast<std::ptrdiff_t>(below(input.size() + 1)),
                                    input.end(), is_digit);
    const auto end = std::find_if_not(begin, input.end(), is_digit);
    if (begin == end) return;
    const std::string number =
        random_() % 2 ? written_edges[below(written_edges.size())] : std::to_string(random_() % 1000);
    input.replace(begin, end, number);
}

}  // namespace fuzz
