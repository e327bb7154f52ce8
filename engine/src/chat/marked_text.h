// A string that remembers where each of its bytes comes from, through every operation of a template: what a
// person wrote (data, in which no special token is ever recognised), and what the template says the model
// generates. Bytes are valid UTF-8; positions in at(), slice() and length() count characters, as Python does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine::jinja {

enum Mark : char { from_template = 0, from_data = 1, generated = 2 };

class MarkedText {
  public:
    MarkedText() = default;
    explicit MarkedText(std::string bytes, char mark = from_template);

    const std::string& bytes() const { return bytes_; }
    std::size_t size() const { return bytes_.size(); }
    bool empty() const { return bytes_.empty(); }
    char mark(std::size_t byte) const { return marks_.empty() ? char(from_template) : marks_[byte]; }

    void append(std::string_view bytes, char mark = from_template);
    void append(const MarkedText& other);
    void add_mark(char mark);                                                           // to every byte
    MarkedText substr(std::size_t begin, std::size_t count = std::string::npos) const;  // in bytes

    std::size_t length() const;                   // characters
    std::vector<std::size_t> boundaries() const;  // byte offset of each character, and the end
    MarkedText strip(std::string_view characters, bool left, bool right) const;  // "" = white space

  private:
    std::string bytes_;
    std::string marks_;  // empty: all from_template; else one per byte
};

// As Python's str.isspace for one character.
bool is_python_space(char32_t code);

}  // namespace engine::jinja
