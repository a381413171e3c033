/**
 * Which tasks a folder of spec files stands for, and what a rescan changed. Pure: the scanner brings what it read,
 * this module decides. A file whose new content cannot be used keeps its last good version; of two files with the
 * same task name the one that had it first keeps it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Spec } from '../domain/spec.ts';
import type { FaultsError } from '../errors.ts';

/** What a file says now: a spec, or why it is none. */
export type Content = { readonly spec: Spec } | { readonly error: FaultsError };

export interface FileState {
  readonly file: string;
  readonly content: Content;
  /** The version of this file that is in force; null where it has none. */
  readonly inForce: Spec | null;
  /** File that holds the task name this file asks for; null where there is no such conflict. */
  readonly heldBy: string | null;
}

/** By file, in the order in which the files were first seen. */
export type SpecSet = ReadonlyMap<string, FileState>;

export interface SpecDiff {
  readonly added: readonly Spec[];
  /** The same task with another spec, or from another file. */
  readonly changed: readonly Spec[];
  readonly removed: readonly Spec[];
  /** New content that cannot be used; reported once per content. */
  readonly invalid: readonly {
    readonly file: string;
    readonly lastGood: Spec | null;
    readonly error: FaultsError;
  }[];
  /** Specs left out because another file holds their task name; reported once per content and holder. */
  readonly duplicates: readonly {
    readonly spec: Spec;
    readonly heldBy: string;
    readonly lastGood: Spec | null;
  }[];
  /** Files that were invalid or duplicates before, and are in force again. */
  readonly repaired: readonly string[];
}

/**
 * The set after a rescan, and the difference.
 * `present`: every spec file there is, in the order in which newcomers get their task names; `read`: the content
 * of those that are new or changed.
 */
export function updateSpecSet(
  previous: SpecSet,
  present: readonly string[],
  read: ReadonlyMap<string, Content>,
): { readonly set: SpecSet; readonly diff: SpecDiff } {
  const files = inFirstSeenOrder(previous, present, read);
  const contentOf = (file: string): Content | undefined => read.get(file) ?? previous.get(file)?.content;
  const wish = (file: string): Spec | null => {
    const content = contentOf(file);
    if (content !== undefined && 'spec' in content) return content.spec;
    return previous.get(file)?.inForce ?? null;
  };

  // Names go first to those who have them and keep them, then to the others in order of arrival.
  const holders = new Map<string, string>();
  for (const file of files) {
    const wanted = wish(file);
    if (wanted !== null && previous.get(file)?.inForce?.taskName === wanted.taskName)
      holders.set(wanted.taskName, file);
  }
  const set = new Map<string, FileState>();
  for (const file of files) {
    const content = contentOf(file);
    if (content === undefined) continue;
    set.set(file, {
      file,
      content,
      ...settle(file, wish(file), previous.get(file)?.inForce ?? null, holders),
    });
  }
  return { set, diff: difference(previous, set, read) };
}

/** The specs in force, by task name. */
export function specsInForce(set: SpecSet): ReadonlyMap<string, Spec> {
  const specs = new Map<string, Spec>();
  for (const { inForce } of set.values()) if (inForce !== null) specs.set(inForce.taskName, inForce);
  return specs;
}

/** Whether the file as it stands is in force. */
export function isUsed(state: FileState): boolean {
  return 'spec' in state.content && state.heldBy === null;
}

function inFirstSeenOrder(
  previous: SpecSet,
  present: readonly string[],
  read: ReadonlyMap<string, Content>,
): readonly string[] {
  const there = new Set(present);
  const known = [...previous.keys()].filter((file) => there.has(file));
  return [...known, ...present.filter((file) => !previous.has(file) && read.has(file))];
}

/** Gives a file the name it asks for, or else the one it had, or else none. */
function settle(
  file: string,
  wanted: Spec | null,
  before: Spec | null,
  holders: Map<string, string>,
): Pick<FileState, 'inForce' | 'heldBy'> {
  if (wanted === null) return { inForce: null, heldBy: null };
  const holder = holders.get(wanted.taskName) ?? file;
  if (holder === file) {
    holders.set(wanted.taskName, file);
    return { inForce: wanted, heldBy: null };
  }
  if (before === null || (holders.get(before.taskName) ?? file) !== file)
    return { inForce: null, heldBy: holder };
  holders.set(before.taskName, file);
  return { inForce: before, heldBy: holder };
}

function difference(previous: SpecSet, next: SpecSet, read: ReadonlyMap<string, Content>): SpecDiff {
  const before = specsInForce(previous);
  const after = specsInForce(next);
  const added = [...after.values()].filter((spec) => !before.has(spec.taskName));
  const removed = [...before.values()].filter((spec) => !after.has(spec.taskName));
  const changed = [...after.values()].filter((spec) => {
    const old = before.get(spec.taskName);
    return old !== undefined && old !== spec && !isDeepStrictEqual(old, spec);
  });

  const invalid: SpecDiff['invalid'][number][] = [];
  const duplicates: SpecDiff['duplicates'][number][] = [];
  const repaired: string[] = [];
  for (const { file, content, inForce, heldBy } of next.values()) {
    const old = previous.get(file);
    if ('error' in content) {
      if (read.has(file)) invalid.push({ file, lastGood: inForce, error: content.error });
    } else if (heldBy !== null) {
      if (read.has(file) || old?.heldBy !== heldBy) {
        duplicates.push({ spec: content.spec, heldBy, lastGood: inForce });
      }
    } else if (old !== undefined && !isUsed(old)) {
      repaired.push(file);
    }
  }
  return { added, changed, removed, invalid, duplicates, repaired };
}
