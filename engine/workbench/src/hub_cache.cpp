#include "hub_cache.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace workbench {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view prefix = "models--";

fs::path environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

bool is_there(const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error);  // follows links: false where the blob is gone
}

// "models--org--name" -> "org/name"; the hub allows no "--" inside either.
std::string name_of(const std::string& folder) {
    std::string name = folder.substr(prefix.size());
    if (const auto dashes = name.find("--"); dashes != std::string::npos) name.replace(dashes, 2, "/");
    return name;
}

// One plain name: a reference from a file must not lead out of the folder.
bool is_plain(const std::string& name) {
    return !name.empty() && name.size() <= 128 && name != "." && name != ".." &&
           name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

// What refs/main names, else the snapshot written last (fetched by another revision's name).
fs::path current_snapshot(const fs::path& model) {
    std::string hash;
    std::ifstream(model / "refs/main") >> hash;
    if (is_plain(hash) && is_there(model / "snapshots" / hash / "config.json"))
        return model / "snapshots" / hash;
    fs::path newest;
    fs::file_time_type newest_time{};
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(model / "snapshots", error)) {
        if (!is_there(entry.path() / "config.json")) continue;
        const auto time = entry.last_write_time(error);
        if (newest.empty() || time > newest_time) {
            newest = entry.path();
            newest_time = time;
        }
    }
    return newest;
}

bool has_weights(const fs::path& snapshot) {
    return is_there(snapshot / "model.safetensors") || is_there(snapshot / "model.safetensors.index.json");
}

}  // namespace

fs::path hub_cache_dir() {
    if (auto named = environment("HF_HUB_CACHE"); !named.empty()) return named;
    if (const auto home = environment("HF_HOME"); !home.empty()) return home / "hub";
    if (const auto xdg = environment("XDG_CACHE_HOME"); xdg.is_absolute()) return xdg / "huggingface/hub";
    const auto home = environment("HOME");
    return home.empty() ? fs::path() : home / ".cache/huggingface/hub";
}

std::vector<CachedModel> cached_models(const fs::path& cache) {
    std::vector<CachedModel> models;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(cache, error)) {
        const std::string folder = entry.path().filename().string();
        if (!folder.starts_with(prefix) || folder.size() == prefix.size()) continue;
        const fs::path snapshot = current_snapshot(entry.path());
        if (!snapshot.empty() && has_weights(snapshot)) models.push_back({name_of(folder), snapshot});
    }
    std::sort(models.begin(), models.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return models;
}

fs::path cached_snapshot(const fs::path& cache, const std::string& name) {
    std::string folder = name;
    if (const auto slash = folder.find('/'); slash != std::string::npos) folder.replace(slash, 1, "--");
    if (cache.empty() || !is_plain(folder)) return {};
    return current_snapshot(cache / (std::string(prefix) + folder));
}

std::string hub_name_of(const fs::path& folder) {
    const fs::path snapshot = folder.has_filename() ? folder : folder.parent_path();
    const fs::path model = snapshot.parent_path().parent_path();
    const std::string name = model.filename().string();
    if (snapshot.parent_path().filename() != "snapshots" || !name.starts_with(prefix)) return {};
    return name_of(name);
}

}  // namespace workbench
