// The micro models and data files that tests train on.
#pragma once

#include <QTemporaryDir>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "engine/train.h"
#include "support/device.h"

namespace support {

inline std::filesystem::path micro_model(const std::string& name) {
    return std::filesystem::path(LWB_SOURCE_DIR) / "tests" / "data" / name;
}

// Rows with a rule to learn: a colour for each animal.
inline std::filesystem::path write_rows(const QTemporaryDir& folder, int rows = 48) {
    static const char* const animals[] = {"cat", "dog", "hen", "cow", "fox", "owl"};
    static const char* const colours[] = {"red", "blue", "green", "white", "black", "brown"};
    const std::filesystem::path path = folder.filePath("rows.jsonl").toStdString();
    std::ofstream file(path);
    for (int i = 0; i < rows; ++i) {
        file << R"({"prompt": "animal )" << i << " : " << animals[i % 6] << R"(", "completion": "The )" << animals[i % 6]
             << " is " << colours[i % 6] << R"(."})" << "\n";
    }
    return path;
}

inline engine::ExperimentSpec micro_spec(const std::filesystem::path& data, const std::string& model = "micro-llama") {
    engine::ExperimentSpec spec;
    spec.name = "micro";
    spec.model = micro_model(model).string();
    spec.lora.rank = 4;
    spec.lora.alpha = 8;
    spec.lora.targets = engine::parse_targets("q,v");
    spec.data.train_path = data.string();
    spec.data.seq_len = 48;
    spec.data.held_out = 0.2;
    spec.optimizer.learning_rate = 5e-3;
    spec.steps = 12;
    spec.batch_size = 4;
    spec.eval_interval = 4;
    spec.device = test_device();
    return spec;
}

inline engine::TrainRequest micro_request(const engine::ExperimentSpec& spec, const std::filesystem::path& run_dir) {
    return {spec, spec.model, run_dir, false};
}

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class RecordingObserver : public engine::RunObserver {
  public:
    void on_event(const engine::Event& event) override {
        events.push_back(event);
        if (on_each) on_each(event);
    }
    template <class T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (const auto& event : events) {
            if (const auto* value = std::get_if<T>(&event)) found.push_back(*value);
        }
        return found;
    }
    std::vector<engine::Event> events;
    std::function<void(const engine::Event&)> on_each;
};

}  // namespace support
