// Short ids that sort by creation: a letter, '-' and six base-36 digits of a counter that follows the clock
// (seconds since 2020) and never gives a number twice.
#pragma once

#include "database.h"

#include <string>
#include <string_view>

namespace catalog {

// kind is 'r', 'a' or 'x'. Part of the caller's transaction where there is one.
std::string new_id(Database& database, char kind);

// A text that may be the beginning of an id of this kind ("r-0k3" or "0k3"), completed to "r-0k3"; empty when
// it cannot be one or is too short to be meant as one.
std::string id_beginning(char kind, std::string_view text);

// %text% for LIKE ... ESCAPE '\', with the wildcards in text taken literally.
std::string like_pattern(std::string_view text);

}  // namespace catalog
