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

// Failure (bad_input) for a classifier; doing: what only a model that writes text can do, such as "Generating".
void require_text_model(const Architecture& architecture, const std::string& doing);

}  // namespace engine
