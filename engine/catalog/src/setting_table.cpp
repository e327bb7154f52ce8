#include "setting_table.h"

#include "statement.h"
#include "transaction.h"

namespace catalog::setting_table {

std::optional<std::string> get(Database& database, std::string_view key) {
    Statement row(database, "SELECT value FROM settings WHERE key = ?", key);
    if (!row.step()) return std::nullopt;
    return row.text(0);
}

void set(Database& database, const std::string& key, const std::string& value) {
    Transaction transaction(database);
    Statement(database,
              "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = "
              "excluded.value",
              key, value)
        .run();
    transaction.commit();
}

void touch_model(Database& database, const std::string& ref, const std::string& name) {
    Transaction transaction(database);
    Statement(database,
              "INSERT INTO recent_models (ref, name, last_used) VALUES (?, ?, ?) "
              "ON CONFLICT (ref) DO UPDATE SET name = excluded.name, last_used = excluded.last_used",
              ref, name, now())
        .run();
    transaction.commit();
}

std::vector<RecentModel> recent_models(Database& database, std::size_t limit) {
    Statement rows(database, "SELECT ref, name, last_used FROM recent_models ORDER BY last_used DESC LIMIT ?",
                   limit);
    std::vector<RecentModel> models;
    while (rows.step()) models.push_back({rows.text(0), rows.text(1), rows.real(2)});
    return models;
}

void forget_model(Database& database, const std::string& ref) {
    Transaction transaction(database);
    Statement(database, "DELETE FROM recent_models WHERE ref = ?", ref).run();
    transaction.commit();
}

}  // namespace catalog::setting_table
