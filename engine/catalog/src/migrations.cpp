#include "migrations.h"

#include "statement.h"
#include "transaction.h"

#include <sqlite3.h>

#include <memory>
#include <unistd.h>

namespace catalog {

namespace {

constexpr std::int64_t application_id = 0x4C574342;  // as in the first migration

std::string named(const Database& database) {
    return "The catalog '" + database.path().string() + "' ";
}

int version_of(Database& database) {
    return static_cast<int>(database.integer("PRAGMA user_version"));
}

bool is_empty(Database& database) {
    return database.integer("SELECT count(*) FROM sqlite_master") == 0;
}

// Nothing of a foreign file is touched, not even its journal mode.
void require_ours(Database& database) {
    const auto ours = [&] { return database.integer("PRAGMA application_id") == application_id; };
    if (ours()) return;
    if (version_of(database) == 0 && is_empty(database)) return;
    // Another program may have made the catalog between these looks; it does so in one transaction.
    if (ours()) return;
    throw Error(ErrorCode::open_failed,
                named(database) +
                    "was not opened: it is an SQLite file of another program. Choose another "
                    "data folder or move that file away.");
}

void handle_newer(Database& database, int version, int known) {
    std::int64_t min_compatible = version;
    if (database.integer("SELECT count(*) FROM sqlite_master WHERE name = 'meta'") > 0)
        min_compatible = database.integer("SELECT value FROM meta WHERE key = 'min_compatible'");
    const std::string versions = "version " + std::to_string(version) +
                                 " of the catalog format; this program knows up to " + std::to_string(known);
    if (min_compatible > known || min_compatible < 1)
        throw Error(ErrorCode::too_new, named(database) + "was not opened: it is written in " + versions +
                                            ". Update LoRA Workbench or choose another data folder.");
    database.refuse_writing(named(database) + "is open for reading only: it is written in " + versions +
                            ". Update LoRA Workbench to change it.");
}

void require_sound(Database& database) {
    Statement check(database, "PRAGMA quick_check(1)");
    const std::string verdict = check.step() ? check.text(0) : "no answer";
    if (verdict != "ok")
        throw Error(ErrorCode::corrupt,
                    named(database) +
                        "was not updated: it is damaged. Put a backup in its place, or move it away to begin "
                        "a new one.",
                    verdict);
}

// Called while the write lock is held: a second connection reads what was committed before it.
void back_up(Database& database, int version) {
    namespace fs = std::filesystem;
    const fs::path target = database.path().string() + ".v" + std::to_string(version) + ".backup";
    const fs::path part = target.string() + ".part-" + std::to_string(getpid());
    std::error_code ignored;
    fs::remove(part, ignored);
    try {
        Database source(database.path());
        Database copy(part);
        sqlite3_backup* backup = sqlite3_backup_init(copy.handle(), "main", source.handle(), "main");
        if (!backup) copy.raise(sqlite3_errcode(copy.handle()));
        const int copied = sqlite3_backup_step(backup, -1);
        const int finished = sqlite3_backup_finish(backup);
        if (copied != SQLITE_DONE || finished != SQLITE_OK)
            copy.raise(finished != SQLITE_OK ? finished : copied);
    } catch (const Error& error) {
        fs::remove(part, ignored);
        throw Error(error.code(),
                    named(database) + "was not updated: the backup copy before it failed. " + error.what(),
                    error.detail());
    }
    std::error_code error;
    fs::rename(part, target, error);
    if (!error) return;
    fs::remove(part, ignored);
    throw Error(ErrorCode::io, named(database) + "was not updated: its backup copy could not be named '" +
                                   target.string() + "' (" + error.message() +
                                   "). Check the folder and try again.");
}

void apply(Database& database, const Migration& migration, bool& backed_up) {
    Transaction transaction(database);
    const int version = version_of(database);
    if (version >= migration.version) return;  // another program was quicker
    if (version > 0 && !backed_up && !database.in_memory()) {
        require_sound(database);
        back_up(database, version);
        backed_up = true;
    }
    try {
        database.execute(std::string(migration.sql));
        database.execute("PRAGMA user_version = " + std::to_string(migration.version));
        transaction.commit();
    } catch (const Error& error) {
        const std::string left = version == 0
                                     ? "It was left empty."
                                     : "It was left as it was, in version " + std::to_string(version) + ".";
        throw Error(error.code(),
                    named(database) + "was not brought to version " + std::to_string(migration.version) +
                        " (step " + std::string(migration.title) + "): " + error.detail() + ". " + left +
                        " Remove the cause and start again.",
                    error.detail());
    }
}

}  // namespace

void migrate(Database& database, std::span<const Migration> migrations) {
    require_ours(database);
    const int known = migrations.back().version;
    const int version = version_of(database);
    if (version > known) handle_newer(database, version, known);
    database.prepare_for_use();
    bool backed_up = version == 0;  // a new file has nothing to keep
    if (version < known)
        for (const Migration& migration : migrations) apply(database, migration, backed_up);
}

}  // namespace catalog
