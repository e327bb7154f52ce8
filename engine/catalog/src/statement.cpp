#include "statement.h"

#include <sqlite3.h>

#include <cmath>

namespace catalog {

Statement::Statement(Database& database, std::string_view sql, std::nullptr_t) : database_(database) {
    check(
        sqlite3_prepare_v2(database_.handle(), sql.data(), static_cast<int>(sql.size()), &handle_, nullptr));
}

Statement::~Statement() {
    sqlite3_finalize(handle_);
}

void Statement::bind(int index, double value) {
    if (std::isnan(value))
        bind_null(index);
    else
        check(sqlite3_bind_double(handle_, index, value));
}

void Statement::bind(int index, std::string_view value) {
    // An empty view may have no address, which SQLite would take for NULL.
    const char* data = value.empty() ? "" : value.data();
    check(sqlite3_bind_text64(handle_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind_null(int index) {
    check(sqlite3_bind_null(handle_, index));
}

void Statement::bind_integer(int index, std::int64_t value) {
    check(sqlite3_bind_int64(handle_, index, value));
}

bool Statement::step() {
    const int result = sqlite3_step(handle_);
    if (result == SQLITE_ROW) return true;
    if (result != SQLITE_DONE) database_.raise(result);
    return false;
}

void Statement::reset() {
    check(sqlite3_reset(handle_));
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(handle_, column);
}

double Statement::real(int column) const {
    return sqlite3_column_double(handle_, column);
}

std::string Statement::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return data ? std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)))
                : std::string();
}

void Statement::read(int column, RunState& value) const {
    const std::string name = text(column);
    const auto state = run_state_from(name);
    if (!state)
        throw Error(ErrorCode::corrupt, "The catalog '" + database_.path().string() +
                                            "' holds a run in the unknown state '" + name +
                                            "'. Update the program or restore a backup.");
    value = *state;
}

void Statement::check(int result_code) const {
    if (result_code != SQLITE_OK) database_.raise(result_code);
}

}  // namespace catalog
