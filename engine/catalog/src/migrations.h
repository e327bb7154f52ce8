// Brings a catalog file to the schema of this program.
#pragma once

#include "database.h"

#include <span>
#include <string_view>

namespace catalog {

struct Migration {
    int version;             // PRAGMA user_version after it
    std::string_view title;  // "0001_catalog"
    std::string_view sql;
};

// The files of resources/schema, ascending, embedded at build time.
std::span<const Migration> schema();

// Throws when the file belongs to another program, is damaged, or is too new; a newer file that still allows
// this version is set to refuse writing. An older one is copied to "<file>.v<N>.backup" first; then each step
// and its version number are one transaction, so a failing step leaves the file at the version before it.
void migrate(Database& database, std::span<const Migration> migrations);

}  // namespace catalog
