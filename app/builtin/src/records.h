#pragma once

#include "scene.h"

#include <string>
#include <vector>

namespace builtin {

// One line of a record: a key, its value, and verb phrases that say it ("costs £5 a night").
struct Field {
    std::string key, value;
    std::vector<std::string_view> phrases;
};

struct Record {
    std::string noun;      // "hotel"
    std::string name_key;  // "name", "title"
    std::string name;      // "Villa Rosa"
    std::string pronoun;   // "it", "he", "she"
    std::vector<Field> fields;
};

// A thing of a random sort with 3 to 7 of its fields, in random order.
Record draw_record(Scene& scene);

// The record as data, in one of many notations; as sentences that say every field.
std::string record_as_data(Scene& scene, const Record& record);
std::string record_as_text(Scene& scene, const Record& record);

}  // namespace builtin
