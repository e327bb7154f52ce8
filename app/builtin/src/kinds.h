#pragma once

#include "scene.h"

#include <string>
#include <string_view>
#include <vector>

namespace builtin {

// One kind of document: how often it comes (relative weight), and how it is written.
struct Kind {
    std::string name;
    int weight;
    std::string (*write)(Scene&);
    bool prose = true;  // prose gets sentence capitals and now and then the tokenised style
};

using Templates = std::vector<std::string_view>;

// `count` different templates of the list, in the list's order or shuffled, spoken and joined by blanks.
std::string some_of(Scene& scene, const Templates& templates, std::size_t count, bool shuffled = false);
// All parts joined by `separator`.
std::string lines(const std::vector<std::string>& parts, std::string_view separator = "\n");

void add_venue_kinds(std::vector<Kind>& kinds);
void add_place_kinds(std::vector<Kind>& kinds);
void add_people_kinds(std::vector<Kind>& kinds);
void add_story_kinds(std::vector<Kind>& kinds);
void add_tale_kinds(std::vector<Kind>& kinds);
void add_talk_kinds(std::vector<Kind>& kinds);
void add_letter_kinds(std::vector<Kind>& kinds);
void add_howto_kinds(std::vector<Kind>& kinds);
void add_news_kinds(std::vector<Kind>& kinds);
void add_record_kinds(std::vector<Kind>& kinds);
void add_copy_kinds(std::vector<Kind>& kinds);
void add_table_kinds(std::vector<Kind>& kinds);
void add_number_kinds(std::vector<Kind>& kinds);
void add_reason_kinds(std::vector<Kind>& kinds);
void add_language_kinds(std::vector<Kind>& kinds);

}  // namespace builtin
