/**
 * Keeps a set of specs equal to a folder: mark, debounce, rescan. The first scan and every later change take the
 * same path. Whatever says that something changed (inotify, the timer) only marks; what changed is found by the
 * rescan.
 *
 * inotify is one `fs.watch` on the folder itself, which sees writes to its files, renames and the swap of a
 * ConfigMap's `..data` link. What it cannot see (a link whose target is edited elsewhere, a folder deleted and
 * made again, another machine's write to a network mount) the slow sweep finds.
 */
import * as fs from 'node:fs';
import { TidemarkError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { specFolder, type FolderScan, type ParseSpec } from './spec-folder.ts';
import { updateSpecSet, type SpecDiff, type SpecSet } from './spec-set.ts';

export interface WatchOptions {
  readonly folder: string;
  readonly parse: ParseSpec;
  /** True: look about every `intervalMs` instead of asking the kernel, for mounts without inotify. */
  readonly polling: boolean;
  readonly intervalMs: number;
  /** Called after the first scan, and after each later one that read or missed a file. */
  readonly onChange: (set: SpecSet, diff: SpecDiff) => void;
  /** Called when something fails that is no fault of a file or the folder: the watch cannot go on. */
  readonly onFailure: (error: unknown) => void;
  readonly log: Log;
  /** How long after a mark the rescan waits for further ones. */
  readonly debounceMs?: number;
  /** How long content that does not parse must stand unchanged before it counts as invalid. */
  readonly quietMs?: number;
  /** How often a folder watched through the kernel is looked at all the same. */
  readonly sweepMs?: number;
}

export interface SpecWatch {
  /** Why the folder cannot be read at present; null: it can. */
  problem(): string | null;
  /**
   * Reads every file again, because `parse` has come to judge otherwise. Settles when `onChange` has heard of those
   * that can be used; of the others it hears when they have been quiet for a moment.
   */
  reread(): Promise<void>;
  /** No call of `onChange` follows. */
  close(): Promise<void>;
}

/**
 * Scans the folder once and then keeps watching it. Rejects with CONFIG_INVALID where the folder cannot be read
 * at the start; a folder that goes away later leaves the specs as they are until it is back.
 */
export async function watchSpecs(options: WatchOptions): Promise<SpecWatch> {
  const { folder, log, debounceMs = 100, quietMs = 1000, sweepMs = 30_000 } = options;
  const scanFolder = specFolder(folder, options.parse, quietMs);
  const fail = (error: unknown): void => options.onFailure(error);
  let set: SpecSet = new Map();
  let problem: string | null = null;
  let closed = false;
  let kernel: { identity: string; watcher: fs.FSWatcher } | null = null;
  let kernelRefused = options.polling;
  let scanning: Promise<void> = Promise.resolve();
  let due: { at: number; timer: NodeJS.Timeout } | null = null;

  const mark = (afterMs: number): void => {
    const at = performance.now() + afterMs;
    if (closed || (due !== null && due.at <= at)) return;
    clearTimeout(due?.timer);
    due = { at, timer: setTimeout(rescan, afterMs) };
  };

  const rescan = (): void => {
    due = null;
    scanning = scanning.then(() => scan()).catch(fail);
  };

  const scan = async (first = false, afresh = false): Promise<void> => {
    if (closed) return;
    let found: FolderScan;
    try {
      found = await scanFolder(afresh);
    } catch (error) {
      lost(error);
      return;
    }
    if (closed) return;
    if (problem !== null) log.info('specs folder can be read again', { folder });
    problem = null;
    listen(found.identity);
    const { set: next, diff } = updateSpecSet(set, found.present, found.read);
    set = next;
    if (first || found.read.size > 0 || Object.values(diff).some((list) => list.length > 0))
      options.onChange(set, diff);
    const patience = kernelRefused ? pollAfter(options.intervalMs, found.present.length) : sweepMs;
    mark(Math.min(found.recheckAfter ?? Infinity, patience));
  };

  /** The folder cannot be read: the specs stay in force, and the folder is looked for at every interval. */
  const lost = (error: unknown): void => {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    if (problem === null)
      log.error('specs folder cannot be read; its specs stay scheduled', { folder, error: code });
    problem = `specs folder ${folder} cannot be read: ${code}`;
    deafen();
    mark(options.intervalMs);
  };

  /** Asks the kernel for changes of this very folder; where it refuses, polling takes over. */
  const listen = (identity: string): void => {
    if (kernelRefused || kernel?.identity === identity) return;
    deafen();
    try {
      const watcher = fs.watch(folder, () => mark(debounceMs));
      watcher.on('error', refuse);
      kernel = { identity, watcher };
      // What changed between the scan and the watch was seen by neither.
      mark(debounceMs);
    } catch (error) {
      refuse(error);
    }
  };

  const refuse = (error: unknown): void => {
    const { code, message } = error as NodeJS.ErrnoException;
    kernelRefused = true;
    deafen();
    log.warn('the kernel cannot watch the specs folder; it is polled instead', {
      folder,
      error: code ?? message,
      hint: 'Raise fs.inotify.max_user_watches or max_user_instances, or set `watch.polling` to true.',
    });
    mark(options.intervalMs);
  };

  const deafen = (): void => {
    kernel?.watcher.close();
    kernel = null;
  };

  await assertFolder(folder);
  await scan(true);

  return {
    problem: () => problem,
    reread: () => (scanning = scanning.then(() => scan(false, true)).catch(fail)),
    close: async () => {
      closed = true;
      clearTimeout(due?.timer);
      deafen();
      await scanning;
    },
  };
}

/**
 * Milliseconds until a polled folder is looked at again. A stat takes about 25 µs of CPU, so a large folder is
 * looked at less often: polling stays well under one percent of one CPU.
 */
export function pollAfter(intervalMs: number, files: number): number {
  return Math.max(intervalMs, files * 8);
}

async function assertFolder(folder: string): Promise<void> {
  const refuse = (found: string): TidemarkError =>
    new TidemarkError('CONFIG_INVALID', `specs_dir: found ${folder}, ${found}`, {
      hint: 'Make the folder, or correct `specs_dir` in the config; the user Tidemark runs as must be able to read it.',
    });
  const stats = await fs.promises.stat(folder).catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code === 'ENOENT' ? 'which does not exist' : `which cannot be read: ${error.code}`);
  });
  if (!stats.isDirectory()) throw refuse('which is not a folder');
  await fs.promises
    .access(folder, fs.constants.R_OK | fs.constants.X_OK)
    .catch((error: NodeJS.ErrnoException) => {
      throw refuse(`which cannot be read: ${error.code}`);
    });
}
