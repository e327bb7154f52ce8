// The catalog: runs, their metric series, adapters, exports and a few settings in one SQLite file. Weights
// are files beside it; the catalog keeps their paths.
//
// A Catalog is one connection. It belongs to one thread at a time: each thread opens its own on the same
// path, and several processes may do so at once (WAL; a writer waits up to 5 s for another). Opening costs
// about a millisecond. Every call is one transaction, durable when it returns; in_transaction() joins
// several. All functions throw catalog::Error and leave the file as it was when they do.
#pragma once

#include <catalog/error.h>
#include <catalog/query.h>
#include <catalog/records.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catalog {

class Catalog {
  public:
    // Creates the file and its folder when missing, migrates an older file (a copy "<file>.v<N>.backup" is
    // kept beside it), refuses what is not a catalog or is too new. A newer file that declares itself
    // readable by this version opens read-only. ":memory:" gives a private catalog for tests.
    static Catalog open(const std::filesystem::path& path);

    Catalog(Catalog&&) noexcept;
    Catalog& operator=(Catalog&&) noexcept;
    ~Catalog();

    const std::filesystem::path& path() const;
    bool read_only() const;

    // Runs work as one transaction: all of its changes or, when it throws, none. Calls may nest.
    void in_transaction(const std::function<void()>& work);

    // A number that differs from the last one read when another connection, of this process or another, has
    // changed the catalog since. Own changes do not count. Cheap enough to ask several times a second.
    std::int64_t data_version() const;

    // ---- runs
    // -------------------------------------------------------------------------------------------------

    // An id that nobody else will get, for naming a folder before the record is inserted with it.
    std::string new_run_id();

    // Returns the record as stored: id, created_at and queue_position filled. A record inserted as running or
    // paused is owned by this process from now on.
    RunRecord insert_run(RunRecord run);
    // A change of state sets what belongs to it unless given: running and paused make this process the owner
    // and set started_at once, an end sets finished_at, queued puts it behind the last one.
    void update_run(const std::string& run_id, const RunUpdate& update);

    // Id, unique name or beginning of an id ("r-0k3" or "0k3", at least three characters after "r-"); the
    // message of Error(ambiguous) lists the candidates.
    RunRecord run(std::string_view id_or_name) const;
    std::vector<RunRecord> runs(const RunFilter& filter = {}) const;

    // Takes a run that nobody runs (queued, stopped, failed, interrupted) for this process and makes it
    // running; false when somebody else was quicker or its state does not allow it.
    bool claim_run(const std::string& run_id);
    // The first queued run, claimed; nothing when the queue is empty.
    std::optional<RunRecord> claim_next_queued();
    // Queued becomes cancelled; false when it is no longer queued (somebody has started it).
    bool cancel_queued(const std::string& run_id);
    // Gives the queued runs named here this order, in front of queued runs not named.
    void order_queue(const std::vector<std::string>& run_ids);

    // Say "still alive", every few seconds. A run of this process that was marked interrupted meanwhile (the
    // machine slept) is running again. False: the run is no longer this process's to run.
    bool heartbeat(const std::string& run_id);
    // Running and paused runs whose owner is a dead process of this host, or whose last heartbeat is older
    // than this, become interrupted. Returns their ids. To be called at start and now and then.
    std::vector<std::string> mark_interrupted(double older_than_s);

    // Removes the record and its curves; its adapters stay, without run. Refused for running and paused runs.
    // Files in run_dir are the caller's.
    void remove_run(const std::string& run_id);

    // ---- metrics
    // ----------------------------------------------------------------------------------------------

    // One transaction. A point at a step that the series already has replaces the old one, so a resumed run
    // may repeat steps.
    void append_metrics(const std::string& run_id, const std::vector<MetricSample>& samples);
    // Before resuming from a checkpoint: drops what was recorded after it.
    void discard_metrics_after(const std::string& run_id, std::int64_t step);

    // Points by ascending step, only those with step > after_step. max_points > 0 thins a longer series: per
    // bucket of steps the smallest and the largest value, and always the first and last point; at most
    // max_points (at least 4) come back. An unknown key gives an empty series. Cost: one index scan, about
    // half a second per million points; follow a live run with after_step.
    std::vector<MetricPoint> series(const std::string& run_id, std::string_view key,
                                    std::size_t max_points = 0,
                                    std::int64_t after_step = std::numeric_limits<std::int64_t>::min()) const;
    // Keys of the run in alphabetical order, those with this beginning only.
    std::vector<std::string> series_keys(const std::string& run_id, std::string_view prefix = {}) const;
    // The last point of every series whose key begins so; one heat-map in one call with "delta_norm/".
    std::vector<MetricSample> last_points(const std::string& run_id, std::string_view prefix = {}) const;

    // ---- adapters
    // ---------------------------------------------------------------------------------------------

    std::string new_adapter_id();

    // Returns the record as stored. A name already taken gets a number, "q,v r8 (2)"; an empty one is
    // refused.
    AdapterRecord insert_adapter(AdapterRecord adapter);

    // Id, name, or beginning of an id, as with run(). The trash is looked into as well.
    AdapterRecord adapter(std::string_view id_or_name) const;
    std::vector<AdapterRecord> adapters(const AdapterFilter& filter = {}) const;
    std::string unique_adapter_name(const std::string& wanted) const;

    // These take the exact id and throw not_found otherwise.
    void rename_adapter(const std::string& id,
                        const std::string& name);  // Error(constraint) when the name is taken
    void set_adapter_path(const std::string& id, const std::string& path, std::int64_t size_bytes,
                          const std::string& hash);
    void set_eval_loss(const std::string& id, std::optional<double> eval_loss);
    void set_tags(const std::string& id, const std::vector<std::string>& tags);
    void set_notes(const std::string& id, const std::string& notes);
    void set_starred(const std::string& id, bool starred);
    std::vector<TagCount> tags() const;  // of adapters not in the trash, alphabetical

    // The trash keeps record and files. purge removes the record of a trashed adapter (and its export
    // records) and returns the path whose files are now nobody's: the caller removes them when they lie in
    // its own data folder.
    void trash_adapter(const std::string& id);
    void restore_adapter(const std::string& id);
    std::vector<std::string> purge_adapter(const std::string& id);
    std::vector<std::string> purge_trash();

    // ---- exports
    // ----------------------------------------------------------------------------------------------

    ExportRecord insert_export(ExportRecord record);
    std::vector<ExportRecord> exports(
        const std::string& adapter_id = {}) const;  // newest first; empty: of all

    // ---- recent models and settings
    // ---------------------------------------------------------------------------

    void touch_recent_model(const std::string& ref, const std::string& name);  // now the most recent
    std::vector<RecentModel> recent_models(std::size_t limit = 20) const;      // most recent first
    void forget_recent_model(const std::string& ref);

    std::optional<std::string> setting(std::string_view key) const;
    void set_setting(const std::string& key, const std::string& value);

  private:
    struct Impl;
    explicit Catalog(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace catalog
