// A compiled regular expression of a tokenizer file or an adapter's configuration, on PCRE2 with its
// just-in-time compiler.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
};

// Immutable; find_all may be called from several threads.
class Regex {
  public:
    // pattern in Oniguruma's dialect; Failure (bad_input) names source.
    Regex(std::string_view pattern, const std::string& source);
    // The characters of text, literally.
    static Regex literal(std::string_view text, const std::string& source);
    // pattern as Python's re writes it, to be held against whole names with matches().
    static Regex of_names(std::string_view pattern, const std::string& source);

    // Every match from left to right, without overlap. subject must be valid UTF-8.
    std::vector<Span> find_all(std::string_view subject) const;
    // Whether the pattern of of_names() covers all of name. Failure where the search takes too long to be
    // meant.
    bool matches(std::string_view name) const;

  private:
    Regex() = default;
    void compile(const std::string& pattern, std::string_view original, const std::string& source);

    std::shared_ptr<void> code_;
};

}  // namespace engine
