#include "exporting/staged.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "engine/error.h"
#include "io/abandoned.h"

namespace engine {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMark = ".lwb-partial-";

// Counts on past what stands there: it is another export's, of this process or of one that was killed.
fs::path new_folder_beside(const fs::path& target) {
    const std::string name = "." + target.filename().string() + std::string(kMark) + std::to_string(getpid());
    for (int attempt = 0;; ++attempt) {
        fs::path folder = target.parent_path() / (attempt ? name + "-" + std::to_string(attempt) : name);
        std::error_code error;
        if (fs::create_directory(folder, error)) return folder;
        if (error && error != std::errc::file_exists)
            fail_io("The folder '" + folder.string() + "' could not be made: " + system_reason(error.value()) + ".");
    }
}

// The process in ".NAME.lwb-partial-PROCESS" or ".NAME.lwb-partial-PROCESS-COUNT"; 0 for any other name.
pid_t exporter_of(std::string_view name) {
    const auto mark = name.rfind(kMark);
    return !name.starts_with('.') || mark == name.npos || mark < 2 ? 0 : process_in(name.substr(mark + kMark.size()));
}

FileDescriptor open_folder(const fs::path& folder) {
    return FileDescriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// Failure where the system cannot tell: links in a circle, a name too long, a folder that may not be looked into.
bool stands(const fs::path& out) {
    std::error_code error;
    const fs::file_status status = fs::status(out, error);
    if (status.type() == fs::file_type::none)
        fail_input("'" + out.string() + "' cannot be exported to: " + system_reason(error.value()) + ".");
    if (status.type() == fs::file_type::not_found && fs::is_symlink(out, error))
        fail_input("'" + out.string() + "' is a link that leads nowhere; name a new place.");
    return fs::exists(status);
}

}  // namespace

void remove_abandoned_stages(const fs::path& parent) {
    std::error_code error;
    for (fs::directory_iterator entry(parent, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        if (entry->symlink_status(ignored).type() == fs::file_type::directory &&
            is_abandoned(entry->path(), exporter_of(entry->path().filename().string())))
            fs::remove_all(entry->path(), ignored);
    }
}

void require_new_folder(const fs::path& out) {
    if (out.empty()) fail_input("No folder to export to was named; name a new one.");
    if (!stands(out)) return;
    std::error_code error;
    if (!fs::is_directory(out, error)) fail_input("'" + out.string() + "' is a file; name a folder to export to.");
    if (!fs::is_empty(out, error))
        fail_input("The folder '" + out.string() + "' is not empty; choose a new one so that nothing is overwritten.");
}

void require_new_file(const fs::path& out) {
    if (stands(out))
        fail_input("'" + out.string() + "' exists already; choose another name so that nothing is overwritten.");
}

Staged::Staged(const fs::path& target, Kind kind) : target_(fs::weakly_canonical(target)) {
    if (!target_.has_filename()) target_ = target_.parent_path();  // "name/"
    if (target_.has_parent_path()) make_folder(target_.parent_path());
    remove_abandoned_stages(target_.has_parent_path() ? target_.parent_path() : fs::path("."));
    holder_ = new_folder_beside(target_);
    lock_ = open_folder(holder_);
    if (lock_.get() >= 0) (void)flock(lock_.get(), LOCK_EX | LOCK_NB);  // a file system without locks is no obstacle
    staging_ = holder_ / target_.filename();
    if (kind == Kind::folder) make_folder(staging_);
}

Staged::~Staged() {
    std::error_code ignored;
    fs::remove_all(holder_, ignored);
}

void Staged::keep() {
    std::error_code error;
    if (fs::is_directory(target_, error)) fs::remove(target_, error);  // an empty one
    fs::rename(staging_, target_, error);
    if (error)
        fail_io("The export could not take its final name '" + target_.string() + "': " + error.message() + ".");
}

}  // namespace engine
