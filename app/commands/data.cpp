#include "command.h"
#include "format.h"
#include "output.h"
#include "spec_options.h"

#include <algorithm>

namespace commands {

namespace {

struct DataCommand {
    std::string file;
    std::string model;
    std::string prompt_template = engine::DataConfig{}.prompt_template;
    std::string chat_template;
    std::string task;
    std::optional<int64_t> seq_len;
    int64_t preview = 0;
};

Json preview_json(const std::vector<engine::PreviewRow>& rows) {
    Json list = Json::array();
    for (const auto& row : rows) {
        Json tokens = Json::array();
        for (const auto& token : row.tokens)
            tokens.push_back(
                {{"id", token.id}, {"text", token.text}, {"trained", token.trained}, {"cut", token.cut}});
        list.push_back({{"line", row.line}, {"tokens", tokens}});
        if (!row.label.empty()) list.back().update({{"label", row.label}, {"cut_tokens", row.cut_tokens}});
    }
    return list;
}

// The text of each row, what is trained between two marks, what is cut off left out.
void print_preview(const std::vector<engine::PreviewRow>& rows) {
    for (const auto& row : rows) {
        std::string text;
        bool inside = false;
        const auto mark = [&](bool trained) {
            if (trained != inside) text += trained ? "«" : "»";
            inside = trained;
        };
        for (const auto& token : row.tokens) {
            if (token.cut) break;
            mark(token.trained);
            text += token.text;
        }
        mark(false);
        print_line("");
        print_line("line " + std::to_string(row.line) +
                   (row.label.empty() ? ", trained between « and »:" : ", label " + row.label + ":"));
        print_line(text);
    }
}

Json report_json(const engine::DataReport& report) {
    Json bad_rows = Json::array();
    for (const auto& bad : report.bad_rows)
        bad_rows.push_back({{"line", bad.line}, {"field", bad.field}, {"reason", bad.reason}});
    Json histogram = Json::array();
    for (const auto& bin : report.length_histogram)
        histogram.push_back({{"from", bin.from}, {"to", bin.to}, {"rows", bin.rows}});
    Json json{{"format", report.format}, {"rows", report.rows}, {"bad_rows", bad_rows}};
    json["tokens"] = report.tokenized ? Json{{"total", report.total_tokens},
                                             {"trained", report.trained_tokens},
                                             {"truncated", report.truncated_tokens},
                                             {"truncated_rows", report.truncated_rows},
                                             {"longest_row", report.longest_row}}
                                      : Json();
    json["length_histogram"] = histogram;
    for (const auto& label : report.labels) json["labels"][label.name] = label.rows;
    if (report.label_range)
        json["label_range"] = {{"least", report.label_range->least},
                               {"most", report.label_range->most},
                               {"mean", report.label_range->mean}};
    if (report.tokenized) json["trained_on"] = report.trained_on;
    if (!report.preview.empty()) json["preview"] = preview_json(report.preview);
    if (!report.chat_template.empty()) json["chat_template"] = report.chat_template;
    return json;
}

void print_histogram(const std::vector<engine::HistogramBin>& bins) {
    constexpr int64_t width = 40;
    int64_t most = 1;
    for (const auto& bin : bins) most = std::max(most, bin.rows);
    Table table({"TOKENS", "ROWS", ""});
    for (const auto& bin : bins)
        table.add({std::to_string(bin.from) + "-" + std::to_string(bin.to - 1), count_text(bin.rows),
                   std::string(static_cast<std::size_t>(bin.rows * width / most), '#')});
    table.print();
}

void print_report(const engine::DataReport& report) {
    Facts facts;
    facts.add("Format", report.format);
    facts.add("Rows", count_text(report.rows));
    facts.add("Bad rows", count_text(static_cast<int64_t>(report.bad_rows.size())));
    for (const auto& label : report.labels) facts.add("  " + label.name, count_text(label.rows));
    if (report.label_range)
        facts.add("Labels", number_text(report.label_range->least) + " to " + number_text(report.label_range->most) +
                                ", mean " + number_text(report.label_range->mean));
    if (report.tokenized) {
        facts.add("Tokens", count_text(report.total_tokens));
        facts.add("Trained on", count_text(report.trained_tokens) + ": " + report.trained_on);
        if (!report.chat_template.empty()) facts.add("Chat template", report.chat_template);
        facts.add("Cut off",
                  count_text(report.truncated_tokens) + " in " + count_text(report.truncated_rows) + " rows");
        facts.add("Longest row", count_text(report.longest_row) + " tokens");
    }
    facts.print();
    for (const auto& bad : report.bad_rows)
        print_line("line " + std::to_string(bad.line) + (bad.field.empty() ? "" : ", " + bad.field) + ": " +
                   bad.reason);
    print_preview(report.preview);
    if (report.length_histogram.empty()) return;
    print_line("");
    print_histogram(report.length_histogram);
}

int inspect_data(const DataCommand& command, Session& session) {
    engine::DataRequest request;
    request.file = command.file;
    request.prompt_template = command.prompt_template;
    request.chat_template = command.chat_template;
    request.preview_rows = command.preview;
    if (!command.model.empty()) {
        request.model = session.workbench().resolve_model(command.model).value();
        request.seq_len = default_seq_len(session.workbench(), command.model);
    }
    if (!command.task.empty()) request.task = engine::task_from(command.task).value();
    if (command.seq_len) request.seq_len = *command.seq_len;
    const auto report = engine::inspect_data(request, session.stop_token()).value();
    if (session.json)
        print_json(report_json(report));
    else
        print_report(report);
    return 0;
}

}  // namespace

void add_data(CLI::App& app, Action& action) {
    auto options = std::make_shared<DataCommand>();
    auto* command = app.add_subcommand("data", "Check a data file: format, every bad row, tokens");
    command
        ->add_option("file", options->file, "JSONL with prompt/completion, messages or text, or plain text")
        ->required();
    command->add_option("--model", options->model, "Count tokens with this model's tokenizer");
    command->add_option("--template", options->prompt_template,
                        "Text in front of the completion, with {prompt}");
    command->add_option("--chat-template", options->chat_template,
                        "Jinja file for conversations (default: the model's own)");
    command->add_option("--task", options->task,
                        "causal_lm, or classification, multi_label or regression for rows with a label");
    command->add_option("--seq-len", options->seq_len, "Longest row in tokens (default 256, or the context)");
    command
        ->add_option("--preview", options->preview, "With --model: show this many rows, and what is trained")
        ->check(CLI::Range(0, 1000));
    on_run(command, action, options, inspect_data);
}

}  // namespace commands
