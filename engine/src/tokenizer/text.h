// UTF-8 and the byte-level alphabet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engine {

// The same text with every maximal invalid part replaced by U+FFFD (Unicode 15, section 3.9, "substitution of
// maximal subparts"; what the reference implementations do).
std::string valid_utf8(std::string_view bytes);

// Length of the longest prefix that does not end inside a character; invalid bytes count as complete.
std::size_t complete_utf8_prefix(std::string_view bytes);

struct Character {
    char32_t code = 0;
    std::size_t length = 0;  // bytes
};

// The character that starts at text[position]; text is valid UTF-8 and position is a boundary.
Character character_at(std::string_view text, std::size_t position);
Character character_before(std::string_view text, std::size_t position);  // position > 0
void append_utf8(char32_t code, std::string& out);

bool is_white_space(char32_t code);  // the Unicode property White_Space
bool is_numeric(char32_t code);      // general category N
bool is_word(char32_t code);         // letters, marks, decimal digits, connector punctuation

bool is_punctuation(char32_t code);  // general category P
bool is_mark(char32_t code);         // general category M
bool is_nonspacing_mark(char32_t code);
bool is_control(char32_t code);  // general categories Cc, Cf, Co and Cs

// Unicode's full lower case of one character, without context.
void append_lowercase(char32_t code, std::string& out);

// Length of the grapheme cluster (Unicode Standard Annex 29) at the start of text, which is not empty.
std::size_t grapheme_length(std::string_view text);

// Canonical composition and its relatives, by utf8proc. text is valid UTF-8.
enum class NormalizationForm { nfc, nfd, nfkc, nfkd };
std::string normalize(std::string_view text, NormalizationForm form);

// GPT-2's printable spelling of bytes: 0x21-0x7E, 0xA1-0xAC and 0xAE-0xFF stand for themselves as characters,
// the other 68 bytes in order for U+0100, U+0101, ...
const std::string& byte_spelling(unsigned char byte);
std::optional<unsigned char> byte_of_spelling(char32_t code);
std::string spell_bytes(std::string_view bytes);
// Bytes of a token in that spelling; a token with a character outside the alphabet stands for itself.
std::string unspell_bytes(std::string_view token);

}  // namespace engine
