// What a write that was killed has left behind.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace engine {

// The process in "PROCESS" or "PROCESS-COUNT", as it ends the names of what is not finished; 0 for anything else.
pid_t process_in(std::string_view numbers);

// Whether this process, which wrote the file or folder, has ended and left it behind. That it is not running here does not
// tell: it may be another machine's, or a container's with processes of its own. Its lock does, where the file system keeps
// locks; where it does not, nothing is taken for abandoned. Nor is what belongs to another user.
bool is_abandoned(const std::filesystem::path& entry, pid_t process);

// The name under which AtomicFile writes: behind that of the target.
std::string part_name(int process, unsigned count);

// Removes the abandoned files of AtomicFile in folder: those of the target of this name, or of every one.
void remove_abandoned_parts(const std::filesystem::path& folder, std::string_view target = {});

}  // namespace engine
