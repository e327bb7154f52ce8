#include "run_table.h"

#include "lookup_table.h"
#include "record_sql.h"
#include "transaction.h"

#include <signal.h>
#include <sstream>

namespace catalog {

template <class Visit>
void fields(RunRecord& run, Visit&& visit) {
    visit("id", run.id);
    visit("name", run.name);
    visit("state", run.state);
    visit("spec_json", run.spec_json);
    visit("model_ref", run.model_ref);
    visit("model_name", run.model_name);
    visit("model_hash", run.model_hash);
    visit("data_path", run.data_path);
    visit("data_hash", run.data_hash);
    visit("method", run.method);
    visit("rank", run.rank);
    visit("alpha", run.alpha);
    visit("targets", run.targets);
    visit("seed", run.seed);
    visit("trainable_params", run.trainable_params);
    visit("total_params", run.total_params);
    visit("created_at", run.created_at);
    visit("started_at", run.started_at);
    visit("finished_at", run.finished_at);
    visit("queue_position", run.queue_position);
    visit("global_step", run.global_step);
    visit("total_steps", run.total_steps);
    visit("train_loss", run.train_loss);
    visit("eval_loss", run.eval_loss);
    visit("best_eval_loss", run.best_eval_loss);
    visit("best_step", run.best_step);
    visit("eval_metrics", run.eval_metrics);
    visit("best_eval_metrics", run.best_eval_metrics);
    visit("tokens_per_second", run.tokens_per_second);
    visit("peak_memory_bytes", run.peak_memory_bytes);
    visit("memory_floor_bytes", run.memory_floor_bytes);
    visit("run_dir", run.run_dir);
    visit("error_message", run.error_message);
    visit("program_version", run.program_version);
    visit("libtorch_version", run.libtorch_version);
    visit("device", run.device);
    visit("dtype", run.dtype);
    visit("heartbeat_at", run.heartbeat_at);
    visit("owner_pid", run.owner.pid);
    visit("owner_host", run.owner.host);
}

namespace {

template <class Visit>
void update_fields(const RunUpdate& update, Visit&& visit) {
    visit("name", update.name);
    visit("state", update.state);
    visit("spec_json", update.spec_json);
    visit("model_hash", update.model_hash);
    visit("data_hash", update.data_hash);
    visit("trainable_params", update.trainable_params);
    visit("total_params", update.total_params);
    visit("started_at", update.started_at);
    visit("finished_at", update.finished_at);
    visit("queue_position", update.queue_position);
    visit("global_step", update.global_step);
    visit("total_steps", update.total_steps);
    visit("train_loss", update.train_loss);
    visit("eval_loss", update.eval_loss);
    visit("best_eval_loss", update.best_eval_loss);
    visit("best_step", update.best_step);
    visit("eval_metrics", update.eval_metrics);
    visit("best_eval_metrics", update.best_eval_metrics);
    visit("tokens_per_second", update.tokens_per_second);
    visit("peak_memory_bytes", update.peak_memory_bytes);
    visit("memory_floor_bytes", update.memory_floor_bytes);
    visit("run_dir", update.run_dir);
    visit("error_message", update.error_message);
    visit("program_version", update.program_version);
    visit("libtorch_version", update.libtorch_version);
    visit("device", update.device);
    visit("dtype", update.dtype);
}

std::string select_runs() {
    static const std::string text = "SELECT " + columns_of<RunRecord>().names + " FROM runs ";
    return text;
}

std::vector<RunRecord> read_all(Statement& rows) {
    std::vector<RunRecord> runs;
    while (rows.step()) read_record(rows, runs.emplace_back());
    return runs;
}

bool is_held(RunState state) {
    return state == RunState::running || state == RunState::paused;
}

double last_queue_position(Database& database) {
    Statement last(database, "SELECT max(queue_position) FROM runs WHERE state = 'queued'");
    return last.step() ? last.real(0) : 0.0;
}

// What a change of state implies for the owner and the times that the caller did not give.
RunUpdate completed(const RunRecord& before, RunUpdate update) {
    const bool changes = update.state && *update.state != before.state;
    if (changes && is_held(*update.state) && !update.started_at && before.started_at == 0.0)
        update.started_at = now();
    if (changes && is_open(*update.state) && !update.finished_at) update.finished_at = 0.0;
    if (changes && !is_open(*update.state) && !update.finished_at) update.finished_at = now();
    return update;
}

}  // namespace

namespace run_table {

RunRecord insert(Database& database, RunRecord run) {
    Transaction transaction(database);
    if (run.id.empty()) run.id = new_id(database, 'r');
    if (run.name.empty()) run.name = run.id;
    if (run.created_at == 0.0) run.created_at = now();
    if (run.queue_position == 0.0) run.queue_position = last_queue_position(database) + 1.0;
    if (is_held(run.state) && run.owner.pid == 0) run.owner = this_process();
    if (is_held(run.state) && run.heartbeat_at == 0.0) run.heartbeat_at = now();
    insert_record(database, "runs", run);
    transaction.commit();
    return run;
}

void update(Database& database, const std::string& id, const RunUpdate& wanted) {
    Transaction transaction(database);
    Statement row(database, select_runs() + "WHERE id = ?", id);
    if (!row.step()) throw_unknown("run", id);
    RunRecord before;
    read_record(row, before);
    row.reset();

    if (wanted.state && is_held(*wanted.state)) run_table::take(database, id, *wanted.state);
    RunUpdate change = completed(before, wanted);
    const bool joins_queue = change.state == RunState::queued && before.state != RunState::queued;
    if (joins_queue && !change.queue_position) change.queue_position = last_queue_position(database) + 1.0;
    std::string assignments;
    update_fields(change, [&](const char* name, const auto& value) {
        if (value) assignments += (assignments.empty() ? "" : ", ") + std::string(name) + " = ?";
    });
    if (!assignments.empty()) {
        Statement write(database, "UPDATE runs SET " + assignments + " WHERE id = ?");
        int index = 0;
        update_fields(change, [&](const char*, const auto& value) {
            if (value) write.bind(++index, *value);
        });
        write.bind(++index, id);
        write.run();
    }
    transaction.commit();
}

void remove(Database& database, const std::string& id) {
    Transaction transaction(database);
    const RunRecord run = find(database, id);
    if (is_held(run.state))
        throw Error(ErrorCode::constraint, "Run '" + run.name + "' was not removed: it is " +
                                               std::string(to_string(run.state)) + ". Stop it first.");
    Statement(database, "DELETE FROM runs WHERE id = ?", run.id).run();
    transaction.commit();
}

bool exists(Database& database, const std::string& id) {
    return Statement(database, "SELECT 1 FROM runs WHERE id = ?", id).step();
}

RunRecord find(Database& database, std::string_view id_or_name) {
    return find_meant('r', "run", id_or_name, [&](const char* where, const std::string& value) {
        Statement rows(database, select_runs() + where, value);
        return read_all(rows);
    });
}

std::vector<RunRecord> list(Database& database, const RunFilter& filter) {
    std::string sql = select_runs() + "WHERE true";
    std::vector<std::string> values;
    if (!filter.states.empty()) {
        std::string marks;
        for (const RunState state : filter.states) {
            marks += marks.empty() ? "?" : ", ?";
            values.emplace_back(to_string(state));
        }
        sql += " AND state IN (" + marks + ")";
    }
    std::istringstream words(filter.text);
    for (std::string word; words >> word;) {
        sql +=
            " AND (id || ' ' || name || ' ' || model_name || ' ' || model_ref || ' ' || method) LIKE ? "
            "ESCAPE '\\'";
        values.push_back(like_pattern(word));
    }
    sql +=
        " ORDER BY state = 'queued' DESC, CASE WHEN state = 'queued' THEN queue_position END, created_at "
        "DESC, id DESC"
        " LIMIT ?";
    Statement rows(database, sql);
    int index = 0;
    for (const std::string& value : values) rows.bind(++index, value);
    rows.bind(++index, filter.limit == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(filter.limit));
    return read_all(rows);
}

}  // namespace run_table

}  // namespace catalog
