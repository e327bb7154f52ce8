#include "data/encoder.h"
#include "data/labelled.h"
#include "data/rows.h"
#include "spec/attempt.h"
#include "tokenizer/text.h"

#include <engine/data.h>

#include <algorithm>
#include <cstdio>

namespace engine {
namespace {

constexpr std::int64_t most_bins = 24;
constexpr std::int64_t most_preview_tokens = 4096;  // a preview is for the eye

// Bytes as text: what is no complete character as \xNN.
std::string readable(std::string_view bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size();) {
        std::size_t length = 1;
        const auto lead = static_cast<unsigned char>(bytes[i]);
        if (lead >= 0xc2) length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        const std::string_view part = bytes.substr(i, length);
        if (part.size() == length && (lead < 0x80 || length > 1) && valid_utf8(part) == part) {
            text += part;
        } else {
            char escaped[5];
            std::snprintf(escaped, sizeof escaped, "\\x%02X", lead);
            text += escaped;
            length = 1;
        }
        i += length;
    }
    return text;
}

PreviewRow preview_of(const EncodedRow& row, const Tokenizer& tokenizer, std::int64_t seq_len) {
    PreviewRow preview;
    preview.line = row.line;
    const auto size = std::min(static_cast<std::int64_t>(row.ids.size()), most_preview_tokens);
    for (std::int64_t i = 0; i < size; ++i) {
        const std::int32_t id = row.ids[static_cast<std::size_t>(i)];
        std::string text = tokenizer.is_special(id) ? std::string() : readable(tokenizer.piece_text(id));
        if (text.empty()) text = tokenizer.token(id);
        const bool cut = i >= seq_len;
        preview.tokens.push_back(
            {id, std::move(text), row.trained[static_cast<std::size_t>(i)] != 0 && !cut, cut});
    }
    return preview;
}

// At most most_bins bins of a width 1, 2 or 5 times a power of ten.
std::vector<HistogramBin> histogram_of(const std::vector<std::int64_t>& lengths) {
    if (lengths.empty()) return {};
    const std::int64_t longest = *std::max_element(lengths.begin(), lengths.end());
    std::int64_t width = 1;
    for (int step = 0; longest / width >= most_bins; ++step)
        width = step % 3 == 1 ? width / 2 * 5 : width * 2;
    std::vector<HistogramBin> bins;
    for (std::int64_t from = 0; from <= longest; from += width) bins.push_back({from, from + width, 0});
    for (const std::int64_t length : lengths) ++bins[static_cast<std::size_t>(length / width)].rows;
    return bins;
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
        if (!request.model.empty()) add_tokens(report, rows, request, stop);
        std::stable_sort(report.bad_rows.begin(), report.bad_rows.end(),
                         [](const BadRow& a, const BadRow& b) { return a.line < b.line; });
        return report;
    });
}

}  // namespace engine
