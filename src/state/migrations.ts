/** The tables of the state file, as steps from one version of it to the next. None is ever changed once released. */

const journal = `
  CREATE TABLE journal_run (
    run_id   TEXT PRIMARY KEY,
    task     TEXT NOT NULL,
    sink     TEXT NOT NULL,
    phase    TEXT NOT NULL CHECK (phase IN ('preparing', 'committing', 'undoing')),
    -- JSON: what the commit completes and writes; NULL while preparing
    prepared TEXT,
    manifest TEXT
  ) STRICT;
  CREATE TABLE journal_upload (
    run_id    TEXT NOT NULL REFERENCES journal_run ON DELETE CASCADE,
    key       TEXT NOT NULL,
    -- NULL until the sink has named the upload
    upload_id TEXT,
    PRIMARY KEY (run_id, key)
  ) STRICT;`;

/** Times are ISO 8601 UTC with milliseconds, so that they sort as text. */
const memory = `
  -- JSON: what is to be recorded once the commit is done; NULL while preparing
  ALTER TABLE journal_run ADD COLUMN record TEXT;
  -- what the sink's name stood for, s3://bucket/; NULL of an entry from before this was kept
  ALTER TABLE journal_run ADD COLUMN place TEXT;

  -- every run, from its beginning on
  CREATE TABLE run (
    -- in the order in which runs began
    id            INTEGER PRIMARY KEY,
    run_id        TEXT NOT NULL UNIQUE,
    task          TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('scheduled', 'catch_up', 'manual', 'backfill')),
    status        TEXT NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'skipped')),
    -- names the run in its object keys
    stamp         TEXT NOT NULL,
    sink          TEXT NOT NULL,
    scheduled_for TEXT NOT NULL,
    started_at    TEXT NOT NULL,
    -- these are NULL while it is running
    finished_at   TEXT,
    duration_ms   INTEGER,
    rows          INTEGER,
    bytes         INTEGER,
    error_code    TEXT,
    manifest      TEXT,
    -- JSON: the run report without its files
    report        TEXT
  ) STRICT;
  CREATE INDEX run_of_task ON run (task, id);
  -- how a task stands: its last success, its failures since
  CREATE INDEX run_result ON run (task, status, id) WHERE kind <> 'backfill';
  CREATE INDEX run_for ON run (task, scheduled_for);
  CREATE INDEX run_live_success ON run (task, scheduled_for) WHERE status = 'succeeded' AND kind <> 'backfill';
  CREATE INDEX run_running ON run (task) WHERE status = 'running';
  CREATE INDEX run_finished ON run (finished_at);

  CREATE TABLE run_file (
    run     INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    key     TEXT NOT NULL,
    "table" TEXT NOT NULL,
    batch   INTEGER,
    rows    INTEGER NOT NULL,
    bytes   INTEGER NOT NULL,
    PRIMARY KEY (run, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE watermark (
    task       TEXT NOT NULL,
    "table"    TEXT NOT NULL,
    "column"   TEXT NOT NULL,
    -- exact text, as the server writes it
    value      TEXT NOT NULL,
    -- the run that moved it; NULL: set by hand
    run_id     TEXT,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (task, "table")
  ) STRICT, WITHOUT ROWID;

  -- up to which slot of its schedule a task has been dealt with
  CREATE TABLE slot (
    task     TEXT PRIMARY KEY,
    settled  TEXT NOT NULL,
    -- by this schedule, in this zone; NULL: recorded of a task that no daemon schedules any more
    schedule TEXT,
    timezone TEXT
  ) STRICT, WITHOUT ROWID;

  -- what people did to a task's memory: shown in its history
  CREATE TABLE event (
    id     INTEGER PRIMARY KEY,
    task   TEXT NOT NULL,
    at     TEXT NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    -- a sentence
    detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_of_task ON event (task, id);

  CREATE TABLE backfill (
    -- the time it was asked for, YYYYMMDDHHmmss; it is part of its object keys
    id         TEXT NOT NULL,
    task       TEXT NOT NULL,
    "from"     TEXT NOT NULL,
    "to"       TEXT NOT NULL,
    -- in one way of writing it; NULL: one window
    every      TEXT,
    -- what of the spec shapes its rows: resuming with another spec would mix two exports
    fingerprint TEXT NOT NULL,
    -- end of the last window that is in the bucket; NULL: none is
    done_until TEXT,
    PRIMARY KEY (task, id)
  ) STRICT, WITHOUT ROWID;

  -- failures that have been mailed about and not been followed by a success, each with each of its codes
  CREATE TABLE incident (
    -- a task; 'backfill:TASK' of its backfills, 'spec:FILE' of a spec that cannot be used
    task            TEXT NOT NULL,
    code            TEXT NOT NULL,
    since           TEXT NOT NULL,
    -- since then, with this code
    failures        INTEGER NOT NULL,
    mails           INTEGER NOT NULL,
    last_mail_at    TEXT NOT NULL,
    last_failure_at TEXT NOT NULL,
    -- JSON: who was mailed; NULL of a spec
    owner           TEXT,
    -- of a spec: which faults were mailed
    fingerprint     TEXT,
    PRIMARY KEY (task, code)
  ) STRICT, WITHOUT ROWID;

  -- mails that the server has not taken yet
  CREATE TABLE outbox (
    -- in the order in which they were written
    id              INTEGER PRIMARY KEY,
    task            TEXT,
    recipient       TEXT NOT NULL,
    -- JSON: the mail
    message         TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT NOT NULL,
    -- what the last attempt failed of: the server as a whole, or its answer to this very mail, for now or for good
    obstacle        TEXT CHECK (obstacle IN ('server', 'deferred', 'refused')),
    last_error      TEXT
  ) STRICT;
  CREATE INDEX outbox_due ON outbox (next_attempt_at);
  CREATE INDEX outbox_line ON outbox (task, recipient, id);

  -- uploads that were aborted, until they have been seen to be gone
  CREATE TABLE aborted_upload (
    sink       TEXT NOT NULL,
    key        TEXT NOT NULL,
    upload_id  TEXT NOT NULL,
    aborted_at TEXT NOT NULL,
    PRIMARY KEY (sink, key, upload_id)
  ) STRICT, WITHOUT ROWID;`;

