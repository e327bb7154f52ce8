// Heads that put a text into classes or give it a number, and how config.json describes them.
#pragma once

#include "architecture/architecture.h"
#include "architecture/config_fields.h"

namespace engine {

// num_labels, id2label and problem_type. Absent: two labels.
Classifier read_classifier(const ConfigFields& config);

// The encoder or decoder with this head in the place of its own; the class is the family's
// ...ForSequenceClassification.
Architecture with_classifier(Architecture architecture, Classifier classifier);

// The modules of the head that are trained and saved in full with an adapter, by the names that PEFT's entries have.
// Of a model that writes text: of the head it would get. stored: whether the files of the model have a tensor.
std::vector<std::string> head_modules(const Architecture& architecture,
                                      const std::function<bool(const std::string& tensor)>& stored);

// The head that a run gave a base model, kept beside its adapter: PEFT folders say nothing of labels. Reading gives the
// description of model with that head; with the one that is saved among the tensors of a PEFT folder of other software,
// whose rows are counted; or as the files of the model say where the adapter brings none (or there is no adapter).
inline constexpr const char* classifier_file = "classifier.json";
void write_classifier(const Classifier& classifier, const std::filesystem::path& adapter);
Architecture read_architecture(const std::filesystem::path& model, const std::filesystem::path& adapter);
// The labels as fields of a config.json.
void put_labels(Json& config, const Classifier& classifier);

// Failure (bad_input) for a classifier; doing: what only a model that writes text can do, such as "Generating".
void require_text_model(const Architecture& architecture, const std::string& doing);

}  // namespace engine
