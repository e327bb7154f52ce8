#include "transaction.h"

#include <sqlite3.h>

namespace catalog {

Transaction::Transaction(Database& database)
    : database_(database), nested_(sqlite3_get_autocommit(database.handle()) == 0) {
    if (!database_.refusal().empty()) throw Error(ErrorCode::read_only, database_.refusal());
    database_.execute(nested_ ? "SAVEPOINT inner_part" : "BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    // After a full disk SQLite may have rolled back by itself; then there is nothing left to undo.
    if (!open_ || sqlite3_get_autocommit(database_.handle()) != 0) return;
    sqlite3_exec(database_.handle(), nested_ ? "ROLLBACK TO inner_part; RELEASE inner_part" : "ROLLBACK",
                 nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    database_.execute(nested_ ? "RELEASE inner_part" : "COMMIT");
    open_ = false;
}

}  // namespace catalog
