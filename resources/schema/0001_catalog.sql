-- Version 1: runs with their curves, adapters with tags, exports, recent models, settings.
-- Applied in one transaction together with its version number; never edited once released.

PRAGMA application_id = 1280787266;  -- "LWCB": tells our files from other SQLite files

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- The oldest program version (as schema number) that may still read this file.
INSERT INTO meta (key, value) VALUES ('min_compatible', 1);

-- Last id given out per kind; ids only grow, so their text sorts by creation.
CREATE TABLE ids (
    kind TEXT PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id                TEXT PRIMARY KEY,
    name              TEXT NOT NULL,
    state             TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'finished', 'stopped',
                                                     'failed', 'interrupted', 'cancelled')),
    spec_json         TEXT NOT NULL,
    model_ref         TEXT NOT NULL,
    model_name        TEXT NOT NULL,
    model_hash        TEXT NOT NULL,
    data_path         TEXT NOT NULL,
    data_hash         TEXT NOT NULL,
    method            TEXT NOT NULL,
    rank              INTEGER NOT NULL,
    alpha             REAL NOT NULL,
    targets           TEXT NOT NULL,
    seed              INTEGER NOT NULL,
    trainable_params  INTEGER NOT NULL,
    total_params      INTEGER NOT NULL,
    created_at        REAL NOT NULL,
    started_at        REAL NOT NULL,
    finished_at       REAL NOT NULL,
    queue_position    REAL NOT NULL,
    global_step       INTEGER NOT NULL,
    total_steps       INTEGER NOT NULL,
    train_loss        REAL,
    eval_loss         REAL,
    best_eval_loss    REAL,
    best_step         INTEGER,
    tokens_per_second REAL,
    peak_memory_bytes INTEGER NOT NULL,
    run_dir           TEXT NOT NULL,
    error_message     TEXT NOT NULL,
    program_version   TEXT NOT NULL,
    libtorch_version  TEXT NOT NULL,
    device            TEXT NOT NULL,
    dtype             TEXT NOT NULL,
    heartbeat_at      REAL NOT NULL,
    owner_pid         INTEGER NOT NULL,
    owner_host        TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_state ON runs (state, queue_position);
CREATE INDEX runs_by_name ON runs (name);

-- One curve. Its key is kept once, its points are small.
CREATE TABLE series (
    id     INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key    TEXT NOT NULL,
    UNIQUE (run_id, key)
) STRICT;
CREATE TABLE points (
    series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    step      INTEGER NOT NULL,
    time_s    REAL NOT NULL,
    value     REAL,  -- NULL stands for NaN, which SQLite cannot keep
    PRIMARY KEY (series_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE adapters (
    id               TEXT PRIMARY KEY,
    run_id           TEXT REFERENCES runs (id) ON DELETE SET NULL,
    name             TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    path             TEXT NOT NULL,
    size_bytes       INTEGER NOT NULL,
    hash             TEXT NOT NULL,
    method           TEXT NOT NULL COLLATE NOCASE,
    rank             INTEGER NOT NULL,
    alpha            REAL NOT NULL,
    scaling          REAL NOT NULL,
    targets          TEXT NOT NULL COLLATE NOCASE,
    model_ref        TEXT NOT NULL COLLATE NOCASE,
    model_name       TEXT NOT NULL COLLATE NOCASE,
    model_hash       TEXT NOT NULL,
    trainable_params INTEGER NOT NULL,
    train_loss       REAL,
    eval_loss        REAL,
    step             INTEGER NOT NULL,
    seed             INTEGER NOT NULL,
    created_at       REAL NOT NULL,
    notes            TEXT NOT NULL,
    starred          INTEGER NOT NULL,
    trashed          INTEGER NOT NULL
) STRICT;
CREATE INDEX adapters_by_run ON adapters (run_id);
CREATE INDEX adapters_by_age ON adapters (created_at, id);
CREATE INDEX adapters_by_rank ON adapters (rank);
CREATE INDEX adapters_by_model ON adapters (model_name);
CREATE INDEX adapters_by_loss ON adapters (COALESCE(eval_loss, train_loss));
CREATE INDEX adapters_by_params ON adapters (trainable_params);

CREATE TABLE adapter_tags (
    adapter_id TEXT NOT NULL REFERENCES adapters (id) ON DELETE CASCADE,
    tag        TEXT NOT NULL COLLATE NOCASE,
    PRIMARY KEY (adapter_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX adapter_tags_by_tag ON adapter_tags (tag);

CREATE TABLE exports (
    id           TEXT PRIMARY KEY,
    adapter_id   TEXT NOT NULL REFERENCES adapters (id) ON DELETE CASCADE,
    format       TEXT NOT NULL,
    dtype        TEXT NOT NULL,
    path         TEXT NOT NULL,
    size_bytes   INTEGER NOT NULL,
    passed       INTEGER NOT NULL,
    max_abs_diff REAL,
    matched      INTEGER NOT NULL,
    missing      INTEGER NOT NULL,
    unexpected   INTEGER NOT NULL,
    created_at   REAL NOT NULL,
    report_json  TEXT NOT NULL
) STRICT;
CREATE INDEX exports_by_adapter ON exports (adapter_id);

CREATE TABLE recent_models (
    ref       TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    last_used REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
