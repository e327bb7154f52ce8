#include "command.h"
#include "format.h"
#include "records_json.h"

#include <map>

namespace commands {

namespace {

struct AdaptersCommand {
    std::vector<std::string> words;
    bool trash = false;
    std::string sort = "created";
    std::size_t limit = 0;
};

struct Order {
    catalog::AdapterOrder order;
    bool descending;
};
const std::map<std::string, Order>& orders() {
    using catalog::AdapterOrder;
    static const std::map<std::string, Order> known{
        {"created", {AdapterOrder::created, true}},      {"name", {AdapterOrder::name, false}},
        {"rank", {AdapterOrder::rank, false}},           {"params", {AdapterOrder::trainable_params, false}},
        {"eval_loss", {AdapterOrder::eval_loss, false}}, {"size", {AdapterOrder::size, true}}};
    return known;
}

std::string joined(const std::vector<std::string>& parts, const char* separator) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : separator) + part;
    return text;
}

int list_adapters(const AdaptersCommand& command, Session& session) {
    const auto order = orders().find(command.sort);
    if (order == orders().end())
        engine::fail_input("Order '" + command.sort +
                           "' (--sort) is not known. It may be created, name, rank, params, "
                           "eval_loss or size.");
    catalog::AdapterFilter filter;
    filter.text = joined(command.words, " ");
    filter.scope = command.trash ? catalog::AdapterScope::trashed : catalog::AdapterScope::kept;
    filter.order = order->second.order;
    filter.descending = order->second.descending;
    filter.limit = command.limit;
    const auto adapters = session.workbench().catalog().adapters(filter);
    if (session.json) {
        Json list = Json::array();
        for (const auto& adapter : adapters) list.push_back(to_json(adapter));
        print_json({{"adapters", list}});
        return 0;
    }
    Table table(
        {"ADAPTER", "NAME", "MODEL", "TARGETS", "RANK", "PARAMETERS", "EVAL LOSS", "STEP", "SIZE", "TAGS"});
    for (const auto& adapter : adapters)
        table.add({adapter.id, (adapter.starred ? "* " : "") + adapter.name, adapter.model_name,
                   adapter.targets, std::to_string(adapter.rank), count_text(adapter.trainable_params),
                   number_text(adapter.eval_loss), std::to_string(adapter.step),
                   bytes_text(adapter.size_bytes), joined(adapter.tags, ",")});
    if (table.empty())
        print_line(filter.text.empty() && !command.trash ? "No adapters. 'lwb train' makes one."
                                                         : "No adapters match.");
    else
        table.print();
    return 0;
}

}  // namespace

void add_adapters(CLI::App& app, Action& action) {
    auto options = std::make_shared<AdaptersCommand>();
    auto* command =
        app.add_subcommand("adapters", "List adapters; a filter such as rank:8 target:q,v loss<2 tag:good");
    command->add_option("filter", options->words, "Words and conditions that must all hold");
    command->add_flag("--trash", options->trash, "The trash instead");
    command->add_option("--sort", options->sort,
                        "created, name, rank, params, eval_loss or size (default created)");
    command->add_option("--limit", options->limit, "At most this many");
    on_run(command, action, options, list_adapters);
}

}  // namespace commands
