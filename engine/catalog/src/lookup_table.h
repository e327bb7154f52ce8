// Finds the one record that a person means by an id, a name or the beginning of an id.
#pragma once

#include "id_table.h"

#include <catalog/error.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace catalog {

[[noreturn]] inline void throw_unknown(const std::string& noun, std::string_view text) {
    throw Error(ErrorCode::not_found, "No " + noun + " answers to '" + std::string(text) +
                                          "': the catalog has no such id or name. Look at the list of " +
                                          noun + "s.");
}

// select(where, value) returns the records for which the condition holds, with value bound to ?1.
template <class Select>
auto find_meant(char kind, const std::string& noun, std::string_view text, Select select) {
    const std::string whole(text);
    for (const auto& [where, value] :
         {std::pair{"WHERE id = ?1", whole}, std::pair{"WHERE name = ?1 ORDER BY id", whole},
          std::pair{"WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id", id_beginning(kind, text)}}) {
        if (value.empty()) continue;
        auto found = select(where, value);
        if (found.size() == 1) return std::move(found.front());
        if (found.empty()) continue;
        std::string candidates;
        for (const auto& record : found)
            candidates += (candidates.empty() ? "" : ", ") + record.id + " '" + record.name + "'";
        throw Error(ErrorCode::ambiguous, "'" + whole + "' means more than one " + noun + ": " + candidates +
                                              ". Give the whole id.");
    }
    throw_unknown(noun, text);
}

}  // namespace catalog
