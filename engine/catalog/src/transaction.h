// Takes back everything unless commit() is reached. Inside another transaction it is a savepoint of that one.
#pragma once

#include "database.h"

namespace catalog {

class Transaction {
  public:
    // Takes the write lock at once (waiting for it as long as the busy timeout), so that what is read inside
    // is still true when it is written.
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit();

  private:
    Database& database_;
    bool nested_;
    bool open_ = true;
};

}  // namespace catalog
