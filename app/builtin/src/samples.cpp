#include "builtin/samples.h"

#include "json_text.h"
#include "sample_tasks.h"

#include <cstdint>
#include <unordered_set>

namespace builtin {
namespace {

// Prompts are drawn without repetition; the last ones become the held-out rows, so both come from one
// distribution.
SampleTask draw(std::string name, std::uint64_t seed, SampleRow (*row)(Rng&), std::size_t train,
                std::size_t held_out) {
    Rng rng(seed);
    SampleTask task{std::move(name), {}, {}};
    std::unordered_set<std::string> seen;
    while (task.held_out.size() < held_out) {
        SampleRow next = row(rng);
        if (!seen.insert(next.prompt).second) continue;
        (task.train.size() < train ? task.train : task.held_out).push_back(std::move(next));
    }
    return task;
}

}  // namespace

std::vector<SampleTask> make_samples() {
    return {draw("table_to_text", 101, table_to_text_row, 800, 120),
            draw("topic_labels", 102, topic_label_row, 1000, 150),
            draw("polite_rewrite", 103, polite_rewrite_row, 1000, 130)};
}

std::string to_jsonl(const std::vector<SampleRow>& rows) {
    std::string out;
    for (const SampleRow& row : rows) {
        out += "{\"prompt\": \"" + json_escaped(row.prompt) + "\", \"completion\": \"" +
               json_escaped(row.completion) + "\"}\n";
    }
    return out;
}

}  // namespace builtin
