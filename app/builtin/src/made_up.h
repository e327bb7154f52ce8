#pragma once

#include "scene.h"

#include <string>

// Words and names that no text holds, or seldom: what can only be copied.
namespace builtin {

std::string spelled_word(
    Scene& s);                    // letters by chance: consonants and vowels in turn, or any letters at all
std::string name_word(Scene& s);  // capitalised; made up, or a word that is something else elsewhere
std::string made_up_name(Scene& s);  // of a place, a thing or a house: one to three such words

}  // namespace builtin
