#include "io/abandoned.h"

#include "io/file.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace engine {
namespace {

constexpr std::string_view mark = ".part-";

// The process in "TARGET.part-PROCESS-COUNT"; 0 for any other name. An empty target stands for every one.
pid_t writer_of(std::string_view name, std::string_view target) {
    const auto at = name.rfind(mark);
    if (at == name.npos || at == 0 || (!target.empty() && name.substr(0, at) != target)) return 0;
    const std::string_view numbers = name.substr(at + mark.size());
    return numbers.find('-') == numbers.npos ? 0 : process_in(numbers);
}

}  // namespace

pid_t process_in(std::string_view numbers) {
    pid_t process = 0;
    const char* const last = numbers.data() + numbers.size();
    const auto [end, error] = std::from_chars(numbers.data(), last, process);
    if (error != std::errc{} || process <= 0) return 0;
    const std::string_view rest(end, static_cast<std::size_t>(last - end));
    const bool counted = rest.size() > 1 && rest[0] == '-' && rest.find_first_not_of("0123456789", 1) == rest.npos;
    return rest.empty() || counted ? process : 0;
}

bool is_abandoned(const std::filesystem::path& entry, pid_t process) {
    if (process <= 0 || process == ::getpid() || ::kill(process, 0) == 0 || errno != ESRCH) return false;
    const FileDescriptor opened(::open(entry.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat facts {};
    return opened.get() >= 0 && ::fstat(opened.get(), &facts) == 0 && facts.st_uid == ::geteuid() &&
           ::flock(opened.get(), LOCK_EX | LOCK_NB) == 0;
}

std::string part_name(int process, unsigned count) {
    return std::string(mark) + std::to_string(process) + "-" + std::to_string(count);
}

void remove_abandoned_parts(const std::filesystem::path& folder, std::string_view target) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        if (entry->symlink_status(ignored).type() == std::filesystem::file_type::regular &&
            is_abandoned(entry->path(), writer_of(entry->path().filename().string(), target)))
            std::filesystem::remove(entry->path(), ignored);
    }
}

}  // namespace engine
