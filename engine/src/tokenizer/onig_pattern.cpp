#include "tokenizer/onig_pattern.h"

#include "engine/error.h"

#include <algorithm>
#include <array>
#include <vector>

namespace engine {
namespace {

// Contents of a character class.
constexpr std::string_view white_space =
    "\\x{9}-\\x{D}\\x{20}\\x{85}\\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{"
    "3000}";
constexpr std::string_view word = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
constexpr std::string_view hexadecimal = "0-9A-Fa-f";

// Written bare, PCRE2 takes a script's name for its extensions, Oniguruma for the script itself.
constexpr std::array<std::string_view, 12> scripts = {"Han",    "Hiragana", "Katakana",   "Hangul",
                                                      "Latin",  "Greek",    "Cyrillic",   "Arabic",
                                                      "Hebrew", "Thai",     "Devanagari", "Bopomofo"};

class Translator {
  public:
    Translator(std::string_view pattern, const std::string& source) : in_(pattern), source_(source) {}

    std::string run() {
        while (at_ < in_.size()) step();
        return out_;
    }

  private:
    [[noreturn]] void refuse(const std::string& what) const {
        fail_input("The pattern '" + std::string(in_) + "' in " + source_ + " uses " + what +
                   ", which is not supported. Supported is what GPT-2, Llama 3 and Qwen 2 patterns use.");
    }

    void step() {
        const char c = in_[at_];
        switch (c) {
            case '\\':
                atom_ = out_.size(), escape(false);
                break;
            case '[':
                atom_ = out_.size(), character_class();
                break;
            case '(':
                group();
                break;
            case ')':
                if (!groups_.empty()) atom_ = groups_.back(), groups_.pop_back();
                out_ += c, ++at_;
                break;
            case '{':
                repetition();
                break;
            case '*':
            case '+':
            case '?':
                out_ += c, ++at_;
                break;
            default:
                atom_ = out_.size(), out_ += c, ++at_;
        }
    }

    void group() {
        groups_.push_back(out_.size());
        out_ += in_[at_++];
        if (at_ + 1 >= in_.size() || in_[at_] != '?') return;
        out_ += in_[at_++];
        // Option letters up to ':' or ')'; other openings such as ?= or ?<name> pass as they are.
        while (at_ < in_.size() && std::string_view("imx-").find(in_[at_]) != std::string_view::npos) {
            out_ += in_[at_] == 'm' ? 's' : in_[at_];
            ++at_;
        }
    }

    void repetition() {
        const std::size_t close = in_.find('}', at_);
        if (close == std::string_view::npos) {
            out_ += in_[at_++];
            return;
        }
        const std::string_view count = in_.substr(at_, close + 1 - at_);
        out_ += count;
        at_ = close + 1;
        const bool is_count =
            count.size() > 2 && count.find_first_not_of("{}0123456789,") == std::string_view::npos;
        if (is_count && at_ < in_.size() && in_[at_] == '+') {
            out_.insert(atom_, "(?:");
            out_ += ')';  // the '+' that follows now repeats the group
        }
    }

    // \x at at_. in_class: inside [...], where a set can only be spliced in, not negated.
    void escape(bool in_class) {
        if (at_ + 1 >= in_.size()) refuse("a backslash at its end");
        const char c = in_[at_ + 1];
        at_ += 2;
        const auto set = [&](std::string_view members, bool negated) {
            if (in_class && negated) refuse(std::string("\\") + c + " inside a character class");
            if (in_class) {
                out_ += members;
            } else {
                out_ += negated ? "[^" : "[";
                out_ += members;
                out_ += ']';
            }
        };
        switch (c) {
            case 's':
                set(white_space, false);
                break;
            case 'S':
                negated_space(in_class);
                break;
            case 'w':
                set(word, false);
                break;
            case 'W':
                set(word, true);
                break;
            case 'h':
                set(hexadecimal, false);
                break;
            case 'H':
                set(hexadecimal, true);
                break;
            case 'u': {
                const std::string_view digits = in_.substr(at_, 4);
                if (digits.size() < 4 ||
                    digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
                    refuse("\\u without four hexadecimal digits");
                out_ += "\\x{" + std::string(digits) + "}";
                at_ += 4;
                break;
            }
            case 'y':
            case 'Y':
            case 'O':
            case 'X':
                refuse(std::string("\\") + c);
            default:
                out_ += '\\', out_ += c;
        }
        // \p{...} and \x{...}: the braces belong to the escape, not to a repetition.
        if ((c == 'p' || c == 'P' || c == 'x') && at_ < in_.size() && in_[at_] == '{') {
            const std::size_t close = in_.find('}', at_);
            if (close == std::string_view::npos) refuse("an unclosed brace");
            const std::string_view name = in_.substr(at_ + 1, close - at_ - 1);
            const bool script = c != 'x' && std::find(scripts.begin(), scripts.end(), name) != scripts.end();
            out_ += script ? "{sc:" : "{";
            out_ += name;
            out_ += '}';
            at_ = close + 1;
        }
    }

    // Inside a class PCRE2's own \S serves; it differs from White_Space only on U+180E.
    void negated_space(bool in_class) {
        if (in_class) {
            out_ += "\\S\\x{180E}";
        } else {
            out_ += "[^";
            out_ += white_space;
            out_ += ']';
        }
    }

    void character_class() {
        out_ += in_[at_++];
        if (at_ < in_.size() && in_[at_] == '^') out_ += in_[at_++];
        if (at_ < in_.size() && in_[at_] == ']') out_ += "\\]", ++at_;
        while (at_ < in_.size() && in_[at_] != ']') {
            if (in_[at_] == '\\') {
                escape(true);
            } else if (in_.substr(at_, 2) == "[:") {
                const std::size_t close = in_.find(":]", at_);
                if (close == std::string_view::npos) refuse("an unclosed character class");
                out_ += in_.substr(at_, close + 2 - at_);
                at_ = close + 2;
            } else if (in_[at_] == '[') {
                refuse("a character class inside a character class");
            } else if (in_.substr(at_, 2) == "&&") {
                refuse("an intersection of character classes");
            } else {
                out_ += in_[at_++];
            }
        }
        if (at_ == in_.size()) refuse("an unclosed character class");
        out_ += in_[at_++];
    }

    std::string_view in_;
    const std::string& source_;
    std::size_t at_ = 0;
    std::string out_;
    std::size_t atom_ = 0;             // where in out_ the last repeatable item starts
    std::vector<std::size_t> groups_;  // where in out_ the open groups start
};

}  // namespace

std::string translate_onig_pattern(std::string_view pattern, const std::string& source) {
    return Translator(pattern, source).run();
}

}  // namespace engine
