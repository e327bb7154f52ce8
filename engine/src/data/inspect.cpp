#include "data/encoder.h"
#include "data/labelled.h"
#include "data/labelled_rows.h"
#include "data/preview.h"
#include "data/rows.h"
#include "spec/attempt.h"

#include <engine/data.h>

#include <algorithm>

namespace engine {
namespace {

PreviewRow preview_of(const EncodedRow& row, const Tokenizer& tokenizer, std::int64_t seq_len) {
    PreviewRow preview;
    preview.line = row.line;
    const auto size = std::min(static_cast<std::int64_t>(row.ids.size()), most_preview_tokens);
    for (std::int64_t i = 0; i < size; ++i) {
        const std::int32_t id = row.ids[static_cast<std::size_t>(i)];
        const bool cut = i >= seq_len;
        preview.tokens.push_back(
            {id, preview_text(tokenizer, id), row.trained[static_cast<std::size_t>(i)] != 0 && !cut, cut});
    }
    return preview;
}

void add_tokens(DataReport& report, const RowFile& rows, const DataRequest& request, std::stop_token stop) {
    const Tokenizer tokenizer = Tokenizer::load(request.model).value();
    const RowEncoder encoder(tokenizer, {request.prompt_template, request.model, request.chat_template},
                             request.seq_len);
    report.trained_on = trained_part(rows.kind);
    if (rows.kind == RowKind::chat)
        report.chat_template = ChatTemplate::load(request.model, request.chat_template).value().source();
    std::vector<std::int64_t> lengths;
    report.rows = 0;
    encoder.encode(
        rows,
        [&](EncodedRow&& row) {
            const auto length = static_cast<std::int64_t>(row.ids.size());
            const std::int64_t kept = std::min(length, request.seq_len);
            ++report.rows;
            report.total_tokens += length;
            report.trained_tokens +=
                std::count(row.trained.begin(), row.trained.begin() + kept, std::uint8_t{1});
            report.truncated_tokens += length - kept;
            report.truncated_rows += length > kept;
            report.longest_row = std::max(report.longest_row, length);
            lengths.push_back(length);
            if (static_cast<std::int64_t>(report.preview.size()) < request.preview_rows)
                report.preview.push_back(preview_of(row, tokenizer, request.seq_len));
        },
        [&](BadRow&& bad) { report.bad_rows.push_back(std::move(bad)); },
        [&] {
            if (stop.stop_requested()) fail_interrupted(request.file);
        });
    report.length_histogram = histogram_of(lengths);
    report.tokenized = true;
}

}  // namespace

Result<DataReport> inspect_data(const DataRequest& request, std::stop_token stop) {
    return attempt([&] {
        if (request.task != Task::causal_lm) return inspect_labelled(request);
        RowFile rows = read_rows(request.file, stop);
        DataReport report;
        report.format = format_name(rows.kind);
        report.has_conversations = rows.kind == RowKind::chat;
        report.rows = static_cast<std::int64_t>(rows.rows.size());
        report.bad_rows = std::move(rows.bad_rows);
        report.labels_suit = task_of_labels(request.file);
        if (!request.model.empty()) add_tokens(report, rows, request, stop);
        std::stable_sort(report.bad_rows.begin(), report.bad_rows.end(),
                         [](const BadRow& a, const BadRow& b) { return a.line < b.line; });
        return report;
    });
}

}  // namespace engine