const schemas = `
  -- the columns of each table as the last run that wrote it has written them, backfills aside
  CREATE TABLE table_schema (
    task       TEXT NOT NULL,
    "table"    TEXT NOT NULL,
    -- JSON: name, type and nullability of each, in order
    columns    TEXT NOT NULL,
    run_id     TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (task, "table")
  ) STRICT, WITHOUT ROWID;

  -- runs that have written changed columns, until their owner has been mailed
  CREATE TABLE schema_notice (
    run  INTEGER PRIMARY KEY REFERENCES run ON DELETE CASCADE,
    task TEXT NOT NULL
  ) STRICT;
  CREATE INDEX schema_notice_of_task ON schema_notice (task);`;

const threads = `
  -- Message-ID of the first mail about it; NULL of an incident from before this was kept
  ALTER TABLE incident ADD COLUMN thread TEXT;`;

const pauses = `
  -- tasks that somebody has paused: their slots pass without a run
  CREATE TABLE pause (
    task  TEXT PRIMARY KEY,
    since TEXT NOT NULL,
    -- user@host
    actor TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;`;

const channels = `
  ALTER TABLE outbox ADD COLUMN channel TEXT NOT NULL DEFAULT 'mail' CHECK (channel IN ('mail', 'webhook'));`;

const sizes = `
  -- runs of unexpected size, until their owner has been mailed
  CREATE TABLE size_notice (
    run  INTEGER PRIMARY KEY REFERENCES run ON DELETE CASCADE,
    task TEXT NOT NULL
  ) STRICT;
  CREATE INDEX size_notice_of_task ON size_notice (task);`;

const freshness = `
  -- what specs promise of their tasks' freshness, as the last good version of each said it
  CREATE TABLE freshness (
    task         TEXT PRIMARY KEY,
    -- the spec
    file         TEXT NOT NULL,
    -- how long the last success may lie back
    freshness_ms INTEGER NOT NULL,
    -- of the schedule; NULL: the config's
    timezone     TEXT,
    -- JSON: who is mailed
    owner        TEXT NOT NULL,
    -- it counts from then where no run has succeeded
    first_seen   TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;`;

const digest = `
  -- up to when digests have been written: one row at most
  CREATE TABLE digest (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    told_up_to TEXT NOT NULL
  ) STRICT;`;

const replication = `
  -- which state this is a copy of, and how far it is: one row where the state is replicated, else none
  CREATE TABLE replication (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    lineage TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    digest  TEXT NOT NULL,
    -- fencing token of the leader that made the last change
    token   INTEGER NOT NULL,
    -- fencing token of the daemon that leads with this very file; NULL: it follows another
    leads   INTEGER
  ) STRICT;

  -- the last changes, as SQLite's sessions write them
  CREATE TABLE replication_change (
    seq       INTEGER PRIMARY KEY,
    token     INTEGER NOT NULL,
    -- over all changes up to this one
    digest    TEXT NOT NULL,
    changeset BLOB NOT NULL
  ) STRICT;

  -- the daemons that have had a copy, as far as is known here
  CREATE TABLE replication_member (
    node    TEXT PRIMARY KEY,
    host    TEXT NOT NULL,
    seen_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;`;

export const MIGRATIONS: readonly string[] = [
  journal,
  memory,
  schemas,
  threads,
  sizes,
  pauses,
  channels,
  freshness,
  digest,
  replication,
];
