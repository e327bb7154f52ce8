// Models by reference: builtin:NAME, shape:NAME, a folder or ORG/NAME of the Hugging Face cache; the sample
// data shipped beside them.
#include "guard.h"
#include "hub_cache.h"
#include "workbench/workbench.h"

#include <algorithm>

namespace workbench {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view builtin_prefix = "builtin:";
constexpr std::string_view shape_prefix = "shape:";

std::vector<std::string> builtin_names(const Paths& paths) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(paths.models_dir(), error))
        if (fs::exists(entry.path() / "config.json")) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

fs::path builtin_folder(const Paths& paths, const std::string& name) {
    const auto names = builtin_names(paths);
    if (std::find(names.begin(), names.end(), name) != names.end()) return paths.models_dir() / name;
    std::string known;
    for (const auto& other : names)
        known += (known.empty() ? "" : ", ") + std::string(builtin_prefix) + other;
    if (known.empty())
        engine::fail_input("The built-in model '" + name +
                           "' was not found: the program's resources were looked for in '" +
                           paths.resources_dir.string() +
                           "'. Set LWB_RESOURCES to the folder that holds models/ and "
                           "samples/.");
    engine::fail_input("There is no built-in model '" + name + "'. Built in: " + known + ".");
}

// "org/name" and no such folder: somebody expects a download.
bool looks_like_hub_name(const std::string& ref) {
    return std::count(ref.begin(), ref.end(), '/') == 1 && ref.front() != '/' && ref.front() != '.';
}

fs::path model_folder(const std::string& ref) {
    const fs::path folder = ref;
    if (fs::is_directory(folder)) return fs::canonical(folder);
    if (fs::exists(folder))
        engine::fail_input("'" + ref +
                           "' is a file, not a model folder. Give the folder that holds config.json and the "
                           "safetensors files.");
    if (const fs::path snapshot = cached_snapshot(hub_cache_dir(), ref); !snapshot.empty()) return snapshot;
    std::string advice = "Give the folder that holds config.json and the safetensors files, or builtin:tiny.";
    if (looks_like_hub_name(ref))
        advice =
            "It is not in the Hugging Face cache either, and this program downloads nothing: fetch the model "
            "first.";
    engine::fail_input("There is no model folder '" + ref + "'. " + advice);
}

std::string sample_title(std::string stem) {
    std::replace(stem.begin(), stem.end(), '_', ' ');
    if (!stem.empty()) stem[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(stem[0])));
    return stem;
}

}  // namespace

std::vector<ModelEntry> Workbench::models() {
    const auto recent = catalog().recent_models();
    std::vector<ModelEntry> entries;
    for (const auto& name : builtin_names(paths_)) {
        ModelEntry entry{std::string(builtin_prefix) + name, name, paths_.models_dir() / name, true};
        for (const auto& model : recent)
            if (model.ref == entry.ref) entry.last_used = model.last_used;
        entries.push_back(std::move(entry));
    }
    for (const auto& model : recent)
        if (!model.ref.starts_with(builtin_prefix))
            entries.push_back(
                {model.ref, model.name, model.ref, false, model.last_used, !hub_name_of(model.ref).empty()});
    for (const auto& model : cached_models(hub_cache_dir())) {
        const std::string ref = model.folder.string();
        if (std::none_of(entries.begin(), entries.end(), [&](const auto& entry) { return entry.ref == ref; }))
            entries.push_back({ref, model.name, model.folder, false, 0, true});
    }
    return entries;
}

engine::Result<fs::path> Workbench::resolve_model(const std::string& ref) const {
    return guarded([&] {
        if (ref.empty()) engine::fail_input("No base model is named. Give a model folder or builtin:tiny.");
        if (ref.starts_with(builtin_prefix)) return builtin_folder(paths_, ref.substr(builtin_prefix.size()));
        if (ref.starts_with(shape_prefix))
            engine::fail_input("'" + ref +
                               "' is a shape without weights, good for planning only. Give a model folder or "
                               "builtin:tiny.");
        return model_folder(ref);
    });
}

engine::Result<engine::ModelInfo> Workbench::inspect(const std::string& ref) const {
    if (ref.starts_with(shape_prefix)) return engine::inspect_shape(ref.substr(shape_prefix.size()));
    const auto folder = resolve_model(ref);
    if (!folder) return folder.error();
    const auto info = engine::inspect_model(*folder);
    const std::string name = hub_name_of(*folder);  // the folder of a snapshot is named by a hash
    if (!info || name.empty()) return info;
    engine::ModelInfo named = *info;
    named.name = name;
    return named;
}

void Workbench::remember_model(const std::string& ref) {
    if (ref.starts_with(shape_prefix)) return;
    std::string name = ref.starts_with(builtin_prefix) ? ref.substr(builtin_prefix.size()) : hub_name_of(ref);
    if (name.empty()) name = fs::path(ref).filename().string();
    catalog().touch_recent_model(ref, name);
}

std::vector<SampleData> Workbench::samples() const {
    constexpr std::string_view train = ".train.jsonl";
    std::vector<SampleData> samples;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(paths_.samples_dir(), error)) {
        const std::string file = entry.path().filename().string();
        if (!file.ends_with(train)) continue;
        const std::string stem = file.substr(0, file.size() - train.size());
        fs::path held_out = paths_.samples_dir() / (stem + ".held_out.jsonl");
        if (!fs::exists(held_out)) held_out.clear();
        samples.push_back({sample_title(stem), entry.path(), held_out});
    }
    std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.title < b.title; });
    return samples;
}

}  // namespace workbench
