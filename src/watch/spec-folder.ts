/**
 * Reads a folder of task specs and remembers what it has read, so that a rescan of unchanged files costs one stat
 * each and no read. Subfolders are not looked into.
 *
 * A file that does not parse may be half-written. It is read again after it has been quiet for a moment, and only
 * then called invalid.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Spec } from '../domain/spec.ts';
import { FaultsError } from '../errors.ts';
import { MAX_SPEC_BYTES, specText, tooLarge, unreadable } from '../spec/text.ts';
import type { Content } from './spec-set.ts';

/** Stats in flight at once: enough to be quick, few enough to leave the thread pool to others. */
const STATS_AT_ONCE = 64;

/** A file changed this recently may change again without its time stamp showing it: it is read once more. */
const RACY_MS = 2000;

/** Parses the text of one spec; throws FaultsError. */
export type ParseSpec = (text: string, file: string) => Spec;

export interface FolderScan {
  /** Device and inode of the folder: they change when it is deleted and made again. */
  readonly identity: string;
  /** Paths of all spec files, sorted. */
  readonly present: readonly string[];
  /** Content of the files that are new or changed, as far as it is settled. */
  readonly read: ReadonlyMap<string, Content>;
  /** Milliseconds after which another scan is due because a file is not settled; null: none is. */
  readonly recheckAfter: number | null;
}

interface Known {
  /** Size, times and inode at the last read; null: read again whatever they are. */
  stamp: string | null;
  /** Hash of the content last handed on. */
  digest: string | null;
  /** Content that did not parse, and since when it has stood there. */
  doubtful: { readonly digest: string; readonly since: number } | null;
}

/** Whether a file of this name in the specs folder is a task spec, and not an editor's or the schema. */
export function isSpecFileName(name: string): boolean {
  return name.endsWith('.json') && !/^[.#~]/.test(name) && name !== 'spec.schema.json';
}

/** Whether a path, as scans name it, is that of a spec file that is in a folder at this moment. */
export function isSpecFile(folder: string, file: string): boolean {
  const name = basename(file);
  return file === join(folder, name) && isSpecFileName(name) && fs.existsSync(file);
}

/**
 * A scanner of one folder; `afresh` reads every file again. `quietMs`: how long content that does not parse must stand unchanged before it is
 * handed on as invalid. The scan rejects with the file system's error where the folder cannot be read.
 */
export function specFolder(
  folder: string,
  parse: ParseSpec,
  quietMs: number,
): (afresh?: boolean) => Promise<FolderScan> {
  const known = new Map<string, Known>();

  return async (afresh = false) => {
    if (afresh) known.clear();
    const { dev, ino } = await stat(folder);
    const names = (await readdir(folder)).filter(isSpecFileName).toSorted();
    const stats = await statAll(names.map((name) => join(folder, name)));
    for (const file of known.keys()) if (!stats.has(file)) known.delete(file);

    const read = new Map<string, Content>();
    let recheckAfter: number | null = null;
    for (const [file, { stamp, modified }] of stats) {
      const entry = known.get(file) ?? { stamp: null, digest: null, doubtful: null };
      known.set(file, entry);
      if (entry.stamp === stamp) continue;
      const racy = Math.abs(Date.now() - modified) < RACY_MS;
      const { content, settled } = await readSettled(file, entry, parse, quietMs);
      if (content !== null) read.set(file, content);
      entry.stamp = settled && !racy ? stamp : null;
      const wait = settled ? (racy ? RACY_MS : null) : quietMs;
      if (wait !== null) recheckAfter = Math.min(wait, recheckAfter ?? wait);
    }
    return { identity: `${dev}:${ino}`, present: [...stats.keys()], read, recheckAfter };
  };
}

/** What a look at a file found; null: nothing there. */
type Look = { readonly found: fs.Stats } | { readonly error: string } | null;

/**
 * Size, times and inode of each regular file, links followed; what is gone or no file is left out. Written with
 * callbacks: for 1,000 files this takes half the CPU of promises, and a polled folder is looked at all day.
 */
function statAll(files: readonly string[]): Promise<Map<string, { stamp: string; modified: number }>> {
  return new Promise((resolve) => {
    const stats: Look[] = files.map(() => null);
    let started = 0;
    let left = files.length;
    const next = (): void => {
      const at = started++;
      const file = files[at];
      if (file === undefined) return;
      fs.stat(file, (error, found) => {
        if (error === null) stats[at] = { found };
        else if (!isGone(error)) stats[at] = { error: error.code ?? error.message };
        if (--left === 0) resolve(stamps(files, stats));
        else next();
      });
    };
    if (left === 0) resolve(new Map());
    for (let lane = 0; lane < STATS_AT_ONCE; lane++) next();
  });
}

function stamps(
  files: readonly string[],
  stats: readonly Look[],
): Map<string, { stamp: string; modified: number }> {
  const found = new Map<string, { stamp: string; modified: number }>();
  files.forEach((file, at) => {
    const look = stats[at] ?? null;
    if (look === null) return;
    // One file that cannot be looked at is that file's fault, to be told to somebody, and no other's.
    if ('error' in look) found.set(file, { stamp: `unreadable: ${look.error}`, modified: 0 });
    if ('error' in look || !look.found.isFile()) return;
    const one = look.found;
    const stamp = `${one.dev}:${one.ino}:${one.size}:${one.mtimeMs}:${one.ctimeMs}`;
    found.set(file, { stamp, modified: one.mtimeMs });
  });
  return found;
}

/** A file may vanish between the listing and the stat, and a link may lead nowhere or round in a circle. */
function isGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR';
}

async function readSettled(
  file: string,
  entry: Known,
  parse: ParseSpec,
  quietMs: number,
): Promise<{ content: Content | null; settled: boolean }> {
  const { digest, content } = await readContent(file, parse, entry.digest);
  if (content === null || 'spec' in content) {
    entry.doubtful = null;
    entry.digest = digest;
    return { content, settled: true };
  }
  const now = performance.now();
  if (entry.doubtful?.digest !== digest) entry.doubtful = { digest, since: now };
  if (now - entry.doubtful.since < quietMs) return { content: null, settled: false };
  entry.doubtful = null;
  entry.digest = digest;
  return { content, settled: true };
}

/** Content null: the same as was handed on before. */
async function readContent(
  file: string,
  parse: ParseSpec,
  before: string | null,
): Promise<{ digest: string; content: Content | null }> {
  let digest = '';
  try {
    const text = await readText(file);
    digest = createHash('sha256').update(text).digest('base64');
    return { digest, content: digest === before ? null : { spec: parse(text, file) } };
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    digest ||= error.message;
    return { digest, content: digest === before ? null : { error } };
  }
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_SPEC_BYTES) throw tooLarge(size, file);
    return specText(await readFile(file), file);
  } catch (error) {
    if (error instanceof FaultsError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = `the file cannot be read: ${code ?? message}; the user Tidemark runs as must be able to read it`;
    throw unreadable(file, why);
  }
}
