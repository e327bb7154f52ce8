-- A catalog file as version 4 of the format leaves it, as text: what "sqlite3 catalog.db .dump" prints, with the two
-- header numbers that .dump leaves out. Written once when version 4 was made; never edited afterwards.
PRAGMA application_id=1280787266;
PRAGMA user_version=4;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE adapter_tags (
    adapter_id TEXT NOT NULL REFERENCES adapters (id) ON DELETE CASCADE,
    tag        TEXT NOT NULL COLLATE NOCASE,
    PRIMARY KEY (adapter_id, tag)
) STRICT, WITHOUT ROWID;
INSERT INTO "adapter_tags" VALUES('a-1z0001','e2e');
INSERT INTO "adapter_tags" VALUES('a-1z0001','good');
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
, metrics TEXT NOT NULL DEFAULT '', score REAL, whole_params INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "adapters" VALUES('a-1z0001','r-1z0001','q,v r8','/adapters/q,v r8',1180000,'sha256:cc','lora',8,16.0,2.0,'q,v','/models/gpt2','gpt2','sha256:aa',294912,1.5,1.75,300,42,1700000060.0,'Kept for the ''migration'' test.',0,0,'accuracy=0.875 f1=0.8',0.875,1538);
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
INSERT INTO "exports" VALUES('x-1z0001','a-1z0001','hf','f32','/exports/1',0,1,NULL,148,0,0,1700000070.0,'{}');
CREATE TABLE ids (
    kind TEXT PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('min_compatible',1);
CREATE TABLE points (
    series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    step      INTEGER NOT NULL,
    time_s    REAL NOT NULL,
    value     REAL,  -- NULL stands for NaN, which SQLite cannot keep
    PRIMARY KEY (series_id, step)
) STRICT, WITHOUT ROWID;
INSERT INTO "points" VALUES(1,1,0.1,3.0);
INSERT INTO "points" VALUES(1,2,0.2,2.0);
INSERT INTO "points" VALUES(1,3,0.3,1.5);
INSERT INTO "points" VALUES(2,3,0.3,0.5);
CREATE TABLE recent_models (
    ref       TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    last_used REAL NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "recent_models" VALUES('builtin:tiny','tiny',1.79540569096785306933e+09);
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
, eval_metrics TEXT NOT NULL DEFAULT '', best_eval_metrics TEXT NOT NULL DEFAULT '', memory_floor_bytes INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "runs" VALUES('r-1z0001','e2e r8','finished','{"rank": 8}','builtin:tiny','tiny','sha256:aa','/data/train.jsonl','sha256:bb','lora',8,16.0,'q,v',42,294912,124439808,1700000000.0,1700000001.0,1700000060.0,1.0,300,300,1.5,1.75,1.7,250,NULL,0,'/runs/1','','0.1.0','1.13.1','cpu','f32',0.0,0,'','accuracy=0.875 f1=0.8','accuracy=0.9125 f1=0.88',351000000);
INSERT INTO "runs" VALUES('r-1z0002','waiting','queued','{"rank": 8}','builtin:tiny','tiny','sha256:aa','/data/train.jsonl','sha256:bb','lora',8,16.0,'q,v',42,294912,124439808,1700000002.0,0.0,0.0,1.0,0,300,NULL,NULL,NULL,NULL,NULL,0,'/runs/1','','0.1.0','1.13.1','cpu','f32',0.0,0,'','','',0);
CREATE TABLE series (
    id     INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key    TEXT NOT NULL,
    UNIQUE (run_id, key)
) STRICT;
INSERT INTO "series" VALUES(1,'r-1z0001','loss');
INSERT INTO "series" VALUES(2,'r-1z0001','delta_norm/0/q');
CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "settings" VALUES('theme','dark');
CREATE INDEX runs_by_state ON runs (state, queue_position);
CREATE INDEX runs_by_name ON runs (name);
CREATE INDEX adapters_by_run ON adapters (run_id);
CREATE INDEX adapters_by_age ON adapters (created_at, id);
CREATE INDEX adapters_by_rank ON adapters (rank);
CREATE INDEX adapters_by_model ON adapters (model_name);
CREATE INDEX adapters_by_loss ON adapters (COALESCE(eval_loss, train_loss));
CREATE INDEX adapters_by_params ON adapters (trainable_params);
CREATE INDEX adapter_tags_by_tag ON adapter_tags (tag);
CREATE INDEX exports_by_adapter ON exports (adapter_id);
COMMIT;
