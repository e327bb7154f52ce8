// Tokenizer files carry regular expressions in Oniguruma's Ruby dialect. The two dialects agree on what
// published tokenizers use, except in details that would change tokens silently; this translates those
// details.
#pragma once

#include <string>
#include <string_view>

namespace engine {

// The same expression for PCRE2 (to be compiled with UTF, UCP and MULTILINE):
//   \s \S          the Unicode property White_Space (PCRE2 adds U+180E)
//   \w \W \h \H    Oniguruma's word class; hexadecimal digits (horizontal space in PCRE2)
//   \uHHHH         a code point
//   \p{Han}        the script (script extensions in PCRE2)
//   {n,m}+         a repeated repetition (possessive in PCRE2)
//   (?m)           dot matches newline (line anchors in PCRE2, which Ruby always has)
//   [a[b]] [a&&b]  nested and intersected classes: refused
// Failure (bad_input) names source where something cannot be expressed.
std::string translate_onig_pattern(std::string_view pattern, const std::string& source);

}  // namespace engine
