// A folder for readers that take a path, in memory where the system has one there; removed at the end.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

namespace fuzz {

class TemporaryFolder {
  public:
    TemporaryFolder() {
        const std::filesystem::path memory = "/dev/shm";
        std::string name =
            ((std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path()) /
             "fuzz-XXXXXX")
                .string();
        if (!mkdtemp(name.data())) std::abort();
        path_ = name;
    }
    TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    TemporaryFolder& operator=(TemporaryFolder&&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }
    void write(const char* name, std::string_view bytes) const {
        // A new file each time: a reader may still hold a mapping of the last one.
        std::error_code ignored;
        std::filesystem::remove(path_ / name, ignored);
        std::ofstream file(path_ / name, std::ios::binary);
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }

  private:
    std::filesystem::path path_;
};

}  // namespace fuzz
