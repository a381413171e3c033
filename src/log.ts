/**
 * The log: `tidemark.log` and stderr for everything, and a file per run. Built on winston, with one rule of its own:
 * a disk that is full or a folder that cannot be written never breaks a run. Lines then go to stderr alone, the
 * owner of the log is told once, and the files go on as soon as they can be written again.
 */
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { styleText } from 'node:util';
import winston from 'winston';
import type { TidemarkError } from './errors.ts';
import { logFiles } from './log-files.ts';
import { type LogLevel, renderLine } from './log-line.ts';
import type { LogRotation } from './log-rotation.ts';
import type { Log, LogFields, RunLog } from './ports.ts';

export type { LogLevel } from './log-line.ts';

/** What can be changed while the log is written. */
export interface LogSettings {
  readonly level: LogLevel;
  /** When a new `tidemark.log` is begun; null: never by Tidemark itself. */
  readonly rotation: LogRotation | null;
}

export interface LogOptions {
  /** Holds `tidemark.log` and one folder per task; made when the first line is written. */
  readonly logsDir: string;
  readonly level: LogLevel;
  /** Default: null. */
  readonly rotation?: LogRotation | null;
  /** Takes the secrets out of every line, whatever part of it they are in. */
  readonly redact: (text: string) => string;
  /** Called with LOGS_UNWRITABLE when lines begin to be lost to the files; not again before a line was written. */
  readonly onWriteFailure: (error: TidemarkError) => void;
  /** Default: the process's stderr. */
  readonly stderr?: NodeJS.WriteStream | NodeJS.WritableStream | undefined;
  readonly now?: (() => Date) | undefined;
}

export interface ProcessLog extends Log {
  /** From the next line on. */
  configure(settings: LogSettings): void;
  /** The log of one run, whose lines also go to `<logsDir>/<task>/<task>_<stamp>.log`. */
  forRun(task: string, stamp: string): RunLog;
}

/** Lines of a run that are kept for its mail. */
const TAIL_LINES = 200;
const COLORS = { error: 'red', warn: 'yellow', info: 'green', debug: 'gray' } as const;

/** What passes through winston: a line that is rendered and redacted, and the files it belongs in. */
interface Entry {
  readonly level: LogLevel;
  readonly message: string;
  readonly files: readonly string[];
}

export function createLog(options: LogOptions): ProcessLog {
  const { logsDir, redact, stderr = process.stderr, now = () => new Date() } = options;
  const mainFile = join(logsDir, 'tidemark.log');
  // Whoever started the daemon may close the terminal: without a listener the next line would end the process.
  stderr.on('error', ignore);
  let { rotation = null } = options;
  const files = logFiles({
    mainFile,
    rotation: () => rotation,
    now,
    report: filesWritable,
    // The line itself is written all the same.
    reportRotation: (error) => emit('warn', 'tidemark.log cannot be rotated; it grows', { error }, null),
  });

  const logger = winston.createLogger({
    level: options.level,
    format: winston.format.printf(({ message }) => String(message)),
    transports: [
      stderrStream(stderr),
      entryStream((entry) => {
        for (const file of entry.files) files.append(file, entry.message);
      }),
    ].map((stream) => new winston.transports.Stream({ stream })),
  });

  function emit(level: LogLevel, message: string, fields: LogFields, run: OpenRun | null): void {
    if (!logger.isLevelEnabled(level)) return;
    const line = renderLine(level, message, fields, now(), redact);
    run?.lines.push(line);
    if (run !== null && run.lines.length > TAIL_LINES) run.lines.shift();
    const entry: Entry = { level, message: line, files: run === null ? [mainFile] : [mainFile, run.file] };
    logger.log(entry);
  }

  function filesWritable(failure: TidemarkError | null): void {
    if (failure === null) {
      emit('info', 'the log files are written again', {}, null);
      return;
    }
    const { code, hint } = failure;
    emit('error', failure.message, { code, hint }, null);
    options.onWriteFailure(failure);
  }

  return {
    ...levels((level, message, fields) => emit(level, message, fields, null)),
    configure: (settings) => {
      logger.level = settings.level;
      rotation = settings.rotation;
    },
    forRun: (task, stamp) => {
      const run: OpenRun = { file: join(logsDir, task, `${task}_${stamp}.log`), lines: [] };
      return {
        ...levels((level, message, fields) => emit(level, message, { task, ...fields }, run)),
        file: run.file,
        tail: (count) => (count <= 0 ? [] : run.lines.slice(-count)),
        // Every line is in its file before the call that wrote it returns, and no file is held open between lines.
        close: () => Promise.resolve(),
      };
    },
  };
}

interface OpenRun {
  readonly file: string;
  readonly lines: string[];
}

function levels(emit: (level: LogLevel, message: string, fields: LogFields) => void): Log {
  return {
    debug: (message, fields = {}) => emit('debug', message, fields),
    info: (message, fields = {}) => emit('info', message, fields),
    warn: (message, fields = {}) => emit('warn', message, fields),
    error: (message, fields = {}) => emit('error', message, fields),
  };
}

function ignore(): void {}

function stderrStream(stderr: NodeJS.WriteStream | NodeJS.WritableStream): Writable {
  const colored = 'isTTY' in stderr && stderr.isTTY;
  return entryStream(({ level, message }) => {
    stderr.write(`${colored ? color(level, message, stderr) : message}\n`);
  });
}

/** Colours the level, where the terminal can show it and NO_COLOR does not forbid it. */
function color(level: LogLevel, line: string, stream: NodeJS.WritableStream): string {
  const name = level.toUpperCase();
  return line.replace(name, styleText(COLORS[level], name, { validateStream: true, stream }));
}

/** A stream of entries for winston. It writes within the call, so that no line is lost when the process ends. */
function entryStream(write: (entry: Entry) => void): Writable {
  return new Writable({
    objectMode: true,
    write: (entry: Entry, _encoding, next) => {
      write(entry);
      next();
    },
  });
}
