// One open SQLite connection and the translation of its errors into sentences.
#pragma once

#include <catalog/error.h>

#include <cstdint>
#include <filesystem>
#include <string>

struct sqlite3;

namespace catalog {

// Seconds since 1970, UTC.
double now();

class Database {
  public:
    // Opens or creates the file; changes nothing in it. ":memory:" is a private database.
    explicit Database(const std::filesystem::path& path);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    const std::filesystem::path& path() const { return path_; }
    bool in_memory() const;
    sqlite3* handle() const { return handle_; }

    // Runs fixed text without parameters: pragmas, migrations, transaction control.
    void execute(const std::string& sql);
    std::int64_t integer(const std::string& sql);  // first column of the first row, 0 without rows
    std::int64_t changes() const;                  // rows changed by the last statement

    // WAL, foreign keys, durable commits. Only for files known to be ours.
    void prepare_for_use();

    // From now on every writing transaction is refused with this reason.
    void refuse_writing(std::string reason) { refusal_ = std::move(reason); }
    const std::string& refusal() const { return refusal_; }

    // Throws the Error for a result code of the last call.
    [[noreturn]] void raise(int result_code) const;

  private:
    std::filesystem::path path_;
    sqlite3* handle_ = nullptr;
    std::string refusal_;
};

}  // namespace catalog
