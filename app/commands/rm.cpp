#include "command.h"
#include "output.h"

namespace commands {

namespace {

struct RmCommand {
    std::vector<std::string> ids;
    bool forever = false;
    bool restore = false;
    bool empty_trash = false;
};

struct Found {
    std::string id;
    std::string name;
    bool is_run = false;
    bool trashed = false;
};

// Everything is looked up before anything is removed, so that a mistyped last id changes nothing.
Found find(catalog::Catalog& catalog, const std::string& ref) {
    try {
        const auto adapter = catalog.adapter(ref);
        return {adapter.id, adapter.name, false, adapter.trashed};
    } catch (const catalog::Error& error) {
        if (error.code() != catalog::ErrorCode::not_found) throw;
    }
    try {
        const auto run = catalog.run(ref);
        return {run.id, run.name, true, false};
    } catch (const catalog::Error& error) {
        if (error.code() != catalog::ErrorCode::not_found) throw;
    }
    engine::fail_input("Neither an adapter nor a run answers to '" + ref +
                       "'. 'lwb adapters' and 'lwb runs' list what there is.");
}

std::string remove(workbench::Workbench& workbench, const Found& found, const RmCommand& command) {
    auto& catalog = workbench.catalog();
    if (found.is_run) {
        if (command.restore)
            engine::fail_input("Run " + found.id + " '" + found.name +
                               "' cannot be restored: only adapters go to the trash.");
        (void)workbench.remove_run(found.id).value();
        return "removed";
    }
    if (command.restore) {
        catalog.restore_adapter(found.id);
        return "restored";
    }
    if (!found.trashed) catalog.trash_adapter(found.id);
    if (!command.forever) return "trashed";
    (void)workbench.empty_trash(found.id).value();
    return "removed";
}

int rm(const RmCommand& command, Session& session) {
    if (command.ids.empty() && !command.empty_trash)
        engine::fail_input("Nothing to remove is named. Give ids or names, or --empty-trash.");
    auto& workbench = session.workbench();
    std::vector<Found> all;
    for (const auto& ref : command.ids) all.push_back(find(workbench.catalog(), ref));
    Json done = Json::array();
    for (const auto& found : all) {
        const std::string what = remove(workbench, found, command);
        done.push_back({{"id", found.id}, {"name", found.name}, {"action", what}});
        if (!session.json) print_line(found.id + "  " + found.name + "  " + what);
    }
    int64_t emptied = 0;
    if (command.empty_trash) emptied = workbench.empty_trash().value();
    if (session.json)
        print_json({{"done", done}, {"trash_emptied", emptied}});
    else if (command.empty_trash)
        print_line(std::to_string(emptied) + " adapters removed from the trash");
    return 0;
}

}  // namespace

void add_rm(CLI::App& app, Action& action) {
    auto options = std::make_shared<RmCommand>();
    auto* command = app.add_subcommand("rm", "Put adapters into the trash, remove runs");
    command->add_option("ids", options->ids, "Ids or names of adapters and runs");
    auto* forever = command->add_flag("--forever", options->forever, "Past the trash: files and records go");
    command->add_flag("--restore", options->restore, "Take adapters out of the trash")->excludes(forever);
    command->add_flag("--empty-trash", options->empty_trash, "Remove everything in the trash for ever");
    on_run(command, action, options, rm);
}

}  // namespace commands
