#pragma once

#include <string>
#include <string_view>
#include <vector>

// English word forms: as much as the grammars of the corpus and of the samples need.
namespace builtin {

std::string with_article(std::string_view phrase);      // "an old boat", "a useful tool", "an 8"
std::string plural(std::string_view noun);              // "boxes"; "cups of tea"
std::string third_person(std::string_view verb);        // "looks for", "carries"
std::string past_tense(std::string_view verb);          // "looked for", "went"
std::string past_participle(std::string_view verb);     // "gone"
std::string present_participle(std::string_view verb);  // "running"
std::string capitalised(std::string_view text);
std::string title_case(std::string_view text);
std::string number_word(int n);   // 0 to 9999: "forty-two"
std::string ordinal_word(int n);  // 1 to 31: "third"
std::string joined(const std::vector<std::string>& items, std::string_view conjunction = "and");

// Capital letters at the beginnings of sentences and of quoted speech.
std::string with_sentence_capitals(std::string text);
// Spaces around punctuation, as in data sets of tokenised text: "family - friendly , and cheap ."
std::string tokenised(std::string_view text);

}  // namespace builtin
