#include "command.h"
#include "format.h"
#include "records_json.h"

#include <workbench/run_log.h>

namespace commands {

namespace {

struct ShowCommand {
    std::string id;
    bool spec = false;
    bool log = false;
};

Json spec_json(const catalog::RunRecord& run) {
    return Json::parse(run.spec_json, nullptr, false);
}

std::vector<catalog::AdapterRecord> adapters_of(catalog::Catalog& catalog, const std::string& run_id) {
    catalog::AdapterFilter filter;
    filter.scope = catalog::AdapterScope::all;
    filter.run_id = run_id;
    return catalog.adapters(filter);
}

Json run_json(catalog::Catalog& catalog, const catalog::RunRecord& run) {
    Json json = to_json(run);
    json["spec"] = spec_json(run);
    Json metrics = Json::object();
    for (const auto& last : catalog.last_points(run.id))
        metrics[last.key] = {{"step", last.point.step}, {"value", last.point.value}};
    json["last_metrics"] = metrics;
    Json adapters = Json::array();
    for (const auto& adapter : adapters_of(catalog, run.id)) adapters.push_back(to_json(adapter));
    json["adapters"] = adapters;
    return json;
}

Json adapter_json(catalog::Catalog& catalog, const catalog::AdapterRecord& adapter) {
    Json json = to_json(adapter);
    json["spec"] = adapter.run_id.empty() ? Json() : spec_json(catalog.run(adapter.run_id));
    Json exports = Json::array();
    for (const auto& record : catalog.exports(adapter.id)) exports.push_back(to_json(record));
    json["exports"] = exports;
    return json;
}

// Every field as "key   value"; lists and the spec as JSON.
void print_fields(const Json& json) {
    Facts facts;
    for (const auto& [key, value] : json.items()) {
        if (value.is_null() || key == "spec" || key == "last_metrics") continue;
        if (value.is_structured() && value.empty()) continue;
        if (key.ends_with("_at"))
            facts.add(key, time_text(value.get<double>()));
        else if (key.ends_with("_bytes"))
            facts.add(key, bytes_text(value.get<int64_t>()));
        else if (value.is_number_float())
            facts.add(key, number_text(value.get<double>()));
        else if (key == "adapters" || key == "exports")
            for (const auto& item : value)
                facts.add(key, item.value("name", item.value("format", "")) + "  " + item.value("path", ""));
        else
            facts.add(key, value.is_string() ? value.get<std::string>() : value.dump());
    }
    facts.print();
    if (json.contains("spec") && json["spec"].is_object()) print_line("\nspec " + json["spec"].dump(2));
}

// What the run has reported; for an adapter, the run that made it.
int show_log(const ShowCommand& command, Session& session, const Json& json) {
    const std::string run_id = json.contains("run_id") ? json.value("run_id", "") : json.value("id", "");
    if (run_id.empty())
        engine::fail_input("Adapter '" + command.id + "' has no log: its run is not in the catalog.");
    const auto run = session.workbench().catalog().run(run_id);
    Json lines = Json::array();
    for (const auto& line : workbench::read_run_log(run.run_dir).lines) {
        if (session.json)
            lines.push_back({{"time", line.time}, {"text", line.text}});
        else
            print_line(time_text(line.time) + "  " + line.text);
    }
    if (session.json) print_json({{"run_id", run_id}, {"log", lines}});
    return 0;
}

int show(const ShowCommand& command, Session& session) {
    auto& catalog = session.workbench().catalog();
    Json json;
    try {
        json = run_json(catalog, catalog.run(command.id));
    } catch (const catalog::Error& error) {
        if (error.code() != catalog::ErrorCode::not_found) throw;
        try {
            json = adapter_json(catalog, catalog.adapter(command.id));
        } catch (const catalog::Error& other) {
            if (other.code() != catalog::ErrorCode::not_found) throw;
            engine::fail_input("Neither a run nor an adapter answers to '" + command.id +
                               "'. 'lwb runs' and 'lwb adapters' list what there is.");
        }
    }
    if (command.log) return show_log(command, session, json);
    if (command.spec) {
        if (!json["spec"].is_object())
            engine::fail_input("Adapter '" + command.id + "' has no spec: its run is not in the catalog.");
        print_json(json["spec"], 2);
    } else if (session.json) {
        print_json(json);
    } else {
        print_fields(json);
    }
    return 0;
}

}  // namespace

void add_show(CLI::App& app, Action& action) {
    auto options = std::make_shared<ShowCommand>();
    auto* command = app.add_subcommand("show", "Everything the catalog knows of a run or an adapter");
    command->add_option("id", options->id, "Id or name")->required();
    command->add_flag("--spec", options->spec, "Only the experiment, as JSON for 'lwb train --spec'");
    command->add_flag("--log", options->log, "Only what the run reported while it trained")
        ->excludes("--spec");
    on_run(command, action, options, show);
}

}  // namespace commands
