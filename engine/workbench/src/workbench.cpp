#include "workbench/workbench.h"

#include "guard.h"
#include "workbench/run_log.h"

#include <atomic>
#include <map>
#include <system_error>

namespace workbench {

namespace {

// A running program says "alive" every two seconds; this much silence, from another host, counts as a crash.
constexpr double silence_s = 60;

// Connections of this thread, by workbench. They close with the thread, or with the workbench when it ends
// here.
std::map<std::uint64_t, catalog::Catalog>& connections() {
    thread_local std::map<std::uint64_t, catalog::Catalog> map;
    return map;
}

std::atomic<std::uint64_t> next_serial{1};

}  // namespace

engine::Error error_from(const std::filesystem::filesystem_error& error) {
    using std::errc;
    const auto code = error.code();
    const bool name = code == errc::too_many_symbolic_link_levels || code == errc::filename_too_long ||
                      code == errc::no_such_file_or_directory || code == errc::not_a_directory;
    // A name of thousands of letters is no help.
    std::string path = error.path1().string();
    if (path.size() > 300) path = path.substr(0, 300) + "...";
    return {name ? engine::ErrorCode::bad_input : engine::ErrorCode::io,
            "'" + path + "' cannot be used (" + code.message() + "). Check the path.", error.what()};
}

engine::Error error_from(const catalog::Error& error) {
    using catalog::ErrorCode;
    engine::ErrorCode code = engine::ErrorCode::failed;
    switch (error.code()) {
        case ErrorCode::open_failed:
        case ErrorCode::too_new:
        case ErrorCode::constraint:
        case ErrorCode::not_found:
        case ErrorCode::ambiguous:
        case ErrorCode::bad_query:
            code = engine::ErrorCode::bad_input;
            break;
        case ErrorCode::read_only:
        case ErrorCode::busy:
        case ErrorCode::disk_full:
        case ErrorCode::io:
        case ErrorCode::corrupt:
            code = engine::ErrorCode::io;
            break;
        case ErrorCode::failed:
            break;
    }
    return {code, error.what(), error.detail()};
}

Workbench::Workbench(Paths paths, TrainFunction train)
    : paths_(std::move(paths)), train_(std::move(train)), serial_(next_serial++) {}

Workbench::~Workbench() {
    connections().erase(serial_);
}

engine::Result<std::unique_ptr<Workbench>> Workbench::open(Paths paths, TrainFunction train) {
    return guarded([&] {
        std::unique_ptr<Workbench> workbench(new Workbench(std::move(paths), std::move(train)));
        auto& catalog = workbench->catalog();
        if (!catalog.read_only())
            for (const auto& id : catalog.mark_interrupted(silence_s))
                append_run_log(catalog.run(id).run_dir, "interrupted: the program that trained it ended");
        return workbench;
    });
}

catalog::Catalog& Workbench::catalog() {
    auto& map = connections();
    auto found = map.find(serial_);
    if (found == map.end()) found = map.emplace(serial_, catalog::Catalog::open(paths_.catalog_file())).first;
    return found->second;
}

}  // namespace workbench
