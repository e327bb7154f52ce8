// Exports are filled beside their final name and take it only when they are complete.
#pragma once

#include <filesystem>

#include "io/file.h"

namespace engine {

// Failure (bad_input) unless the folder is new or empty.
void require_new_folder(const std::filesystem::path& out);
// Failure (bad_input) unless there is nothing of this name.
void require_new_file(const std::filesystem::path& out);

// A folder or file that is filled in a new hidden folder .NAME.lwb-partial-PROCESS beside the target, which keeps nobody
// else's files. The destructor removes that folder; what keep() gave the final name has left it by then. A killed export
// cannot; the next one beside it removes what such exports of this user have left.
class Staged {
  public:
    enum class Kind { folder, file };
    Staged(const std::filesystem::path& target, Kind kind);
    ~Staged();
    Staged(const Staged&) = delete;
    Staged& operator=(const Staged&) = delete;

    const std::filesystem::path& path() const { return staging_; }
    void keep();

  private:
    std::filesystem::path target_, holder_, staging_;
    FileDescriptor lock_;  // on holder_, for as long as this lives: it is in use
};

// Removes the staging folders in parent whose export is dead: of this user, the process gone, nobody's lock on them.
// Whatever cannot be removed, or be told for sure, stays.
void remove_abandoned_stages(const std::filesystem::path& parent);

}  // namespace engine
