#pragma once

#include "scene.h"

#include <string>
#include <string_view>

namespace builtin {

// Adds a list whose entries are separated by `separator`; blanks and newlines around an entry are dropped.
void add_words(WordLists& lists, std::string_view name, std::string_view text, char separator = ',');

void add_people_words(WordLists& lists);
void add_place_words(WordLists& lists);
void add_thing_words(WordLists& lists);
void add_food_words(WordLists& lists);
void add_nature_words(WordLists& lists);
void add_phrase_words(WordLists& lists);

}  // namespace builtin
