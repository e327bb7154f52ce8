// Numbers in words, capital letters, enumerations, the tokenised style.
#include "inflect.h"

#include <array>
#include <cctype>

namespace builtin {

std::string capitalised(std::string_view text) {
    std::string s(text);
    if (!s.empty()) s[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(s[0])));
    return s;
}

std::string title_case(std::string_view text) {
    std::string s(text);
    bool start = true;
    for (char& c : s) {
        if (start) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        start = c == ' ';
    }
    return s;
}

std::string number_word(int n) {
    static constexpr std::array<const char*, 20> small = {
        "zero",     "one",     "two",     "three",     "four",     "five",    "six",
        "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
        "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
    static constexpr std::array<const char*, 10> tens = {"",      "",      "twenty",  "thirty", "forty",
                                                         "fifty", "sixty", "seventy", "eighty", "ninety"};
    auto at = [](const auto& list, int i) { return std::string(list[static_cast<std::size_t>(i)]); };
    if (n < 0) return "minus " + number_word(-n);
    if (n < 20) return at(small, n);
    if (n < 100) return at(tens, n / 10) + (n % 10 ? "-" + at(small, n % 10) : "");
    if (n < 1000) return at(small, n / 100) + " hundred" + (n % 100 ? " and " + number_word(n % 100) : "");
    return number_word(n / 1000) + " thousand" + (n % 1000 ? " " + number_word(n % 1000) : "");
}

std::string ordinal_word(int n) {
    static constexpr std::array<const char*, 20> small = {
        "zeroth",     "first",     "second",    "third",       "fourth",     "fifth",     "sixth",
        "seventh",    "eighth",    "ninth",     "tenth",       "eleventh",   "twelfth",   "thirteenth",
        "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"};
    if (n < 20) return small[static_cast<std::size_t>(n)];
    if (n % 10 == 0) return n == 20 ? "twentieth" : "thirtieth";
    return number_word(n / 10 * 10) + "-" + small[static_cast<std::size_t>(n % 10)];
}

std::string joined(const std::vector<std::string>& items, std::string_view conjunction) {
    std::string out;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += i + 1 < items.size() ? ", " : " " + std::string(conjunction) + " ";
        out += items[i];
    }
    return out;
}

std::string with_sentence_capitals(std::string text) {
    bool start = true;
    bool whole_quote = false;  // opened after a colon or a full stop: the quotation is a sentence of its own
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '"') {
            bool opening = i == 0 || text[i - 1] == ' ' || text[i - 1] == '\n';
            char before = i < 2 ? '.' : text[i - 2];
            if (opening) {
                start = before != ',';  // after a comma the quoted sentence goes on
                whole_quote = before == ':';
            } else {
                // After '?"' and '!"' the sentence goes on ("Why?" she asked) unless it began before the
                // quotation.
                start = text[i - 1] == '.' || (whole_quote && (text[i - 1] == '?' || text[i - 1] == '!'));
            }
        } else if (c == '.' || c == '!' || c == '?') {
            start = i + 1 >= text.size() || text[i + 1] == ' ' || text[i + 1] == '\n' || text[i + 1] == '"';
        } else if (std::isalnum(static_cast<unsigned char>(c))) {
            if (start) text[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
            start = false;
        }
    }
    return text;
}

std::string tokenised(std::string_view text) {
    std::string out;
    auto space = [&] {
        if (!out.empty() && out.back() != ' ' && out.back() != '\n') out += ' ';
    };
    auto digit = [&](std::size_t i) {
        return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i]));
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        bool in_number = (c == '.' || c == ',' || c == ':') && i > 0 && digit(i - 1) && digit(i + 1);
        if (std::string_view(".,!?;:\"()-").find(c) == std::string_view::npos || in_number) {
            if (c == ' ') {
                space();
            } else {
                out += c;
            }
            continue;
        }
        space();
        out += c;
        if (i + 1 < text.size() && text[i + 1] != '\n') out += ' ';
    }
    return out;
}

}  // namespace builtin
