#include "metric_table.h"

#include "point_reducer.h"
#include "run_table.h"
#include "statement.h"
#include "transaction.h"

#include <algorithm>
#include <limits>
#include <map>

namespace catalog::metric_table {

namespace {

void require_run(Database& database, const std::string& run_id) {
    if (!run_table::exists(database, run_id))
        throw Error(ErrorCode::not_found,
                    "Measurements of run '" + run_id +
                        "' were not stored: the catalog has no such run. Insert the run first.");
}

std::int64_t series_id(Database& database, const std::string& run_id, std::string_view key) {
    Statement(database, "INSERT INTO series (run_id, key) VALUES (?, ?) ON CONFLICT (run_id, key) DO NOTHING",
              run_id, key)
        .run();
    Statement found(database, "SELECT id FROM series WHERE run_id = ? AND key = ?", run_id, key);
    found.step();
    return found.integer(0);
}

// Reads step, time_s, value from three columns.
MetricPoint point_at(const Statement& row, int column) {
    const double value =
        row.is_null(column + 2) ? std::numeric_limits<double>::quiet_NaN() : row.real(column + 2);
    return {row.integer(column), row.real(column + 1), value};
}

}  // namespace

void append(Database& database, const std::string& run_id, const std::vector<MetricSample>& samples) {
    if (samples.empty()) return;
    Transaction transaction(database);
    require_run(database, run_id);
    std::map<std::string_view, std::int64_t> ids;
    Statement write(
        database,
        "INSERT INTO points (series_id, step, time_s, value) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (series_id, step) DO UPDATE SET time_s = excluded.time_s, value = excluded.value");
    for (const MetricSample& sample : samples) {
        const auto [entry, is_new] = ids.try_emplace(sample.key, 0);
        if (is_new) entry->second = series_id(database, run_id, sample.key);
        write.bind(1, entry->second);
        write.bind(2, sample.point.step);
        write.bind(3, sample.point.time_s);
        write.bind(4, sample.point.value);
        write.run();
        write.reset();
    }
    transaction.commit();
}

void discard_after(Database& database, const std::string& run_id, std::int64_t step) {
    Transaction transaction(database);
    require_run(database, run_id);
    Statement(database,
              "DELETE FROM points WHERE step > ? AND series_id IN (SELECT id FROM series WHERE run_id = ?)",
              step, run_id)
        .run();
    transaction.commit();
}

std::vector<MetricPoint> series(Database& database, const std::string& run_id, std::string_view key,
                                std::size_t max_points, std::int64_t after_step) {
    Statement found(database, "SELECT id FROM series WHERE run_id = ? AND key = ?", run_id, key);
    if (!found.step()) return {};
    const std::int64_t id = found.integer(0);

    Statement extent(database,
                     "SELECT count(*), min(step), max(step) FROM points WHERE series_id = ? AND step > ?", id,
                     after_step);
    extent.step();
    const auto count = static_cast<std::size_t>(extent.integer(0));
    const std::int64_t first = extent.integer(1), last = extent.integer(2);

    Statement rows(
        database,
        "SELECT step, time_s, value FROM points WHERE series_id = ? AND step BETWEEN ? AND ? ORDER BY step",
        id, first, last);
    if (max_points > 0 && count > std::max<std::size_t>(max_points, 4)) {
        PointReducer reducer(first, last, max_points);
        while (rows.step()) reducer.add(point_at(rows, 0));
        return reducer.take();
    }
    std::vector<MetricPoint> points;
    points.reserve(count);
    while (count > 0 && rows.step()) points.push_back(point_at(rows, 0));
    return points;
}

std::vector<std::string> keys(Database& database, const std::string& run_id, std::string_view prefix) {
    Statement rows(
        database, "SELECT key FROM series WHERE run_id = ?1 AND substr(key, 1, length(?2)) = ?2 ORDER BY key",
        run_id, prefix);
    std::vector<std::string> result;
    while (rows.step()) result.push_back(rows.text(0));
    return result;
}

std::vector<MetricSample> last_points(Database& database, const std::string& run_id,
                                      std::string_view prefix) {
    Statement rows(
        database,
        "SELECT s.key, p.step, p.time_s, p.value FROM series AS s JOIN points AS p ON p.series_id = s.id "
        "WHERE s.run_id = ?1 AND substr(s.key, 1, length(?2)) = ?2 "
        "AND p.step = (SELECT max(step) FROM points WHERE series_id = s.id) ORDER BY s.key",
        run_id, prefix);
    std::vector<MetricSample> result;
    while (rows.step()) result.push_back({rows.text(0), point_at(rows, 1)});
    return result;
}

}  // namespace catalog::metric_table
