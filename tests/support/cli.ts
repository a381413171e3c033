/** The built CLI as child processes: single commands, and the daemon. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { globSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { clearLater } from './leftovers.ts';

const ROOT = path.join(import.meta.dirname, '../..');
/** The built program, for tests that start it in a way of their own. */
export const CLI = path.join(ROOT, 'dist/main.js');

const WAIT_SECONDS = 90;
const STOP_SECONDS = 40; // longer than the daemon's own `shutdown_grace`

export interface CliOptions {
  readonly cwd: string;
  /** Added to an environment that holds nothing but PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface CliResult {
  /** Null: ended by `signal`. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly pid: number;
  kill(signal?: NodeJS.Signals): void;
  /** Everything written to stdout and stderr so far, line by line in order of arrival. */
  lines(): readonly string[];
  /** The first line that matches, past or future. Rejects when the process ends first, or after a minute and a half. */
  waitForLine(pattern: RegExp): Promise<string>;
  /** Settles when the process has ended and its output has been read. */
  readonly exit: Promise<CliResult>;
  /** SIGTERM, and SIGKILL to a process that takes no notice of it. */
  stop(): Promise<CliResult>;
}

/** Compiles the CLI where a source is newer than what was built. */
export async function buildCli(): Promise<void> {
  const sources = [
    ...globSync('src/**/*.{ts,js,css,svg}', { cwd: ROOT }),
    'tsconfig.json',
    'tsconfig.build.json',
  ];
  const newest = Math.max(...sources.map((file) => statSync(path.join(ROOT, file)).mtimeMs));
  const built = statSync(CLI, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built > newest) return;
  try {
    await promisify(execFile)('npm', ['run', '--silent', 'build'], { cwd: ROOT });
  } catch (error) {
    throw new Error(`the CLI does not build:\n${(error as { stdout: string }).stdout}`, { cause: error });
  }
}

/** Starts the CLI and lets it run. */
export function startTidemark(args: readonly string[], options: CliOptions): RunningCli {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: options.cwd,
    env: { PATH, HOME, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A test that fails before it stops its daemon must not leave it behind.
  child.once(
    'exit',
    clearLater(() => child.kill('SIGKILL')),
  );

  const lines: string[] = [];
  const collected = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (collected[name] += text));
    createInterface({ input: child[name] }).on('line', (line) => {
      lines.push(line);
      for (const listener of listeners) listener();
    });
  }
  let ended = false;
  const exit = once(child, 'close').then(([code, signal]): CliResult => {
    ended = true;
    for (const listener of listeners) listener();
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, ...collected };
  });

  return {
    pid: child.pid!,
    kill: (signal = 'SIGTERM') => void child.kill(signal),
    lines: () => lines,
    exit,
    stop: () => stopChild(child, exit),
    waitForLine: (pattern) =>
      new Promise((resolve, reject) => {
        const settle = (): void => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined && !ended) return;
          clearTimeout(timer);
          listeners.delete(settle);
          if (found === undefined) reject(missing('before the process ended'));
          else resolve(found);
        };
        const missing = (when: string): Error =>
          new Error(`no line matched ${pattern} ${when}; the output was:\n${lines.join('\n')}`);
        const timer = setTimeout(() => {
          listeners.delete(settle);
          reject(missing(`within ${WAIT_SECONDS} s`));
        }, WAIT_SECONDS * 1000);
        listeners.add(settle);
        settle();
      }),
  };
}

/** Runs one command to its end. `tidemark(['run', '-s', file], {cwd})` */
export async function tidemark(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return startTidemark(args, options).exit;
}

/** `tidemark daemon --config FILE` */
export function startDaemon(configFile: string, options: CliOptions): RunningCli {
  return startTidemark(['daemon', '--config', configFile], options);
}

async function stopChild(child: ChildProcess, exit: Promise<CliResult>): Promise<CliResult> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1000);
  const result = await exit;
  clearTimeout(timer);
  return result;
}
