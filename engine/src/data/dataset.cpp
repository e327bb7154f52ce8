#include "data/dataset.h"

#include "data/encoder.h"
#include "data/rows.h"
#include "data/seeded.h"

#include <engine/error.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace engine {
namespace {

[[noreturn]] void fail_bad_rows(const std::filesystem::path& file, std::vector<BadRow> bad_rows) {
    std::stable_sort(bad_rows.begin(), bad_rows.end(),
                     [](const BadRow& a, const BadRow& b) { return a.line < b.line; });
    std::string message = "The data file '" + file.string() + "' has " + std::to_string(bad_rows.size()) +
                          (bad_rows.size() == 1 ? " problem. " : " problems. ");
    for (std::size_t i = 0; i < bad_rows.size() && i < 3; ++i) {
        const BadRow& row = bad_rows[i];
        message += file.filename().string() + ":" + std::to_string(row.line) + ": " + row.field + " " +
                   row.reason + ". ";
    }
    if (bad_rows.size() > 3) message += "And " + std::to_string(bad_rows.size() - 3) + " more. ";
    fail_input(message + "Correct or remove these rows.");
}

// Groups of rows that are kept back.
std::vector<std::uint64_t> choose_groups(const std::map<std::uint64_t, std::int64_t>& sizes,
                                         std::int64_t rows, double fraction, std::uint64_t seed) {
    const auto target = std::max<std::int64_t>(1, std::llround(fraction * static_cast<double>(rows)));
    std::vector<std::pair<std::uint64_t, std::uint64_t>> order;  // random key, group
    for (const auto& [group, size] : sizes) order.emplace_back(derive_seed(seed, "held-out", group), group);
    std::sort(order.begin(), order.end());

    std::vector<std::uint64_t> chosen;
    std::int64_t taken = 0;
    for (const auto& [key, group] : order) {
        if (taken >= target || chosen.size() + 1 == sizes.size()) break;
        const std::int64_t size = sizes.at(group);
        if (taken + size > 2 * target) continue;  // one prompt with very many rows
        chosen.push_back(group);
        taken += size;
    }
    if (chosen.empty())
        chosen.push_back(std::min_element(sizes.begin(), sizes.end(), [](const auto& a, const auto& b) {
                             return a.second < b.second;
                         })->first);
    return chosen;
}

}  // namespace

void count_tokens(Dataset& dataset) {
    dataset.trained_tokens = 0;
    dataset.largest_id = -1;
    dataset.longest_row = 0;
    for (const Example& example : dataset.examples) {
        dataset.trained_tokens +=
            std::accumulate(example.trained.begin(), example.trained.end(), std::int64_t{0});
        for (const std::int32_t id : example.ids) dataset.largest_id = std::max(dataset.largest_id, id);
        dataset.longest_row = std::max(dataset.longest_row, static_cast<std::int64_t>(example.ids.size()));
    }
}

Dataset load_dataset(const std::filesystem::path& file, const Tokenizer& tokenizer, const RowFormat& format,
                     std::int64_t seq_len, std::stop_token stop) {
    const RowEncoder encoder(tokenizer, format, seq_len);
    RowFile rows = read_rows(file, stop);
    Dataset dataset;
    dataset.format = format_name(rows.kind);
    dataset.content_hash = rows.content_hash;
    encoder.encode(
        rows, [&](EncodedRow&& row) { dataset.examples.push_back(example_of(std::move(row), seq_len)); },
        [&](BadRow&& bad) { rows.bad_rows.push_back(std::move(bad)); },
        [&] {
            if (stop.stop_requested()) fail_interrupted(file);
        });
    if (!rows.bad_rows.empty()) fail_bad_rows(file, std::move(rows.bad_rows));
    count_tokens(dataset);
    return dataset;
}

Split split_held_out(Dataset dataset, double fraction, std::uint64_t seed) {
    std::map<std::uint64_t, std::int64_t> sizes;
    for (const Example& example : dataset.examples) ++sizes[example.group];
    Split split;
    split.held_out.format = dataset.format;
    split.held_out.content_hash = dataset.content_hash;
    if (fraction > 0 && sizes.size() > 1) {
        std::vector<std::uint64_t> chosen =
            choose_groups(sizes, static_cast<std::int64_t>(dataset.examples.size()), fraction, seed);
        std::sort(chosen.begin(), chosen.end());
        std::vector<Example> kept;
        for (Example& example : dataset.examples) {
            const bool back = std::binary_search(chosen.begin(), chosen.end(), example.group);
            (back ? split.held_out.examples : kept).push_back(std::move(example));
        }
        dataset.examples = std::move(kept);
    }
    split.train = std::move(dataset);
    count_tokens(split.train);
    count_tokens(split.held_out);
    return split;
}

}  // namespace engine
