#include "chat/lexer.h"

#include "chat/marked_text.h"
#include "chat/problem.h"
#include "tokenizer/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace engine::jinja {
namespace {

constexpr std::size_t nowhere = std::string::npos;

std::string with_plain_line_ends(std::string_view source) {
    std::string text;
    text.reserve(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (source[i] != '\r') {
            text += source[i];
            continue;
        }
        text += '\n';
        if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    }
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool starts_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
  public:
    explicit Lexer(std::string_view source) : source_(with_plain_line_ends(valid_utf8(source))) {}

    std::vector<Token> run() {
        while (at_ < source_.size()) next_part();
        add(TokenType::end);
        return std::move(tokens_);
    }

  private:
    bool here(std::string_view what) const { return std::string_view(source_).substr(at_).starts_with(what); }
    void move(std::size_t to) {
        line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                             source_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
        at_ = to;
    }
    Token& add(TokenType type, std::string text = {}) {
        tokens_.push_back({type, std::move(text), line_, 0, 0});
        return tokens_.back();
    }
    void skip_space() {
        std::size_t to = at_;
        while (to < source_.size()) {
            const Character c = character_at(source_, to);
            if (!is_python_space(c.code)) break;
            to += c.length;
        }
        move(to);
    }

    // Text up to the next opening, and that opening.
    void next_part() {
        std::size_t open = at_;
        for (;; ++open) {
            open = source_.find('{', open);
            if (open == nowhere || open + 1 >= source_.size()) open = nowhere;
            if (open == nowhere) break;
            const char kind = source_[open + 1];
            if (kind == '{' || kind == '%' || kind == '#') break;
        }
        const std::size_t end = open == nowhere ? source_.size() : open;
        const char kind = open == nowhere ? '\0' : source_[open + 1];
        const char sign = open != nowhere && open + 2 < source_.size() ? source_[open + 2] : '\0';
        const bool signed_open = sign == '-' || sign == '+';
        add_text(end, sign == '-' && open != nowhere, kind == '%' || kind == '#' ? sign != '+' : false);
        if (open == nowhere) return;
        move(open + 2 + (signed_open ? 1 : 0));
        if (kind == '#') return comment();
        if (kind == '%' && raw()) return;
        add(kind == '{' ? TokenType::variable_begin : TokenType::block_begin);
        expression(kind == '{');
    }

    // strip: all white space before the opening goes; blank_line: what stands between the line's start and
    // it, when that is white space alone.
    void add_text(std::size_t end, bool strip, bool blank_line) {
        std::size_t keep = end;
        if (strip) {
            while (keep > at_) {
                const Character c = character_before(source_, keep);
                if (!is_python_space(c.code)) break;
                keep -= c.length;
            }
        } else if (blank_line && end < source_.size()) {
            const std::size_t line_end = end > at_ ? source_.rfind('\n', end - 1) : nowhere;
            const bool found = line_end != nowhere && line_end >= at_;
            const std::size_t start = found ? line_end + 1 : at_;
            if (found || at_ == 0 || source_[at_ - 1] == '\n') {
                bool blank = true;
                for (std::size_t i = start; i < end && blank;) {
                    const Character c = character_at(source_, i);
                    blank = is_python_space(c.code);
                    i += c.length;
                }
                if (blank) keep = start;
            }
        }
        if (keep > at_) add(TokenType::text, source_.substr(at_, keep - at_));
        move(end);
    }

    // After the end of a block or comment: what its sign says about the white space that follows.
    void after_end(char sign) {
        if (sign == '-') return skip_space();
        if (sign != '+' && here("\n")) move(at_ + 1);
    }

    void comment() {
        const int begin = line_;
        const std::size_t end = source_.find("#}", at_);
        if (end == nowhere) fail("a comment {# is not closed", begin);
        const char sign = end > at_ ? source_[end - 1] : '\0';
        move(end + 2);
        after_end(sign);
    }

    // {% raw %} ... {% endraw %}; false when this block is another one.
    bool raw() {
        const int line = line_;
        std::size_t after = tag_end(at_, "raw");
        if (after == nowhere) return false;
        const char sign = source_[after - 3];
        move(after);
        if (sign == '-') skip_space();
        for (std::size_t close = source_.find("{%", at_); close != nowhere;
             close = source_.find("{%", close + 2)) {
            const std::size_t name =
                close + 2 + (source_[close + 2] == '-' || source_[close + 2] == '+' ? 1 : 0);
            after = tag_end(name, "endraw");
            if (after == nowhere) continue;
            add_text(close, source_[close + 2] == '-', source_[close + 2] != '+');
            move(after);
            after_end(source_[after - 3]);
            return true;
        }
        fail("a block {% raw %} is not closed", line);
    }
    // Where the tag that holds only this name ends, or nowhere.
    std::size_t tag_end(std::size_t at, std::string_view name) const {
        const std::string_view all = source_;
        at = all.find_first_not_of(" \t\n\f\v", at);
        if (at == nowhere || !all.substr(at).starts_with(name)) return nowhere;
        at = all.find_first_not_of(" \t\n\f\v", at + name.size());
        if (at == nowhere) return nowhere;
        if (all[at] == '-' || all[at] == '+') ++at;
        return all.substr(at).starts_with("%}") ? at + 2 : nowhere;
    }

    void expression(bool variable) {
        const int begin = line_;
        const std::string_view close = variable ? "}}" : "%}";
        std::string open;  // brackets not yet closed
        for (;;) {
            skip_space();
            if (at_ >= source_.size())
                fail(std::string("a ") + (variable ? "{{" : "{%") + " is not closed", begin);
            if (open.empty()) {
                const char sign =
                    source_[at_] == '-' || (source_[at_] == '+' && !variable) ? source_[at_] : '\0';
                if (std::string_view(source_).substr(at_ + (sign ? 1 : 0)).starts_with(close)) {
                    move(at_ + (sign ? 3 : 2));
                    add(variable ? TokenType::variable_end : TokenType::block_end);
                    if (variable) {
                        if (sign == '-') skip_space();
                    } else {
                        after_end(sign);
                    }
                    return;
                }
            }
            token(open);
        }
    }

    void token(std::string& open) {
        const char c = source_[at_];
        if (starts_name(c)) {
            std::size_t to = at_;
            while (to < source_.size() && (starts_name(source_[to]) || is_digit(source_[to]))) ++to;
            add(TokenType::name, source_.substr(at_, to - at_));
            return move(to);
        }
        if (is_digit(c)) return number();
        if (c == '\'' || c == '"') return string(c);
        static constexpr std::array<std::string_view, 6> pairs = {"**", "//", "==", "!=", ">=", "<="};
        for (const std::string_view pair : pairs) {
            if (!here(pair)) continue;
            add(TokenType::op, std::string(pair));
            return move(at_ + 2);
        }
        if (std::string_view("+-*/%~<>=.:|,;()[]{}").find(c) == nowhere)
            fail("'" + source_.substr(at_, character_at(source_, at_).length) + "' has no meaning here",
                 line_);
        if (c == '(' || c == '[' || c == '{') open += c == '(' ? ')' : c == '[' ? ']' : '}';
        if (c == ')' || c == ']' || c == '}') {
            if (open.empty() || open.back() != c) fail(std::string("a '") + c + "' closes nothing", line_);
            open.pop_back();
        }
        add(TokenType::op, std::string(1, c));
        move(at_ + 1);
    }

    std::string digits(std::size_t& to, int base) const {
        std::string text;
        const auto value = [](char c) {
            return is_digit(c)            ? c - '0'
                   : c >= 'a' && c <= 'f' ? c - 'a' + 10
                   : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                          : 99;
        };
        for (; to < source_.size(); ++to) {
            if (source_[to] == '_' && !text.empty() && to + 1 < source_.size() &&
                value(source_[to + 1]) < base)
                continue;
            if (value(source_[to]) >= base) break;
            text += source_[to];
        }
        return text;
    }

    void number() {
        int base = 10;
        std::size_t to = at_;
        if (source_[at_] == '0' && at_ + 1 < source_.size()) {
            const char kind = static_cast<char>(source_[at_ + 1] | 0x20);
            base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
            if (base != 10) to += 2;
        }
        std::string text = digits(to, base);
        const bool after_dot =
            !tokens_.empty() && tokens_.back().type == TokenType::op && tokens_.back().text == ".";
        bool real = false;
        if (base == 10 && !after_dot) {
            const auto digit_at = [&](std::size_t i) { return i < source_.size() && is_digit(source_[i]); };
            if (to < source_.size() && source_[to] == '.' && digit_at(to + 1)) {
                real = true;
                text += '.' + digits(++to, 10);
            }
            if (to < source_.size() && (source_[to] | 0x20) == 'e') {
                const std::size_t sign =
                    to + 1 < source_.size() && (source_[to + 1] == '+' || source_[to + 1] == '-');
                if (digit_at(to + 1 + sign)) {
                    real = true;
                    text += 'e';
                    if (source_[to + 1] == '-') text += '-';
                    to += 1 + sign;
                    text += digits(to, 10);
                }
            }
        }
        Token& token = add(real ? TokenType::real : TokenType::integer);
        const auto result =
            real ? std::from_chars(text.data(), text.data() + text.size(), token.real)
                 : std::from_chars(text.data(), text.data() + text.size(), token.integer, base);
        if (result.ec != std::errc() || text.empty())
            fail("the number " + source_.substr(at_, std::min<std::size_t>(to - at_, 40)) + " cannot be read",
                 line_);
        move(to);
    }

    void string(char quote) {
        const int begin = line_;
        std::string value;
        std::size_t at = at_ + 1;
        for (;; ++at) {
            if (at >= source_.size()) fail("a text is not closed with " + std::string(1, quote), begin);
            if (source_[at] == quote) break;
            if (source_[at] == '\\' && at + 1 < source_.size())
                escape(++at, value);
            else
                value += source_[at];
        }
        Token& token = add(TokenType::string);
        token.text = valid_utf8(value);
        move(at + 1);
    }

    // source_[at] follows a backslash; at moves to the last character of the escape.
    void escape(std::size_t& at, std::string& value) {
        const char c = source_[at];
        static constexpr std::string_view names = "abfnrtv\\'\"", meanings = "\a\b\f\n\r\t\v\\'\"";
        if (c == '\n') return;
        if (const std::size_t known = names.find(c); known != nowhere) {
            value += meanings[known];
            return;
        }
        std::uint32_t code = 0;
        const std::size_t length = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        if (length > 0 && at + length < source_.size()) {
            const char* first = source_.data() + at + 1;
            const auto result = std::from_chars(first, first + length, code, 16);
            if (result.ec != std::errc() || result.ptr != first + length || code > 0x10ffff)
                fail("the escape \\" + std::string(1, c) + " in a text is not complete", line_);
            append_utf8(static_cast<char32_t>(code), value);
            at += length;
            return;
        }
        if (c >= '0' && c <= '7') {
            std::size_t count = 0;
            for (; count < 3 && at + count < source_.size() && source_[at + count] >= '0' &&
                   source_[at + count] <= '7';
                 ++count)
                code = code * 8 + static_cast<std::uint32_t>(source_[at + count] - '0');
            append_utf8(static_cast<char32_t>(code), value);
            at += count - 1;
            return;
        }
        value += '\\';
        value += c;
    }

    std::string source_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    int line_ = 1;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
    return Lexer(source).run();
}

}  // namespace engine::jinja
