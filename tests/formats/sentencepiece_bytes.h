// Small SentencePiece files, byte by byte.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace fixtures {

inline std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
    return bytes + static_cast<char>(value);
}
inline std::string number_field(int number, std::uint64_t value) {
    return varint(static_cast<std::uint64_t>(number) << 3) + varint(value);
}
inline std::string bytes_field(int number, std::string_view bytes) {
    return varint(static_cast<std::uint64_t>(number) << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}

inline std::string piece(std::string_view text, float score, int type) {
    std::string bits(4, '\0');
    std::memcpy(bits.data(), &score, 4);
    return bytes_field(1, bytes_field(1, text) + varint(2 << 3 | 5) + bits + number_field(3, type));
}

// 0 <unk>, 1 <s>, 2 </s>, 3 ▁, 4 a, 5 b, 6 ab, 7 ▁a, 8 <tag> (of the user's)
inline std::string small_bpe_model() {
    return piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("</s>", 0, 3) + piece("\xE2\x96\x81", -3, 1) +
           piece("a", -4, 1) + piece("b", -5, 1) + piece("ab", -2, 1) + piece("\xE2\x96\x81\x61", -1, 1) +
           piece("<tag>", 0, 4) + bytes_field(2, number_field(3, 2)) +
           bytes_field(3, number_field(3, 1) + number_field(4, 0));
}

// Rules of normalisation with one rule: a character becomes a text.
inline std::string chars_map(char from, std::string_view to) {
    std::string trie(4 * 512, '\0');
    const auto unit = [&](std::size_t at, std::uint32_t value) {
        std::memcpy(trie.data() + 4 * at, &value, 4);
    };
    const auto label = static_cast<unsigned char>(from);
    // The root's children lie at 0 ^ label; the child has a value, at its own place ^ 256.
    unit(label, 256u << 10 | 1u << 8 | label);
    unit(label ^ 256u, 0x80000000u | 0);
    const auto size = static_cast<std::uint32_t>(trie.size());
    std::string bytes(4, '\0');
    std::memcpy(bytes.data(), &size, 4);
    return bytes + trie + std::string(to) + '\0';
}

inline std::string base64(std::string_view bytes) {
    const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6) text += digits[bits >> (count - 6) & 63];
    }
    if (count > 0) text += digits[bits << (6 - count) & 63];
    while (text.size() % 4) text += '=';
    return text;
}

}  // namespace fixtures
