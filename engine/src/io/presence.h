// Which files a folder holds.
#pragma once

#include <filesystem>

namespace engine {

// Whether the name stands in its folder. A link counts also where it leads nowhere (a download that did not finish, a
// cleaned cache): who then opens it hears of it, and the file is not taken for one that the model never had.
inline bool is_listed(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

}  // namespace engine
