#include "exporting/staged.h"

#include "engine/error.h"
#include "io/file.h"

namespace engine {

namespace fs = std::filesystem;

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

Staged::Staged(fs::path target, Kind kind) : target_(std::move(target)) {
    staging_ = target_;
    staging_ += ".partial";
    std::error_code ignored;
    fs::remove_all(staging_, ignored);
    if (kind == Kind::folder)
        make_folder(staging_);
    else if (target_.has_parent_path())
        make_folder(target_.parent_path());
}

Staged::~Staged() {
    std::error_code ignored;
    if (!kept_) fs::remove_all(staging_, ignored);
}

void Staged::keep() {
    std::error_code error;
    if (fs::is_directory(target_, error)) fs::remove(target_, error);  // an empty one
    fs::rename(staging_, target_, error);
    if (error)
        fail_io("The export could not take its final name '" + target_.string() + "': " + error.message() + ".");
    kept_ = true;
}

}  // namespace engine
