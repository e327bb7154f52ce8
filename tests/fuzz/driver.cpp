// fuzz_NAME [--seconds N] [--seed N] [--max-bytes N] [--once] FILE-OR-FOLDER...
//   --seconds    time limit, 60 unless said; 0: no limit
//   --seed       of the random changes, 1 unless said; a run is repeatable as long as the time limit does not
//   cut it
//   --max-bytes  longest input that is tried, 65536 unless said
//   --once       only reads the files, without changing them: for a finding
#include "fuzz/driver.h"

#include "engine/error.h"
#include "fuzz/coverage.h"
#include "fuzz/mutator.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

// A finding must end the program through abort, so that the handler below can save the input.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
    return "abort_on_error=1:detect_leaks=0:allocator_may_return_null=0:hard_rss_limit_mb=6000";
}
extern "C" __attribute__((visibility("default"))) const char* __ubsan_default_options() {
    return "halt_on_error=1:abort_on_error=1:print_stacktrace=1";
}

namespace {

constexpr unsigned seconds_per_input = 10;
constexpr rlim_t address_space = rlim_t{8} << 30;  // not under AddressSanitizer, which maps terabytes

struct Options {
    double seconds = 60;
    std::uint64_t seed = 1;
    std::size_t max_bytes = 1 << 16;
    bool once = false;
    std::vector<std::filesystem::path> paths;
};

// The input under way, for the signal handler.
const char* current_data = nullptr;
std::size_t current_size = 0;
char finding_name[256];

// Async-signal-safe.
void save_current() {
    const int file = open(finding_name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0) return;
    for (std::size_t at = 0; at < current_size;) {
        const ssize_t written = write(file, current_data + at, current_size - at);
        if (written <= 0) break;
        at += static_cast<std::size_t>(written);
    }
    close(file);
}

void on_signal(int number) {
    const char* what = number == SIGPROF ? "\nFINDING: an input takes too long; saved as "
                                         : "\nFINDING: a crash; the input is saved as ";
    save_current();
    for (const char* text : {what, static_cast<const char*>(finding_name), "\n"})
        if (write(STDERR_FILENO, text, std::strlen(text)) < 0) break;
    _exit(1);
}

// In time that this process computes: beside other work an innocent input may wait for longer.
void limit_time(unsigned seconds) {
    const itimerval timer{{}, {static_cast<time_t>(seconds), 0}};
    setitimer(ITIMER_PROF, &timer, nullptr);
}

void read_guarded(const std::string& input) {
    current_data = input.data();
    current_size = input.size();
    limit_time(seconds_per_input);
    try {
        fuzz::read_input(input);
    } catch (const engine::Failure& failure) {
        // A sentence is what a person sees; an empty one would leave them alone.
        if (failure.error().message.empty()) fuzz::fail("a refusal without a sentence");
    } catch (const std::exception& e) {
        fuzz::fail(std::string("an exception escapes: ") + e.what());
    }
    limit_time(0);
}

[[noreturn]] void usage(const char* why) {
    std::fprintf(stderr,
                 "%s\nusage: fuzz_%s [--seconds N] [--seed N] [--max-bytes N] [--once] FILE-OR-FOLDER...\n",
                 why, fuzz::target.name);
    std::exit(2);
}

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        const auto number = [&] {
            if (i + 1 == argc) usage((argument + " needs a number.").c_str());
            char* end = nullptr;
            const double value = std::strtod(argv[++i], &end);
            if (*end || value < 0) usage((argument + " needs a number.").c_str());
            return value;
        };
        if (argument == "--seconds") {
            options.seconds = number();
        } else if (argument == "--seed") {
            options.seed = static_cast<std::uint64_t>(number());
        } else if (argument == "--max-bytes") {
            options.max_bytes = static_cast<std::size_t>(number());
        } else if (argument == "--once") {
            options.once = true;
        } else if (argument.starts_with("--")) {
            usage((argument + " is no option.").c_str());
        } else {
            options.paths.emplace_back(argument);
        }
    }
    if (options.paths.empty()) usage("There is no corpus.");
    return options;
}

std::vector<std::string> read_corpus(const std::vector<std::filesystem::path>& paths) {
    std::vector<std::filesystem::path> files;
    for (const auto& path : paths) {
        if (!std::filesystem::is_directory(path))
            files.push_back(path);
        else
            for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
                if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());  // the order of a folder is not repeatable
    std::vector<std::string> corpus;
    for (const auto& path : files) {
        std::ifstream file(path, std::ios::binary);
        if (!file) usage(("'" + path.string() + "' cannot be read.").c_str());
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return corpus;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

void fuzz::fail(std::string_view why) {
    save_current();
    std::fprintf(stderr, "\nFINDING: %.*s; the input is saved as %s\n", static_cast<int>(why.size()),
                 why.data(), finding_name);
    std::_Exit(1);
}

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    std::snprintf(finding_name, sizeof finding_name, "finding-%s", fuzz::target.name);
    std::vector<std::string> corpus = read_corpus(options.paths);
    for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGPROF})
        std::signal(number, on_signal);
#if !defined(__SANITIZE_ADDRESS__)
    const rlimit limit{address_space, address_space};
    setrlimit(RLIMIT_AS, &limit);
#endif

    const auto start = std::chrono::steady_clock::now();
    std::uint64_t runs = 0;
    for (const std::string& input : corpus) {
        fuzz::coverage_begin();
        read_guarded(input);
        fuzz::coverage_end();
        ++runs;
    }
    const std::size_t seeds = corpus.size();
    double reported = 0;
    fuzz::Mutator mutator(options.seed, options.max_bytes, fuzz::target.words);
    while (!options.once && (options.seconds <= 0 || seconds_since(start) < options.seconds)) {
        std::string input = mutator.next(corpus);
        fuzz::coverage_begin();
        read_guarded(input);
        if (fuzz::coverage_end()) corpus.push_back(std::move(input));
        ++runs;
        const double now = seconds_since(start);
        if (now - reported < 30) continue;
        reported = now;
        std::fprintf(stderr, "%s: %.0f s, %llu inputs, %zu places of code, %zu in the corpus\n",
                     fuzz::target.name, now, static_cast<unsigned long long>(runs), fuzz::coverage_places(),
                     corpus.size());
    }
    std::fprintf(
        stderr, "%s: no finding in %llu inputs, %.0f s; %zu places of code, %zu seeds and %zu found inputs\n",
        fuzz::target.name, static_cast<unsigned long long>(runs), seconds_since(start),
        fuzz::coverage_places(), seeds, corpus.size() - seeds);
}
