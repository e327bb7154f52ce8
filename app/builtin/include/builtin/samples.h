#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace builtin {

struct SampleRow {
    std::string prompt, completion;
};

// A small task to fine-tune on. No prompt of `held_out` occurs in `train`.
struct SampleTask {
    std::string name;  // stem of its files: <name>.train.jsonl, <name>.held_out.jsonl
    std::vector<SampleRow> train, held_out;
};

// The three tasks of resources/samples: table_to_text, topic_labels, polite_rewrite. Always the same rows.
std::vector<SampleTask> make_samples();

// JSON Lines with the keys prompt and completion.
std::string to_jsonl(const std::vector<SampleRow>& rows);

}  // namespace builtin
