/**
 * Every way in which Tidemark can fail, by code. A code is for programs and for looking up; message and hint are
 * for the person who reads the mail. `docs/errors.md` is generated from this table (`npm run docs`).
 */

interface ErrorEntry {
  /** What happened, in one line: the heading in docs/errors.md. */
  readonly title: string;
  /** Why it usually happens. */
  readonly cause: string;
  /** What to do, where the thrower knows nothing more exact. */
  readonly hint: string;
  /** Whether the same run can succeed later without anybody changing anything. */
  readonly retryable: boolean;
}

export const ERRORS = {
  // usage, config, specs
  USAGE: {
    title: 'The command line was not understood',
    cause: 'An unknown command or option, or a value that does not fit.',
    hint: 'See `tidemark --help` or `tidemark COMMAND --help`.',
    retryable: false,
  },
  CONFIG_INVALID: {
    title: 'The configuration is not valid',
    cause: 'The config file is missing, is not JSON, or a setting is unknown or out of range.',
    hint: 'Correct what is listed; `tidemark check` shows every fault at once.',
    retryable: false,
  },
  SPEC_INVALID: {
    title: 'The task spec is not valid',
    cause: 'The spec is not JSON, or a field is unknown, missing or out of range.',
    hint: 'Correct what is listed; `tidemark check FILE` shows every fault at once. The last good version stays scheduled.',
    retryable: false,
  },
  SPEC_UNREADABLE: {
    title: 'The task spec cannot be read',
    cause: 'The file does not exist, or its permissions keep Tidemark out.',
    hint: 'Check the path and that the user Tidemark runs as may read it.',
    retryable: false,
  },
  ALREADY_RUNNING: {
    title: 'The task, or the daemon, is already running',
    cause:
      'Another process on this state folder runs the same task, or has just run it for the same time, or another daemon uses the folder.',
    hint: 'Wait for it to end, or give the second installation a `state_dir` of its own.',
    retryable: true,
  },
  ALREADY_DONE: {
    title: 'The run for this time has succeeded already',
    cause:
      'The clock was set back, or the slot came twice. A second run would overwrite the objects of the first.',
    hint: 'Nothing is missing. To read the rows once more, run the task by hand or use `tidemark backfill`.',
    retryable: false,
  },
  BLACKOUT: {
    title: 'The task is in its blackout',
    cause:
      'The `blackout` of the spec, or of its source in the config, says that nothing is read at this time.',
    hint: 'Scheduled runs and backfills begin when it is over. To run the task by hand all the same: `--ignore-blackout`.',
    retryable: true,
  },
  NO_RECENT_SUCCESS: {
    title: 'No run has succeeded for longer than the spec promises',
    cause:
      'The last success lies further back than `freshness` of the spec allows: runs fail, or none has run, because no daemon was there, the task is paused, or it has no schedule.',
    hint: 'See `tidemark status`. The mail about it names what keeps the task from succeeding.',
    retryable: false,
  },
  PROCESS_DIED: {
    title: 'The process died while the task ran',
    cause: 'kill -9, the out-of-memory killer, or a power cut.',
    hint: 'Nothing, where it happens once: the daemon makes up for missed slots as `catch_up` says. If it recurs, look for the out-of-memory killer (`journalctl -k | grep -i oom`). What the run left in the bucket is cleared away before the task runs again, or published whole where its commit had begun.',
    retryable: true,
  },
  RUN_TIMEOUT: {
    title: 'The run took longer than its timeout',
    cause: 'The spec’s `timeout` has passed; attempts and the waiting between them count together.',
    hint: 'Narrow the window, add an index for it, or raise `timeout` in the spec.',
    retryable: true,
  },
  INTERRUPTED: {
    title: 'The run was interrupted',
    cause: 'Tidemark was asked to stop (SIGTERM, SIGINT) and the run did not end within `shutdown_grace`.',
    hint: 'Nothing was published; the run can simply be repeated.',
    retryable: true,
  },

  // source
  SERVER_UNREACHABLE: {
    title: 'The database server cannot be reached',
    cause: 'Wrong host or port, the server is down, or a firewall is in between.',
    hint: 'Check `host` and `port` of the source and that the server is up and reachable from this machine.',
    retryable: true,
  },
  ACCESS_DENIED: {
    title: 'The database refused the user',
    cause: 'Wrong user or password, or the account may not connect from this host.',
    hint: 'Check `user` and `password` of the source.',
    retryable: false,
  },
  PRIVILEGE_MISSING: {
    title: 'The database user lacks a privilege',
    cause: 'The account may connect, but not read what the spec asks for.',
    hint: 'Grant SELECT on the table to the user of the source.',
    retryable: false,
  },
  DATABASE_UNKNOWN: {
    title: 'The database does not exist',
    cause: '`database` of the source is misspelt, or the user may not see it.',
    hint: 'Correct `database` of the source.',
    retryable: false,
  },
  TABLE_UNKNOWN: {
    title: 'The table does not exist',
    cause: 'The name is misspelt, the table was renamed or dropped, or the user may not see it.',
    hint: 'Correct the table name in the spec.',
    retryable: false,
  },
  COLUMN_UNKNOWN: {
    title: 'A column does not exist',
    cause: 'The name is misspelt, or the column was renamed or dropped.',
    hint: 'Correct the column name in the spec.',
    retryable: false,
  },
  QUERY_INVALID: {
    title: 'The database did not accept the SQL',
    cause:
      'A syntax error in the custom query, or a condition that the server refuses, such as a broken regexp.',
    hint: 'Try the statement by hand in a client; `tidemark plan` prints it.',
    retryable: false,
  },
  QUERY_WRITES: {
    title: 'The custom query tries to write',
    cause: 'Tidemark reads in a read-only session; the query is not a plain SELECT.',
    hint: 'Make `query.custom` one SELECT without INTO, FOR UPDATE or further statements.',
    retryable: false,
  },
  COLUMNS_AMBIGUOUS: {
    title: 'Two output columns have the same name',
    cause: 'A join in the custom query returns a column name twice.',
    hint: 'Give one of them an alias: `SELECT a.id, b.id AS b_id …`.',
    retryable: false,
  },
  SPAN_ON_NUMBER: {
    title: 'A time span stands on a numeric column',
    cause: '`cdc` counts a span such as "12 hours" back in time, and the column holds numbers.',
    hint: 'Use a DATE, DATETIME or TIMESTAMP column, or a literal bound.',
    retryable: false,
  },
  WATERMARK_TYPE: {
    title: 'The column cannot be a watermark',
    cause: '`cdc` names a column as watermark whose values are neither times nor integers.',
    hint: 'Use a DATETIME, TIMESTAMP, DATE or integer column that every write moves forward, such as `updated_at TIMESTAMP(6) … ON UPDATE CURRENT_TIMESTAMP(6)`.',
    retryable: false,
  },
  WATERMARK_VALUE: {
    title: 'A watermark or a bound is no value of its column',
    cause: '`initial`, a value set by hand, or a bound of a backfill does not fit the column.',
    hint: 'Write a time as "2026-01-31 03:00:00" and a number as 1700.',
    retryable: false,
  },
  WATERMARK_MISMATCH: {
    title: 'The spec names another watermark column than what is remembered',
    cause: 'The column in `cdc` was changed. What was read by the old column says nothing about the new one.',
    hint: 'Set where the new column begins with `tidemark watermark set`, or start over with `tidemark watermark reset`.',
    retryable: false,
  },
  REPLICATION_STOPPED: {
    title: 'The replica does not know how far it is behind',
    cause:
      'Its replication is stopped or broken. A watermark that moved on now would leave out what arrives later.',
    hint: 'Start the replication. Where the server is no replica any more: RESET REPLICA ALL (RESET SLAVE ALL).',
    retryable: true,
  },
  NOT_INCREMENTAL: {
    title: 'The task has no window that a backfill could stand on',
    cause: 'A backfill puts past windows in the place of the spec’s own, and a table or the query has none.',
    hint: 'Give each table one `cdc` column with a watermark or a span, or use :from and :to in the query. To read everything once more, use `tidemark run`.',
    retryable: false,
  },
  BACKFILL_AHEAD: {
    title: 'The backfill reaches into the present',
    cause:
      'Rows can still be committed within the window: it is not past yet, a transaction is open since before its end, or it ends beyond the largest number there is.',
    hint: 'Choose an earlier --to. What lies after it is for the live runs.',
    retryable: false,
  },
  CONNECTION_LOST: {
    title: 'The connection to the database was lost',
    cause: 'The server restarted, the session was killed, or the network broke before the last row was read.',
    hint: 'Usually passes by itself. If it recurs, look at the server log and at `net_write_timeout`.',
    retryable: true,
  },
  CONNECTION_SILENT: {
    title: 'The database went silent',
    cause:
      'No byte came for longer than `idle_timeout`, and the server is not working on the query or cannot be asked: it hangs, or the network path is dead.',
    hint: 'Look at the server and at what is in between: load balancers and firewalls drop idle connections. A slow query alone is waited for.',
    retryable: true,
  },
  TOO_MANY_CONNECTIONS: {
    title: 'The database has no connection left',
    cause: '`max_connections` of the server or of the user is reached.',
    hint: 'Raise the limit, or lower `max_concurrent_tasks`.',
    retryable: true,
  },
  LOCK_TIMEOUT: {
    title: 'A lock could not be had in time',
    cause: 'Another transaction or an ALTER TABLE holds the table.',
    hint: 'Find the holder with SHOW PROCESSLIST, or move the schedule away from it.',
    retryable: true,
  },
  CONSISTENCY_UNPROVEN: {
    title: 'The rows cannot be proved to be of one moment',
    cause:
      'The task asks for `"consistency": "snapshot"` or `"locked"`, and the server, its settings or the grants of the account do not let several connections prove that they read the same; a table is not of InnoDB; or the connections lead to different servers.',
    hint: 'See docs/scaling.md, "One moment". With `"parallelism": 1` one connection reads everything in one transaction.',
    retryable: true,
  },
  QUERY_TIMEOUT: {
    title: 'The query took longer than allowed',
    cause: 'The server ended it: `max_execution_time`, `max_statement_time`, or somebody killed it.',
    hint: 'Add an index for the filter, narrow the window, or raise the limit.',
    retryable: true,
  },
  TABLE_CHANGED: {
    title: 'The table was altered while it was read',
    cause: 'An ALTER TABLE or TRUNCATE ended after the snapshot was taken.',
    hint: 'Run again; keep migrations away from the schedule.',
    retryable: true,
  },
  ZERO_DATE: {
    title: 'A zero or partial date was found',
    cause: 'The spec says `"zero_dates": "fail"` and a value such as 0000-00-00 was read.',
    hint: 'Correct the row, or choose `"zero_dates": "null"` or `"string"`.',
    retryable: false,
  },
  VALUE_UNFIT: {
    title: 'A value does not fit the type of its column',
    cause:
      'The server sent a value that the column’s declared type does not have, so Parquet cannot hold it exactly.',
    hint: 'CAST the column in a custom query to a type that holds its values, or write csv or jsonl, which take any text.',
    retryable: false,
  },
  TRANSFORM_UNFIT: {
    title: 'A column transformation does not fit its column',
    cause:
      'An operation of `column_transformation` is for other types: `trim` for texts, `json` for texts and JSON, a default for values of its type.',
    hint: 'Correct the spec; docs/transformations.md says what each operation takes.',
    retryable: false,
  },
  TRANSFORM_INVALID: {
    title: 'The module of row_transform cannot be used',
    cause:
      'The file is not in `transforms_dir`, it cannot be loaded, it does not export `transformRow` or `transformBatch`, or what it declares as `columns` is not right.',
    hint: 'Correct the module; `tidemark check` loads it as a run does.',
    retryable: false,
  },
  TRANSFORM_FAILED: {
    title: 'The module of row_transform failed',
    cause: 'It threw an error, ended its thread, or returned a row that does not have the declared columns.',
    hint: 'Correct the module or the row. The run that comes after that uses the corrected module.',
    retryable: false,
  },
  TRANSFORM_TIMEOUT: {
    title: 'The module of row_transform took too long',
    cause: 'A batch of rows took longer than `row_transform.timeout`: an endless loop, or a slow service.',
    hint: 'Look for a loop that never ends; use `transformBatch` to ask for many rows at once; or raise `row_transform.timeout`.',
    retryable: true,
  },
  TRANSFORM_MEMORY: {
    title: 'The module of row_transform took too much memory',
    cause: 'Its thread reached `row_transform.memory_mb`, usually as it keeps something of every row.',
    hint: 'Keep nothing from one batch to the next, or raise `row_transform.memory_mb`.',
    retryable: false,
  },
  SCHEMA_CHANGED: {
    title: 'The columns have changed since the last run',
    cause:
      'The spec says `"on_schema_change": "fail"`, and a column is new, gone or of another type than what the last run that succeeded has written.',
    hint: 'Make ready whatever reads the files, then accept the change once with `tidemark run -s FILE --accept-schema-change`.',
    retryable: false,
  },
  RESULT_EMPTY: {
    title: 'The result was empty',
    cause: 'The spec says `"on_empty": "fail"` and no row matched.',
    hint: 'Check the filters and the window; if empty is fine, use `"on_empty": "header"` or `"skip"`.',
    retryable: false,
  },
  EXPECTATION_FAILED: {
    title: 'The run has not the size that is expected',
    cause:
      'The spec says `"on_violation": "fail"` under `expect`, and the run has fewer rows than `min_rows`, or differs from the usual by more than `max_change`.',
    hint: 'Look at the source: were rows deleted, or loaded twice, or not yet? If the size is right, change `expect` in the spec, or set `"on_violation": "warn"` there.',
    retryable: false,
  },
  TLS_FAILED: {
    title: 'The secure connection could not be set up',
    cause: 'The source asks for TLS and the server does not offer it, or its certificate is not trusted.',
    hint: 'Check `tls` of the source; for a private authority name its certificate in `tls_ca`.',
    retryable: false,
  },
  SOURCE_FAILED: {
    title: 'The database reported an error',
    cause: 'The server answered with an error that has no code of its own here.',
    hint: 'Look the server’s own error number up; it is in the message.',
    retryable: false,
  },

  // sink
  BUCKET_MISSING: {
    title: 'The bucket does not exist',
    cause: '`bucket` of the sink is misspelt, or it is in another region or account.',
    hint: 'Correct `bucket`, `region` or `endpoint` of the sink, or create the bucket.',
    retryable: false,
  },
  S3_ACCESS_DENIED: {
    title: 'S3 refused the request',
    cause: 'The credentials lack a permission on the bucket or its encryption key.',
    hint: 'Allow s3:PutObject and s3:AbortMultipartUpload on the prefix.',
    retryable: false,
  },
  S3_CREDENTIALS: {
    title: 'The S3 credentials are missing, wrong or expired',
    cause: 'No credentials were found, the key is unknown, or a session token is past its end.',
    hint: 'Renew the credentials, or check the environment, profile or role that Tidemark runs with.',
    retryable: false,
  },
  S3_THROTTLED: {
    title: 'S3 asked to slow down',
    cause: 'Too many requests on the prefix; the SDK’s own retries were used up.',
    hint: 'Usually passes by itself. If it recurs, spread schedules or use a prefix of its own.',
    retryable: true,
  },
  S3_UNAVAILABLE: {
    title: 'S3 did not answer as it should',
    cause:
      'The endpoint cannot be reached, reset the connection, was silent for too long, or answered with a 5xx.',
    hint: 'Usually passes by itself. If it recurs, check `endpoint`, `region` and the network.',
    retryable: true,
  },
  PUBLISH_INCOMPLETE: {
    title: 'The run failed while it was being published, and is neither finished nor undone yet',
    cause:
      'The bucket failed during the commit, and again when Tidemark asked how far it had come or took it back.',
    hint: 'Read only what a manifest names. Tidemark finishes the run or clears it away as soon as the bucket lets it: every five minutes, and before the task runs again.',
    retryable: true,
  },
  UPLOAD_GONE: {
    title: 'An upload that was to be completed is gone',
    cause:
      'Somebody, or a lifecycle rule of the bucket, ended incomplete uploads while the run was being published or waited for recovery.',
    hint: 'Nothing of the run stays behind; run it again. A lifecycle rule for incomplete uploads should wait for a week.',
    retryable: true,
  },
  S3_FAILED: {
    title: 'S3 reported an error',
    cause: 'The service answered with an error that has no code of its own here.',
    hint: 'Look the service’s own error code up; it is in the message.',
    retryable: false,
  },
  OBJECT_TOO_LARGE: {
    title: 'An object grew beyond what S3 takes',
    cause: 'A table exported as one object passed 5 TB or 10,000 parts.',
    hint: 'Lower `batch_threshold_mb`, so that the table is exported in batches.',
    retryable: false,
  },

  // what was published
  COUNT_DIFFERS: {
    title: 'The server counts other rows than were read',
    cause:
      'With `--verify count`, COUNT(*) over the same rows of the same snapshot gave another number than was written.',
    hint: 'Nothing was published. For a custom query, make sure that it returns the same rows each time: RAND(), NOW(6) or LIMIT without ORDER BY do not. Otherwise look for a corrupt index (`CHECK TABLE`), and report it.',
    retryable: false,
  },
  MANIFEST_UNREADABLE: {
    title: 'The manifest cannot be read',
    cause: 'There is no object under its key, or it is not a manifest that this Tidemark knows.',
    hint: 'Look what became of the object: a lifecycle rule of the bucket, or somebody, may have removed or replaced it.',
    retryable: false,
  },
  VERIFY_FAILED: {
    title: 'What is in the bucket is not what was published',
    cause: 'An object that the manifest names is missing, was replaced, or holds other bytes.',
    hint: 'Look who else writes to the prefix. Run the task again, or backfill its window, to publish the rows anew.',
    retryable: false,
  },

  // this machine
  STATE_UNUSABLE: {
    title: 'The state folder cannot be used',
    cause: 'It cannot be written, its file is corrupt, or it was written by a newer Tidemark.',
    hint: 'Check owner and free space of `state_dir`; restore the file from a backup rather than deleting it.',
    retryable: false,
  },
  STATE_DIVERGED: {
    title: 'The state in this folder is not a copy of the leader’s',
    cause:
      'With `ha`, two daemons have one state. This one has a past of its own, or differs from what the leader has recorded.',
    hint: 'Keep the folder `state_dir` of this machine under another name and start its daemon: it takes a copy from the leader.',
    retryable: false,
  },
  NOT_LEADER: {
    title: 'Another daemon leads',
    cause:
      'With `ha`, one daemon at a time runs tasks and changes the state. The one on this machine does not.',
    hint: 'Do it on the machine whose daemon leads: its name is in the message, and on the status page of either.',
    retryable: false,
  },
  LEADERSHIP_LOST: {
    title: 'The daemon no longer leads',
    cause:
      'It was paused or cut off from Redis for longer than its lease, and another daemon has taken over, or may have.',
    hint: 'Nothing: the daemon that leads finishes or undoes the run, and makes up for its slot. If it recurs, see what holds up the machine or its way to Redis.',
    retryable: true,
  },
  NO_WORKERS: {
    title: 'No worker took the run on',
    cause:
      'With the executor `bullmq`, batches are read by `tidemark worker`. None runs, all have their hands full, or those that run cannot read for this daemon: another release, another source or sink under the same name.',
    hint: 'Start workers with `tidemark worker`, with the same `executor`, sources and sinks; their logs say why they refuse. To wait longer: `executor.worker_wait`.',
    retryable: true,
  },
  RUN_LEFT: {
    title: 'The run goes on without the process that led it',
    cause: 'The daemon was told to stop while workers read for it.',
    hint: 'Nothing is lost: the daemon leads the run on when it has started again. Workers wait for it for ten minutes.',
    retryable: false,
  },
  QUEUE_LOST: {
    title: 'The queue has lost the run',
    cause: 'Redis came back without its data, or somebody removed them.',
    hint: 'Give Redis persistence (`appendonly yes`) and `maxmemory-policy noeviction`. Nothing was published; the run is repeated.',
    retryable: true,
  },
  REDIS_UNREACHABLE: {
    title: 'Redis cannot be reached',
    cause:
      'The server of `executor.url` is down, refuses the login or to write, or is not reached from this machine.',
    hint: 'Check `executor.url` and the server.',
    retryable: true,
  },
  LOGS_UNWRITABLE: {
    title: 'The log files cannot be written',
    cause: 'The disk is full, or the folder is not writable. Runs go on; their log lines go to stderr only.',
    hint: 'Free space on the disk of `logs_dir`, or correct its permissions.',
    retryable: true,
  },
  LANE_LOST: {
    title: 'What read a batch is gone',
    cause:
      'A thread that reads, encodes and uploads ended, and with it its connection and snapshot: it ran out of memory, a fault in it ended it, or it was killed. Its batch is done again by others that read the same snapshot; where there are none, the attempt fails.',
    hint: 'If it recurs, look for values of hundreds of megabytes, lower `parallelism` or raise `memory_limit_mb`.',
    retryable: true,
  },
  ENCODER_DIED: {
    title: 'The thread that encodes Parquet ended',
    cause: 'It ran out of memory, or a fault in it or in the compression library ended it.',
    hint: 'If it recurs, look for values of hundreds of megabytes and give the machine more memory; csv and jsonl need less.',
    retryable: true,
  },
  MAIL_FAILED: {
    title: 'A mail could not be sent',
    cause: 'The SMTP server cannot be reached, refused the login, or refused the recipient.',
    hint: 'Check `smtp` in the config with `tidemark check --connect`. The mail is kept and tried again.',
    retryable: true,
  },
  WEBHOOK_FAILED: {
    title: 'A message could not be sent to the webhook',
    cause: 'The webhook of `notify.webhook` cannot be reached, is unknown, or refused the message.',
    hint: 'Check `notify.webhook.url` in the config. The message is kept and tried again.',
    retryable: true,
  },
  INTERNAL: {
    title: 'Tidemark itself failed',
    cause: 'A fault in the program.',
    hint: 'Please report it with the run’s log.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
