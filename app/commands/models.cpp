#include "command.h"
#include "format.h"
#include "output.h"

namespace commands {

namespace {

struct ModelsCommand {};

int models(const ModelsCommand&, Session& session) {
    const auto entries = session.workbench().models();
    if (session.json) {
        Json list = Json::array();
        for (const auto& model : entries)
            list.push_back({{"model", model.ref},
                            {"name", model.name},
                            {"path", model.path.string()},
                            {"builtin", model.builtin},
                            {"cached", model.cached},
                            {"last_used", model.last_used > 0 ? Json(model.last_used) : Json()}});
        print_json({{"models", list}});
        return 0;
    }
    Table table({"MODEL", "LAST USED", "FOLDER"});
    for (const auto& model : entries)
        table.add({model.cached ? model.name : model.ref, time_text(model.last_used), model.path.string()});
    if (table.empty())
        print_line("No model has been used yet. Give any command a model folder.");
    else
        table.print();
    return 0;
}

}  // namespace

void add_models(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("models", "List built-in and recently used models and those of the Hugging Face cache");
    on_run(command, action, std::make_shared<ModelsCommand>(), models);
}

}  // namespace commands
