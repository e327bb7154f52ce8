#include "exporting/staged.h"

#include <unistd.h>

#include <string>

#include "engine/error.h"
#include "io/file.h"

namespace engine {

namespace fs = std::filesystem;

namespace {

// Counts on past what stands there: it is another export's, of this process or of one that was killed.
fs::path new_folder_beside(const fs::path& target) {
    const std::string name = "." + target.filename().string() + ".lwb-partial-" + std::to_string(getpid());
    for (int attempt = 0;; ++attempt) {
        const fs::path folder = target.parent_path() / (attempt ? name + "-" + std::to_string(attempt) : name);
        std::error_code error;
        if (fs::create_directory(folder, error)) return folder;
        if (error && error != std::errc::file_exists)
            fail_io("The folder '" + folder.string() + "' could not be made: " + system_reason(error.value()) + ".");
    }
}

}  // namespace

void require_new_folder(const fs::path& out) {
    if (out.empty()) fail_input("No folder to export to was named; name a new one.");
    std::error_code error;
    if (!fs::exists(out, error)) return;
    if (!fs::is_directory(out, error)) fail_input("'" + out.string() + "' is a file; name a folder to export to.");
    if (!fs::is_empty(out, error))
        fail_input("The folder '" + out.string() + "' is not empty; choose a new one so that nothing is overwritten.");
}

void require_new_file(const fs::path& out) {
    std::error_code error;
    if (fs::exists(out, error))
        fail_input("'" + out.string() + "' exists already; choose another name so that nothing is overwritten.");
}

Staged::Staged(fs::path target, Kind kind) : target_(fs::weakly_canonical(target)) {
    if (!target_.has_filename()) target_ = target_.parent_path();  // "name/"
    if (target_.has_parent_path()) make_folder(target_.parent_path());
    holder_ = new_folder_beside(target_);
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
