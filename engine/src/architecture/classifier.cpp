#include "architecture/classifier.h"

#include "architecture/families.h"

#include "io/file.h"
#include "io/json.h"
#include "io/presence.h"
#include "io/safetensors.h"

#include <engine/error.h>

namespace engine {
namespace {

constexpr std::int64_t most_labels = 1 << 20;

std::vector<std::string> read_label_names(const ConfigFields& config) {
    const Json* names = config.object("id2label");
    if (!names) return {};
    std::vector<std::string> labels(names->size());
    std::vector<bool> found(names->size());
    for (const auto& [id, name] : names->items()) {
        const bool number =
            !id.empty() && id.size() < 8 && id.find_first_not_of("0123456789") == std::string::npos;
        const std::size_t index = number ? std::stoul(id) : names->size();
        if (index >= names->size() || found[index] || !name.is_string())
            config.refuse("id2label", "it must give each of the labels 0, 1, 2, ... one name.");
        labels[index] = name.get<std::string>();
        found[index] = true;
    }
    return labels;
}

}  // namespace

const char* name_of(Problem problem) {
    switch (problem) {
        case Problem::by_labels:
            return "";
        case Problem::single_label:
            return "single_label_classification";
        case Problem::multi_label:
            return "multi_label_classification";
        case Problem::regression:
            return "regression";
    }
    return "";
}

Classifier read_classifier(const ConfigFields& config) {
    Classifier classifier;
    classifier.label_names = read_label_names(config);
    const auto named = static_cast<std::int64_t>(classifier.label_names.size());
    classifier.labels = config.integer("num_labels", named > 0 ? named : 2, 1, most_labels);
    if (named > 0 && named != classifier.labels)
        config.refuse("num_labels", "id2label names " + std::to_string(named) + " labels.");
    const std::string problem = config.text("problem_type", {});
    for (const Problem known :
         {Problem::by_labels, Problem::single_label, Problem::multi_label, Problem::regression})
        if (problem == name_of(known)) {
            classifier.problem = known;
            return classifier;
        }
    config.refuse("problem_type",
                  "known are single_label_classification, multi_label_classification and regression.");
}

Architecture with_classifier(Architecture architecture, Classifier classifier) {
    const std::string source = "the model";
    const Family& family = family_of(architecture.family, source);
    architecture.class_name = family.classifier_class;
    architecture.classifier = std::move(classifier);
    if (!architecture.encoder) {
        architecture.lm_head = "score";
        architecture.head_bias = false;
        architecture.tied_embeddings = false;
    }
    return architecture;
}

std::vector<std::string> head_modules(const Architecture& architecture,
                                      const std::function<bool(const std::string& tensor)>& stored) {
    std::vector<std::string> modules = {architecture.encoder ? "classifier" : "score"};
    const bool own = !architecture.head_dense.empty() && !architecture.head_dense.starts_with("classifier.");
    // A pooler that starts anew must be saved, or nobody could compute the same again.
    if (own && !stored(architecture.head_dense + ".weight")) modules.push_back("pooler");
    return modules;
}

void put_labels(Json& config, const Classifier& classifier) {
    if (classifier.problem != Problem::by_labels) config["problem_type"] = name_of(classifier.problem);
    config["id2label"] = Json::object();
    config["label2id"] = Json::object();
    for (std::int64_t i = 0; i < classifier.labels; ++i) {
        const std::string name = classifier.label_names.empty() ? "LABEL_" + std::to_string(i)
                                                                : classifier.label_names[static_cast<std::size_t>(i)];
        config["id2label"][std::to_string(i)] = name;
        config["label2id"][name] = i;
    }
    config.erase("num_labels");
}

void write_classifier(const Classifier& classifier, const std::filesystem::path& adapter) {
    Json config = Json::object();
    put_labels(config, classifier);
    make_folder(adapter);
    atomic_write_text(adapter / classifier_file, dump_json(config) + "\n");
}

namespace {

// The rows of the trained head among the tensors of a PEFT folder; 0 when it has none.
std::int64_t saved_labels(const Architecture& architecture, const std::filesystem::path& adapter) {
    const std::filesystem::path file = adapter / "adapter_model.safetensors";
    if (!is_listed(file)) return 0;
    const std::string head = "base_model.model." + (architecture.encoder ? architecture.lm_head : "score") + ".";
    const SafetensorsFile tensors = SafetensorsFile::open(file);
    for (const TensorEntry& entry : tensors.entries()) {
        // "classifier.weight", or as older versions wrote it "classifier.modules_to_save.default.weight".
        const std::string_view name = entry.name;
        const bool weight = name.starts_with(head) && name.ends_with("weight") && entry.shape.size() == 2;
        const auto inside = weight ? name.substr(head.size()) : std::string_view();
        if (inside == "weight" || inside.starts_with("modules_to_save.")) return entry.shape[0];
    }
    return 0;
}

// PEFT's own folders count no labels, but the head that was trained is among their tensors. Its labels have names where a
// config.json beside it, or that of the base model, has as many of them.
Architecture with_saved_head(Architecture architecture, const std::filesystem::path& adapter) {
    if (architecture.classifier && !architecture.classifier->may_be_absent) return architecture;
    const std::int64_t labels = saved_labels(architecture, adapter);
    if (labels == 0) return architecture;
    Classifier classifier = architecture.classifier.value_or(Classifier{});
    if (is_listed(adapter / "config.json")) {
        const Json config = read_json_file(adapter / "config.json", 16 << 20);
        if (config.is_object()) {
            Classifier beside = read_classifier(ConfigFields(config, "'" + (adapter / "config.json").string() + "'"));
            if (beside.labels == labels) classifier = std::move(beside);
        }
    }
    if (classifier.labels != labels) classifier.label_names.clear();
    classifier.labels = labels;
    classifier.may_be_absent = true;  // from the base model, which has none
    return with_classifier(std::move(architecture), std::move(classifier));
}

}  // namespace

Architecture read_architecture(const std::filesystem::path& model, const std::filesystem::path& adapter) {
    Architecture architecture = read_architecture(model);
    if (adapter.empty()) return architecture;
    if (!is_listed(adapter / classifier_file))
        return with_saved_head(std::move(architecture), adapter);
    const Json config = read_json_file(adapter / classifier_file);
    const std::string source = "'" + (adapter / classifier_file).string() + "'";
    if (!config.is_object()) fail_input(source + " does not hold a JSON object.");
    Classifier classifier = read_classifier(ConfigFields(config, source));
    if (architecture.classifier) classifier.may_be_absent = architecture.classifier->may_be_absent;
    return with_classifier(std::move(architecture), std::move(classifier));
}

void require_text_model(const Architecture& architecture, const std::string& doing) {
    if (!architecture.classifier) return;
    fail_input(doing + " needs a model that writes text; " + architecture.class_name +
               " puts texts into classes. Choose a model that predicts the next token.");
}

}  // namespace engine
