#include "workbench/paths.h"

#include "guard.h"
#include "io/file.h"

#include <cstdlib>

namespace workbench {

namespace fs = std::filesystem;

namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

fs::path default_data_dir() {
    const fs::path xdg = environment("XDG_DATA_HOME");
    if (xdg.is_absolute()) return xdg / "lora-workbench";  // the XDG specification ignores relative values
    const fs::path home = environment("HOME");
    if (home.empty())
        engine::fail_input(
            "No data folder is known, because neither LWB_DATA_DIR, XDG_DATA_HOME nor HOME is set. Name one "
            "with "
            "--data-dir or LWB_DATA_DIR.");
    return home / ".local/share/lora-workbench";
}

fs::path find_resources() {
    if (const std::string named = environment("LWB_RESOURCES"); !named.empty()) {
        if (!fs::is_directory(named))
            engine::fail_input("LWB_RESOURCES names '" + named +
                               "', which is no folder. Correct or unset it.");
        return fs::absolute(named);
    }
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    const fs::path installed = (program.parent_path() / "../share/lora-workbench").lexically_normal();
    if (!error && fs::is_directory(installed / "models", error)) return installed;
    // A program run from its build folder. Where neither exists, whoever asks for a built-in model hears of
    // it.
    if (fs::is_directory(LWB_SOURCE_RESOURCES, error)) return LWB_SOURCE_RESOURCES;
    return installed;
}

}  // namespace

engine::Result<Paths> resolve_paths(const fs::path& data_dir) {
    return guarded([&] {
        Paths paths;
        paths.data_dir = data_dir;
        if (paths.data_dir.empty()) paths.data_dir = environment("LWB_DATA_DIR");
        if (paths.data_dir.empty()) paths.data_dir = default_data_dir();
        paths.data_dir = fs::absolute(paths.data_dir).lexically_normal();
        std::error_code error;
        fs::create_directories(paths.data_dir, error);
        if (error || !fs::is_directory(paths.data_dir))
            engine::fail_io("The data folder '" + paths.data_dir.string() + "' could not be made (" +
                            (error ? error.message() : std::string("a file of that name is there")) +
                            "). Choose another with --data-dir or LWB_DATA_DIR.");
        paths.resources_dir = find_resources();
        return paths;
    });
}

}  // namespace workbench
