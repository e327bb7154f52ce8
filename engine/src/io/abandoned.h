// What a write that was killed has left behind.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace engine {

// The name under which AtomicFile writes: behind that of the target.
std::string part_name(int process, unsigned count);

// Removes the unfinished files of AtomicFile in folder: those of the target of this name, or of every one. Only such as
// belong to this user, whose process has ended and which nobody holds locked (the process may be another machine's).
void remove_abandoned_parts(const std::filesystem::path& folder, std::string_view target = {});

}  // namespace engine
