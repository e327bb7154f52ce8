// A template as tokens, with the white space rules of trim_blocks and lstrip_blocks applied (both are on for
// chat templates) and one line end at the end of the template dropped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine::jinja {

enum class TokenType {
    text,
    variable_begin,
    variable_end,
    block_begin,
    block_end,
    name,
    string,
    integer,
    real,
    op,
    end
};

struct Token {
    TokenType type = TokenType::end;
    std::string text;  // of a string: its value, of an op or name: its spelling
    int line = 1;
    std::int64_t integer = 0;
    double real = 0;
};

// Ends with one token of type end. A Problem with its line when something is not closed or no token at all.
std::vector<Token> tokenize(std::string_view source);

}  // namespace engine::jinja
