#include "io/file.h"

#include "engine/error.h"
#include "io/abandoned.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace engine {

std::string system_reason(int error_number) {
    switch (error_number) {
        case ENOSPC:
            return "no space is left on the device; free some or choose another place";
        case EDQUOT:
            return "the disk quota is used up; free some space or choose another place";
        case EROFS:
            return "the file system is read-only; choose another place";
        case EACCES:
        case EPERM:
            return "permission was denied; change the permissions or choose another place";
        case ENOENT:
            return "there is no such file or folder; check the path";
        case ENOTDIR:
            return "a part of the path is not a folder; check the path";
        case EISDIR:
            return "it is a folder; name a file";
        case EFBIG:
            return "the file would exceed the size limit; raise the limit or choose another place";
        case ELOOP:
            return "its links lead in a circle; fetch the file again or check the path";
        case ENAMETOOLONG:
            return "the name is too long; choose a shorter one";
        case EMFILE:
        case ENFILE:
            return "too many files are open; close some or raise the limit";
        case EIO:
            return "the device reported a read or write error; check the disk";
        default:
            return std::generic_category().message(error_number);
    }
}

namespace {

[[noreturn]] void fail_reading(const std::filesystem::path& path, int error_number) {
    std::error_code ignored;
    const bool dangling = error_number == ENOENT && std::filesystem::is_symlink(path, ignored);
    const std::string reason = dangling ? "it is a link to a file that is not there; fetch the file again"
                                        : system_reason(error_number);
    const std::string sentence = "The file '" + path.string() + "' could not be read: " + reason + ".";
    const bool mendable = error_number == ENOENT || error_number == ENOTDIR || error_number == EISDIR ||
                          error_number == ELOOP || error_number == ENAMETOOLONG;
    throw Failure(mendable ? ErrorCode::bad_input : ErrorCode::io, sentence);
}

[[noreturn]] void fail_writing(const std::filesystem::path& path, int error_number) {
    fail_io("The file '" + path.string() + "' could not be written: " + system_reason(error_number) +
            ". Nothing was left half-written.");
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
    const auto folder = path.parent_path();
    return folder.empty() ? std::filesystem::path(".") : folder;
}

}  // namespace

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

FileDescriptor::~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
}

int FileDescriptor::release() {
    return std::exchange(fd_, -1);
}

FileDescriptor open_for_reading(const std::filesystem::path& path, std::uint64_t& size) {
    // O_NONBLOCK: opening a pipe that nobody writes to must not hang; it means nothing for a regular file.
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) fail_reading(path, errno);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) fail_reading(path, errno);
    if (S_ISDIR(status.st_mode)) fail_reading(path, EISDIR);
    if (!S_ISREG(status.st_mode)) fail_input("'" + path.string() + "' is not a regular file. Choose a file.");
    size = static_cast<std::uint64_t>(status.st_size);
    return file;
}

void read_exactly(const FileDescriptor& file, const std::filesystem::path& path, std::uint64_t offset,
                  std::span<std::byte> bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n =
            ::pread(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) fail_reading(path, errno);
        if (n == 0) fail_io("The file '" + path.string() + "' became shorter while it was read. Try again.");
        done += static_cast<std::size_t>(n);
    }
}

std::shared_ptr<const MappedFile> MappedFile::map(const FileDescriptor& file,
                                                  const std::filesystem::path& path, std::uint64_t size) {
    if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile(nullptr, 0));
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (data == MAP_FAILED) fail_reading(path, errno);
    return std::shared_ptr<const MappedFile>(new MappedFile(static_cast<const std::byte*>(data), size));
}

MappedFile::~MappedFile() {
    if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::forget(std::span<const std::byte> part) const {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = (reinterpret_cast<std::uintptr_t>(part.data()) + page - 1) / page * page;
    const auto end = reinterpret_cast<std::uintptr_t>(part.data() + part.size()) / page * page;
    if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);  // only a hint
}

AtomicFile::AtomicFile(std::filesystem::path target) : target_(std::move(target)) {
    // The name of a write that was killed may still lie about, so a taken name is passed over, never reused.
    static std::atomic<unsigned> counter{0};
    remove_abandoned_parts(folder_of(target_), target_.filename().string());
    for (int attempt = 0; attempt < 100; ++attempt) {
        temporary_ = target_;
        temporary_ += part_name(::getpid(), counter++);
        const int fd = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) {
            file_ = FileDescriptor(fd);
            (void)::flock(fd, LOCK_EX | LOCK_NB);  // a file system without locks is no obstacle
            return;
        }
        if (errno != EEXIST) break;
    }
    const int error_number = errno;
    temporary_.clear();
    fail_writing(target_, error_number);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      file_(std::move(other.file_)),
      size_(other.size_) {}

AtomicFile::~AtomicFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(file_.get(), bytes.data(), std::min<std::size_t>(bytes.size(), 1u << 30));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) fail_writing(target_, errno);
        if (n == 0) fail_writing(target_, ENOSPC);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
        size_ += static_cast<std::uint64_t>(n);
    }
}

void AtomicFile::append(std::string_view text) {
    append(std::as_bytes(std::span(text)));
}

void AtomicFile::commit() {
    if (::fsync(file_.get()) != 0 && errno != EINVAL) fail_writing(target_, errno);
    if (::close(file_.release()) != 0) fail_writing(target_, errno);
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail_writing(target_, errno);
    temporary_.clear();
    // The rename itself is on the disk only after its folder is. Some file systems cannot sync a folder: not
    // an error.
    const FileDescriptor folder(::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() >= 0) ::fsync(folder.get());
}

std::string read_text(const std::filesystem::path& path, std::uint64_t max_bytes) {
    std::uint64_t size = 0;
    const FileDescriptor file = open_for_reading(path, size);
    if (size > max_bytes)
        fail_input("The file '" + path.string() + "' has " + std::to_string(size) + " bytes; at most " +
                   std::to_string(max_bytes) + " are read from a file of this kind. Choose another file.");
    std::string text(static_cast<std::size_t>(size), '\0');
    read_exactly(file, path, 0, std::as_writable_bytes(std::span(text)));
    return text;
}

void atomic_write_text(const std::filesystem::path& path, std::string_view text) {
    AtomicFile file(path);
    file.append(text);
    file.commit();
}

void copy_file_atomic(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::uint64_t size = 0;
    const FileDescriptor source = open_for_reading(from, size);
    AtomicFile target(to);
    std::vector<std::byte> buffer(1u << 20);
    for (std::uint64_t offset = 0; offset < size;) {
        const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), size - offset));
        read_exactly(source, from, offset, piece);
        target.append(piece);
        offset += piece.size();
    }
    target.commit();
}

void make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error || !std::filesystem::is_directory(folder))
        fail_io("The folder '" + folder.string() +
                "' could not be made: " + system_reason(error ? error.value() : EEXIST) + ".");
}

bool is_plain_file_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && name.size() <= 255 &&
           name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

}  // namespace engine
