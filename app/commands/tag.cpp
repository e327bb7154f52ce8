#include "command.h"
#include "records_json.h"

#include <algorithm>

namespace commands {

namespace {

struct TagCommand {
    std::string adapter;
    std::vector<std::string> add;
    std::vector<std::string> remove;
    std::optional<std::string> notes;
    std::optional<std::string> name;
    bool star = false;
    bool unstar = false;
};

int tag(const TagCommand& command, Session& session) {
    auto& catalog = session.workbench().catalog();
    const auto adapter = catalog.adapter(command.adapter);
    catalog.in_transaction([&] {
        auto tags = adapter.tags;
        for (const auto& tag : command.add)
            if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
        for (const auto& tag : command.remove) std::erase(tags, tag);
        if (tags != adapter.tags) catalog.set_tags(adapter.id, tags);
        if (command.notes) catalog.set_notes(adapter.id, *command.notes);
        if (command.name) catalog.rename_adapter(adapter.id, *command.name);
        if (command.star || command.unstar) catalog.set_starred(adapter.id, command.star);
    });
    const auto changed = catalog.adapter(adapter.id);
    if (session.json) {
        print_json(to_json(changed));
        return 0;
    }
    std::string line = changed.id + "  " + changed.name + (changed.starred ? "  starred" : "");
    for (const auto& tag : changed.tags) line += "  #" + tag;
    print_line(line);
    if (!changed.notes.empty()) print_line(changed.notes);
    return 0;
}

}  // namespace

void add_tag(CLI::App& app, Action& action) {
    auto options = std::make_shared<TagCommand>();
    auto* command = app.add_subcommand("tag", "Tags, notes, star and name of an adapter");
    command->add_option("adapter", options->adapter, "Adapter id or name")->required();
    command->add_option("tags", options->add, "Tags to add");
    command->add_option("--remove", options->remove, "Tags to take away")->delimiter(',');
    command->add_option("--notes", options->notes, "Replace the notes");
    command->add_option("--name", options->name, "Rename");
    auto* star = command->add_flag("--star", options->star, "Mark with a star");
    command->add_flag("--unstar", options->unstar, "Take the star away")->excludes(star);
    on_run(command, action, options, tag);
}

}  // namespace commands
