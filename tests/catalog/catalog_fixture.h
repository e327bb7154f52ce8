// What the catalog tests share: a folder of their own, sample records, and the error that a call throws.
#pragma once

#include <catalog/catalog.h>

#include <QTemporaryDir>

#include <optional>
#include <string>

// The error thrown by call; nothing when it returns.
template <class Call>
std::optional<catalog::Error> error_of(Call call) {
    try {
        call();
    } catch (const catalog::Error& error) {
        return error;
    }
    return std::nullopt;
}

// True when call throws this code with a sentence that mentions the part and ends as a sentence does.
template <class Call>
bool throws(catalog::ErrorCode code, const std::string& part, Call call) {
    const auto error = error_of(call);
    if (!error) return false;
    const std::string message = error->what();
    const bool told = message.find(part) != std::string::npos && message.back() == '.';
    if (error->code() != code || !told)
        qWarning("code %d: %s", static_cast<int>(error->code()), message.c_str());
    return error->code() == code && told;
}

class CatalogFolder {
  public:
    std::filesystem::path path(const char* name = "catalog.db") const {
        return std::filesystem::path(folder_.path().toStdString()) / name;
    }

  private:
    QTemporaryDir folder_;
};

inline catalog::RunRecord sample_run(const std::string& name = "e2e r8") {
    catalog::RunRecord run;
    run.name = name;
    run.spec_json = R"({"rank": 8})";
    run.model_ref = "builtin:tiny";
    run.model_name = "tiny";
    run.model_hash = "sha256:aa";
    run.data_path = "/data/train.jsonl";
    run.data_hash = "sha256:bb";
    run.method = "lora";
    run.rank = 8;
    run.alpha = 16.0;
    run.targets = "q,v";
    run.seed = 42;
    run.trainable_params = 294912;
    run.total_params = 124439808;
    run.total_steps = 300;
    run.run_dir = "/runs/1";
    run.program_version = "0.1.0";
    run.libtorch_version = "1.13.1";
    run.device = "cpu";
    run.dtype = "f32";
    return run;
}

inline catalog::AdapterRecord sample_adapter(const std::string& name = "q,v r8") {
    catalog::AdapterRecord adapter;
    adapter.name = name;
    adapter.path = "/adapters/" + name;
    adapter.size_bytes = 1180000;
    adapter.hash = "sha256:cc";
    adapter.method = "lora";
    adapter.rank = 8;
    adapter.alpha = 16.0;
    adapter.scaling = 2.0;
    adapter.targets = "q,v";
    adapter.model_ref = "/models/gpt2";
    adapter.model_name = "gpt2";
    adapter.model_hash = "sha256:aa";
    adapter.trainable_params = 294912;
    adapter.train_loss = 1.5;
    adapter.eval_loss = 1.75;
    adapter.step = 300;
    adapter.seed = 42;
    return adapter;
}

inline std::vector<std::string> ids_of(const auto& records) {
    std::vector<std::string> ids;
    for (const auto& record : records) ids.push_back(record.id);
    return ids;
}

inline std::vector<std::string> names_of(const auto& records) {
    std::vector<std::string> names;
    for (const auto& record : records) names.push_back(record.name);
    return names;
}

using Texts = std::vector<std::string>;
