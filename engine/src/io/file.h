// Files, with every failure turned into a sentence (Failure: bad_input when the file is wrong, io when the
// system refused). What is written appears under its final name only when it is complete and on the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace engine {

// The system's words for an errno value, with advice where there is some ("no space left on the device; free
// ...").
std::string system_reason(int error_number);

// Owns a file descriptor.
class FileDescriptor {
  public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept;
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    ~FileDescriptor();
    int get() const { return fd_; }
    int release();

  private:
    int fd_ = -1;
};

// Opens an existing regular file for reading; size receives its length.
FileDescriptor open_for_reading(const std::filesystem::path& path, std::uint64_t& size);

// Reads exactly bytes.size() bytes at offset.
void read_exactly(const FileDescriptor& file, const std::filesystem::path& path, std::uint64_t offset,
                  std::span<std::byte> bytes);

// A whole file, mapped read-only and shared by whoever holds the pointer; unmapped with the last holder.
// The file must not be truncated while mapped (the system would end the process): write to a new name and
// rename, as AtomicFile does.
class MappedFile {
  public:
    static std::shared_ptr<const MappedFile> map(const FileDescriptor& file,
                                                 const std::filesystem::path& path, std::uint64_t size);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return {data_, static_cast<std::size_t>(size_)}; }

    // The pages that lie wholly inside part, which is a piece of bytes(), may leave memory; they are read again when
    // they are touched again. Keeps a walk through a large file small.
    void forget(std::span<const std::byte> part) const;

  private:
    MappedFile(const std::byte* data, std::uint64_t size) : data_(data), size_(size) {}
    const std::byte* data_ = nullptr;
    std::uint64_t size_ = 0;
};

// Writes target under a temporary name beside it. commit() syncs, renames and syncs the folder; without it
// the destructor removes the temporary file and target stays as it was.
class AtomicFile {
  public:
    explicit AtomicFile(std::filesystem::path target);
    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile&&) = delete;
    ~AtomicFile();

    void append(std::span<const std::byte> bytes);
    void append(std::string_view text);
    std::uint64_t size() const { return size_; }
    const std::filesystem::path& target() const { return target_; }
    void commit();

  private:
    std::filesystem::path target_;
    std::filesystem::path temporary_;
    FileDescriptor file_;
    std::uint64_t size_ = 0;
};

// A file of at most max_bytes as text (bytes are not checked).
std::string read_text(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{1} << 30);

void atomic_write_text(const std::filesystem::path& path, std::string_view text);
void copy_file_atomic(const std::filesystem::path& from, const std::filesystem::path& to);

// Creates the folder and its parents; Failure (io) with the reason.
void make_folder(const std::filesystem::path& folder);

// True for a file name that stays inside its folder: one component, no separator, not "." or "..", no NUL.
bool is_plain_file_name(std::string_view name);

// Lower-case hexadecimal SHA-256.
std::string sha256_of_text(std::string_view text);
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace engine
