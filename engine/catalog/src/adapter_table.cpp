#include "adapter_table.h"

#include "adapter_filter_table.h"
#include "lookup_table.h"
#include "record_sql.h"
#include "run_table.h"
#include "transaction.h"

#include <algorithm>

namespace catalog {

template <class Visit>
void fields(AdapterRecord& adapter, Visit&& visit) {
    visit("id", adapter.id);
    visit("run_id", Reference{adapter.run_id});
    visit("name", adapter.name);
    visit("path", adapter.path);
    visit("size_bytes", adapter.size_bytes);
    visit("hash", adapter.hash);
    visit("method", adapter.method);
    visit("rank", adapter.rank);
    visit("alpha", adapter.alpha);
    visit("scaling", adapter.scaling);
    visit("targets", adapter.targets);
    visit("model_ref", adapter.model_ref);
    visit("model_name", adapter.model_name);
    visit("model_hash", adapter.model_hash);
    visit("trainable_params", adapter.trainable_params);
    visit("train_loss", adapter.train_loss);
    visit("eval_loss", adapter.eval_loss);
    visit("metrics", adapter.metrics);
    visit("score", adapter.score);
    visit("step", adapter.step);
    visit("seed", adapter.seed);
    visit("created_at", adapter.created_at);
    visit("notes", adapter.notes);
    visit("starred", adapter.starred);
    visit("trashed", adapter.trashed);
    visit("whole_params", adapter.whole_params);
}

namespace {

constexpr char tag_separator = '\x1f';  // no tag may hold a control character

// The tags of each row come along as one text behind the record's own columns.
std::string select_adapters() {
    static const std::string text = "SELECT " + columns_of<AdapterRecord>().names +
                                    ", (SELECT group_concat(tag, char(31)) FROM adapter_tags WHERE "
                                    "adapter_id = adapters.id) FROM adapters ";
    return text;
}

std::vector<AdapterRecord> read_all(Statement& rows) {
    std::vector<AdapterRecord> adapters;
    while (rows.step()) {
        AdapterRecord& adapter = adapters.emplace_back();
        const std::string tags = rows.text(read_record(rows, adapter));
        for (std::size_t begin = 0; begin < tags.size();) {
            const std::size_t end = std::min(tags.find(tag_separator, begin), tags.size());
            adapter.tags.push_back(tags.substr(begin, end - begin));
            begin = end + 1;
        }
        std::sort(adapter.tags.begin(), adapter.tags.end());
    }
    return adapters;
}

const char* order_column(AdapterOrder order) {
    switch (order) {
        case AdapterOrder::name:
            return "name";
        case AdapterOrder::rank:
            return "rank";
        case AdapterOrder::trainable_params:
            return "trainable_params";
        case AdapterOrder::eval_loss:
            return "eval_loss";
        case AdapterOrder::size:
            return "size_bytes";
        default:
            return "created_at";
    }
}

const char* scope_condition(AdapterScope scope) {
    switch (scope) {
        case AdapterScope::kept:
            return " AND trashed = 0";
        case AdapterScope::trashed:
            return " AND trashed = 1";
        default:
            return "";
    }
}

bool name_is_taken(Database& database, std::string_view name) {
    return Statement(database, "SELECT 1 FROM adapters WHERE name = ?", name).step();
}

// One column of one adapter, in its own transaction.
template <class Value>
void set_column(Database& database, const char* column, const std::string& id, const Value& value) {
    Transaction transaction(database);
    Statement(database, "UPDATE adapters SET " + std::string(column) + " = ? WHERE id = ?", value, id).run();
    if (database.changes() == 0) throw_unknown("adapter", id);
    transaction.commit();
}

std::string cleaned_tag(const std::string& tag) {
    const auto first = tag.find_first_not_of(" \t\r\n");
    if (first == std::string::npos)
        throw Error(ErrorCode::constraint, "A tag was not stored: it is empty. Give it a word.");
    const std::string clean = tag.substr(first, tag.find_last_not_of(" \t\r\n") - first + 1);
    const bool has_control =
        std::any_of(clean.begin(), clean.end(), [](char c) { return c >= 0 && c < ' '; });
    if (has_control || clean.find_first_of(",\"") != std::string::npos)
        throw Error(ErrorCode::constraint,
                    "The tag '" + clean +
                        "' was not stored: a tag has no commas, quotes or line ends. Leave "
                        "them out.");
    return clean;
}

void write_tags(Database& database, const std::string& id, const std::vector<std::string>& tags) {
    Statement(database, "DELETE FROM adapter_tags WHERE adapter_id = ?", id).run();
    for (const std::string& tag : tags)
        Statement(database, "INSERT INTO adapter_tags (adapter_id, tag) VALUES (?, ?) ON CONFLICT DO NOTHING",
                  id, cleaned_tag(tag))
            .run();
}

AdapterRecord by_id(Database& database, const std::string& id) {
    Statement rows(database, select_adapters() + "WHERE id = ?", id);
    std::vector<AdapterRecord> found = read_all(rows);
    if (found.empty()) throw_unknown("adapter", id);
    return std::move(found.front());
}

}  // namespace

namespace adapter_table {

AdapterRecord insert(Database& database, AdapterRecord adapter) {
    Transaction transaction(database);
    if (adapter.name.empty())
        throw Error(ErrorCode::constraint, "An adapter was not stored: it has no name. Give it one.");
    if (!adapter.run_id.empty() && !run_table::exists(database, adapter.run_id))
        throw Error(ErrorCode::not_found, "Adapter '" + adapter.name +
                                              "' was not stored: the catalog has no run '" + adapter.run_id +
                                              "'. Insert the run first.");
    adapter.name = unique_name(database, adapter.name);
    if (adapter.id.empty()) adapter.id = new_id(database, 'a');
    if (adapter.created_at == 0.0) adapter.created_at = now();
    if (!adapter.metrics.empty()) adapter.score = adapter.metrics.front().value;
    insert_record(database, "adapters", adapter);
    write_tags(database, adapter.id, adapter.tags);
    AdapterRecord stored = by_id(database, adapter.id);
    transaction.commit();
    return stored;
}

AdapterRecord find(Database& database, std::string_view id_or_name) {
    return find_meant('a', "adapter", id_or_name, [&](const char* where, const std::string& value) {
        Statement rows(database, select_adapters() + where, value);
        return read_all(rows);
    });
}

std::vector<AdapterRecord> list(Database& database, const AdapterFilter& filter) {
    AdapterCondition condition = adapter_condition(parse_query(filter.text));
    for (const auto& [sql, value] :
         {std::pair{" AND run_id = ?", filter.run_id}, std::pair{" AND path = ?", filter.path}}) {
        if (value.empty()) continue;
        condition.sql += sql;
        condition.values.emplace_back(value);
    }
    const char* direction = filter.descending ? " DESC" : " ASC";
    Statement rows(database, select_adapters() + "WHERE " + condition.sql + scope_condition(filter.scope) +
                                 " ORDER BY " + order_column(filter.order) + direction + " NULLS LAST, id" +
                                 direction + " LIMIT ?");
    int index = 0;
    for (const auto& value : condition.values)
        std::visit([&](const auto& content) { rows.bind(++index, content); }, value);
    rows.bind(++index, filter.limit == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(filter.limit));
    return read_all(rows);
}

std::string unique_name(Database& database, const std::string& wanted) {
    std::string name = wanted;
    for (int number = 2; name_is_taken(database, name); ++number)
        name = wanted + " (" + std::to_string(number) + ")";
    return name;
}

void rename(Database& database, const std::string& id, const std::string& name) {
    Transaction transaction(database);
    const AdapterRecord before = by_id(database, id);
    const std::string refused = "Adapter '" + before.name + "' was not renamed";
    if (name.empty()) throw Error(ErrorCode::constraint, refused + ": the new name is empty. Give it one.");
    Statement other(database, "SELECT id FROM adapters WHERE name = ? AND id <> ?", name, id);
    if (other.step())
        throw Error(ErrorCode::constraint, refused + " to '" + name + "': adapter " + other.text(0) +
                                               " has that name. Choose another.");
    set_column(database, "name", id, name);
    transaction.commit();
}

void set_path(Database& database, const std::string& id, const std::string& path, std::int64_t size_bytes,
              const std::string& hash) {
    Transaction transaction(database);
    set_column(database, "path", id, path);
    set_column(database, "size_bytes", id, size_bytes);
    set_column(database, "hash", id, hash);
    transaction.commit();
}

void set_eval_loss(Database& database, const std::string& id, std::optional<double> eval_loss) {
    set_column(database, "eval_loss", id, eval_loss);
}

void set_tags(Database& database, const std::string& id, const std::vector<std::string>& tags) {
    Transaction transaction(database);
    by_id(database, id);
    write_tags(database, id, tags);
    transaction.commit();
}

void set_notes(Database& database, const std::string& id, const std::string& notes) {
    set_column(database, "notes", id, notes);
}

void set_starred(Database& database, const std::string& id, bool starred) {
    set_column(database, "starred", id, starred);
}

void set_trashed(Database& database, const std::string& id, bool trashed) {
    set_column(database, "trashed", id, trashed);
}

std::vector<TagCount> tags(Database& database) {
    Statement rows(database,
                   "SELECT tag, count(*) FROM adapter_tags JOIN adapters ON adapters.id = adapter_id "
                   "WHERE trashed = 0 GROUP BY tag ORDER BY tag");
    std::vector<TagCount> result;
    while (rows.step()) result.push_back({rows.text(0), rows.integer(1)});
    return result;
}

std::vector<std::string> purge(Database& database, const std::string& id) {
    Transaction transaction(database);
    const AdapterRecord adapter = by_id(database, id);
    if (!adapter.trashed)
        throw Error(
            ErrorCode::constraint,
            "Adapter '" + adapter.name + "' was not deleted: it is not in the trash. Move it there first.");
    Statement(database, "DELETE FROM adapters WHERE id = ?", id).run();
    transaction.commit();
    if (adapter.path.empty()) return {};
    return {adapter.path};
}

std::vector<std::string> purge_trash(Database& database) {
    Transaction transaction(database);
    std::vector<std::string> paths;
    for (const AdapterRecord& adapter : list(database, {.scope = AdapterScope::trashed}))
        for (std::string& path : purge(database, adapter.id)) paths.push_back(std::move(path));
    transaction.commit();
    return paths;
}

}  // namespace adapter_table

}  // namespace catalog
