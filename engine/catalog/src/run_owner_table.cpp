#include "lookup_table.h"
#include "run_table.h"
#include "statement.h"
#include "transaction.h"

#include <algorithm>
#include <cerrno>
#include <signal.h>

// Who runs which run: the queue, claims, signs of life.
namespace catalog::run_table {

void take(Database& database, const std::string& id, RunState state) {
    const Owner self = this_process();
    Statement(database,
              "UPDATE runs SET state = ?, heartbeat_at = ?, owner_pid = ?, owner_host = ? WHERE id = ?",
              state, now(), self.pid, self.host, id)
        .run();
}

bool claim(Database& database, const std::string& id) {
    Transaction transaction(database);
    const RunRecord run = find(database, id);
    const bool free = run.state == RunState::queued || run.state == RunState::stopped ||
                      run.state == RunState::failed || run.state == RunState::interrupted;
    if (!free) return false;
    take(database, run.id, RunState::running);
    Statement(database,
              "UPDATE runs SET started_at = iif(started_at = 0, ?, started_at), finished_at = 0, "
              "error_message = '' "
              "WHERE id = ?",
              now(), run.id)
        .run();
    transaction.commit();
    return true;
}

std::optional<RunRecord> claim_next_queued(Database& database) {
    Transaction transaction(database);
    const std::vector<RunRecord> queued = list(database, {.states = {RunState::queued}, .limit = 1});
    if (queued.empty()) return std::nullopt;
    claim(database, queued.front().id);
    RunRecord run = find(database, queued.front().id);
    transaction.commit();
    return run;
}

bool cancel_queued(Database& database, const std::string& id) {
    Transaction transaction(database);
    if (!exists(database, id)) throw_unknown("run", id);
    Statement(database,
              "UPDATE runs SET state = 'cancelled', finished_at = ? WHERE id = ? AND state = 'queued'", now(),
              id)
        .run();
    const bool cancelled = database.changes() > 0;
    transaction.commit();
    return cancelled;
}

void order_queue(Database& database, const std::vector<std::string>& ids) {
    Transaction transaction(database);
    std::vector<std::string> order = ids;
    for (const RunRecord& run : list(database, {.states = {RunState::queued}})) order.push_back(run.id);
    double position = 0.0;
    std::vector<std::string> seen;
    for (const std::string& id : order) {
        if (std::find(seen.begin(), seen.end(), id) != seen.end()) continue;
        seen.push_back(id);
        Statement(database, "UPDATE runs SET queue_position = ? WHERE id = ? AND state = 'queued'",
                  position += 1.0, id)
            .run();
    }
    transaction.commit();
}

bool heartbeat(Database& database, const std::string& id) {
    Transaction transaction(database);
    const Owner self = this_process();
    Statement(
        database,
        "UPDATE runs SET heartbeat_at = ?, state = iif(state = 'interrupted', 'running', state), "
        "finished_at = iif(state = 'interrupted', 0, finished_at) "
        "WHERE id = ? AND owner_pid = ? AND owner_host = ? AND state IN ('running', 'paused', 'interrupted')",
        now(), id, self.pid, self.host)
        .run();
    const bool mine = database.changes() > 0;
    transaction.commit();
    return mine;
}

std::vector<std::string> mark_interrupted(Database& database, double older_than_s) {
    const std::string host = this_process().host;
    const double oldest = now() - older_than_s;
    std::vector<std::string> interrupted;
    for (const RunRecord& run : list(database, {.states = {RunState::running, RunState::paused}})) {
        const bool dead = run.owner.host == host && run.owner.pid > 0 &&
                          kill(static_cast<pid_t>(run.owner.pid), 0) != 0 && errno == ESRCH;
        if (!dead && run.heartbeat_at >= oldest) continue;
        // Only as it was read: a sign of life in between wins.
        Transaction transaction(database);
        Statement(database,
                  "UPDATE runs SET state = 'interrupted', finished_at = heartbeat_at "
                  "WHERE id = ? AND state = ? AND heartbeat_at = ? AND owner_pid = ?",
                  run.id, run.state, run.heartbeat_at, run.owner.pid)
            .run();
        if (database.changes() > 0) interrupted.push_back(run.id);
        transaction.commit();
    }
    return interrupted;
}

}  // namespace catalog::run_table
