#include "database.h"

#include "statement.h"

#include <sqlite3.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace catalog {

namespace {

constexpr int busy_timeout_ms = 5000;

ErrorCode code_of(int result_code) {
    switch (result_code & 0xff) {  // the low byte is the primary code, the rest refines it
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return ErrorCode::busy;
        case SQLITE_FULL:
            return ErrorCode::disk_full;
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return ErrorCode::read_only;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorCode::corrupt;
        case SQLITE_CONSTRAINT:
            return ErrorCode::constraint;
        case SQLITE_CANTOPEN:
            return ErrorCode::open_failed;
        case SQLITE_IOERR:
            return ErrorCode::io;
        default:
            return ErrorCode::failed;
    }
}

std::string sentence(ErrorCode code, const std::string& path, const std::string& detail,
                     const std::string& system) {
    const std::string file = "The catalog '" + path + "' ";
    switch (code) {
        case ErrorCode::busy:
            return file +
                   "is in use: another program has been writing to it for more than 5 seconds. Try again, or "
                   "close the other program.";
        case ErrorCode::disk_full:
            return file + "was not changed: the disk is full. Free some space and try again.";
        case ErrorCode::read_only:
            return file +
                   "was not changed: the file or its folder cannot be written. Make it writable or choose "
                   "another "
                   "data folder.";
        case ErrorCode::corrupt:
            return file + "cannot be read: it is damaged or not a catalog (" + detail +
                   "). Put a backup in its place, or move it away to begin a new one.";
        case ErrorCode::constraint:
            return file + "was not changed: the record breaks a rule (" + detail +
                   "). Correct the record and try again.";
        case ErrorCode::open_failed:
            return file + "cannot be opened" + (system.empty() ? "" : ": " + system) +
                   ". Check the folder and its permissions, or choose another data folder.";
        case ErrorCode::io:
            return file + "could not be read or written" +
                   (system.empty() ? " (" + detail + ")" : ": " + system) + ". Check the disk and try again.";
        default:
            return file + "did not answer as expected (" + detail + "). Restart the program and try again.";
    }
}

// WAL keeps two files beside the catalog, so the folder must be writable even where the file exists. SQLite
// itself would only say that it cannot open the file.
void prepare_folder(const std::filesystem::path& path) {
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        throw Error(ErrorCode::open_failed,
                    sentence(ErrorCode::open_failed, path.string(), {}, error.message()));
    if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
        throw Error(ErrorCode::read_only, sentence(ErrorCode::read_only, path.string(), {}, {}),
                    std::strerror(errno));
}

}  // namespace

double now() {
    using namespace std::chrono;
    return duration<double>(system_clock::now().time_since_epoch()).count();
}

Database::Database(const std::filesystem::path& path) : path_(path) {
    if (!in_memory()) prepare_folder(path_);
    // One connection serves one thread at a time, so SQLite's own mutex is not needed.
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int result = sqlite3_open_v2(path_.c_str(), &handle_, flags, nullptr);
    try {
        if (!handle_) throw std::bad_alloc();
        sqlite3_extended_result_codes(handle_, 1);
        sqlite3_busy_timeout(handle_, busy_timeout_ms);
        if (result != SQLITE_OK) raise(result);
        if (sqlite3_db_readonly(handle_, "main") == 1) raise(SQLITE_READONLY);
    } catch (...) {
        sqlite3_close(handle_);
        throw;
    }
}

Database::~Database() {
    sqlite3_close(handle_);
}

bool Database::in_memory() const {
    return path_ == ":memory:";
}

void Database::execute(const std::string& sql) {
    const int result = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) raise(result);
}

std::int64_t Database::integer(const std::string& sql) {
    Statement statement(*this, sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(handle_);
}

void Database::prepare_for_use() {
    // Two programs that create the file at the same moment both switch it to WAL. SQLite does not wait by
    // itself for this lock (it could deadlock), so the loser asks again.
    for (int waited_ms = 0;; waited_ms += 20) {
        try {
            execute("PRAGMA journal_mode = WAL");
            break;
        } catch (const Error& error) {
            if (error.code() != ErrorCode::busy || waited_ms >= busy_timeout_ms) throw;
            sqlite3_sleep(20);
        }
    }
    execute("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL");
}

void Database::raise(int result_code) const {
    const ErrorCode code = code_of(result_code);
    const std::string detail = sqlite3_errmsg(handle_);
    const int system = sqlite3_system_errno(handle_);
    throw Error(code, sentence(code, path_.string(), detail, system ? std::strerror(system) : ""), detail);
}

}  // namespace catalog
