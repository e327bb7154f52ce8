#pragma once

#include "builtin/rng.h"
#include "builtin/samples.h"

namespace builtin {

using Choices = std::vector<std::string_view>;

// One row of each task.
SampleRow table_to_text_row(Rng& rng);
SampleRow topic_label_row(Rng& rng);
SampleRow polite_rewrite_row(Rng& rng);

}  // namespace builtin
