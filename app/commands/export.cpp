#include "command.h"
#include "export_adapter.h"
#include "format.h"
#include "records_json.h"

namespace commands {

namespace {

struct ExportCommand {
    std::string adapter;
    std::string model;
    std::string format = "hf";
    std::optional<std::string> dtype;
    std::string out;
    int64_t shard_bytes = engine::ExportRequest{}.max_shard_bytes;
};

int export_command(const ExportCommand& command, Session& session) {
    engine::ExportRequest request;
    request.format = engine::export_format_from(command.format).value();
    if (command.dtype) request.dtype = engine::stored_dtype_from(*command.dtype).value();
    request.out = command.out;
    request.max_shard_bytes = command.shard_bytes;
    const auto report = export_adapter(session, command.adapter, request, command.model);
    if (session.json) {
        print_json(to_json(report));
    } else {
        Facts facts;
        facts.add("Written", report.path.string() + " (" + bytes_text(report.bytes) + ")");
        facts.add("Self-test", report.self_test.verdict);
        for (const auto& note : report.notes) facts.add("Note", note);
        facts.print();
    }
    return report.self_test.passed ? 0 : exit_code(engine::ErrorCode::failed);
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
    auto options = std::make_shared<ExportCommand>();
    auto* command =
        app.add_subcommand("export", "Write an adapter for other programs, and test what was written");
    command->add_option("adapter", options->adapter, "Catalog id, name or PEFT folder")->required();
    command->add_option("--format", options->format,
                        "peft (adapter folder), hf (merged model folder; default), gguf (merged model for "
                        "llama.cpp) or gguf-adapter");
    command->add_option("--out", options->out, "Folder to make; for GGUF also a file NAME.gguf")->required();
    command->add_option("--dtype", options->dtype,
                        "f32, f16, bf16 or (GGUF) q8_0, of merged weights (default: as the base)");
    command->add_option("--model", options->model, "Base model, for an adapter that does not name its own");
    command->add_option("--max-shard-bytes", options->shard_bytes,
                        "Split merged weights into files of this size");
    on_run(command, action, options, export_command);
}

}  // namespace commands
