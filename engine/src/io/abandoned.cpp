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

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

// The process in "TARGET.part-PROCESS-COUNT"; 0 for any other name. An empty target stands for every one.
pid_t process_of(std::string_view name, std::string_view target) {
    const auto at = name.rfind(mark);
    if (at == name.npos || at == 0 || (!target.empty() && name.substr(0, at) != target)) return 0;
    const std::string_view numbers = name.substr(at + mark.size());
    const auto dash = numbers.find('-');
    if (dash == numbers.npos || !is_number(numbers.substr(0, dash)) || !is_number(numbers.substr(dash + 1))) return 0;
    pid_t process = 0;
    const auto [end, error] = std::from_chars(numbers.data(), numbers.data() + dash, process);
    return error == std::errc{} ? process : 0;
}

bool is_abandoned(const std::filesystem::path& part, pid_t process) {
    if (process <= 0 || process == ::getpid() || ::kill(process, 0) == 0 || errno != ESRCH) return false;
    const FileDescriptor file(::open(part.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat facts {};
    return file.get() >= 0 && ::fstat(file.get(), &facts) == 0 && S_ISREG(facts.st_mode) &&
           facts.st_uid == ::geteuid() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

std::string part_name(int process, unsigned count) {
    return std::string(mark) + std::to_string(process) + "-" + std::to_string(count);
}

void remove_abandoned_parts(const std::filesystem::path& folder, std::string_view target) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        if (is_abandoned(entry->path(), process_of(entry->path().filename().string(), target)))
            std::filesystem::remove(entry->path(), ignored);
    }
}

}  // namespace engine
