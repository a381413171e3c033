/**
 * Holds the objects of a run against its manifest: each is read to its end, and its length, CRC-32 and number of
 * records are compared. Of an object, no more is kept in memory than its footer, where it has one.
 */
import { crc32 } from 'node:zlib';
import type { ErrorCode } from '../error-codes.ts';
import { asTidemarkError } from '../errors.ts';
import { fewAtOnce } from '../few-at-once.ts';
import type { ObjectReader, StoredObject } from '../object-ports.ts';
import type { Manifest, ManifestEntry } from './manifest.ts';
import { objectCounter } from './object-counter.ts';

/** What is compared. */
export interface Facts {
  readonly content_length: number;
  readonly record_count: number;
  /** 8 hex digits, of the object as it is. */
  readonly crc32: string;
}

/** `record_count`: null where the object cannot be read as what it should be. `run_id`: who wrote it; null: no run. */
export interface FoundFacts extends Omit<Facts, 'record_count'> {
  readonly record_count: number | null;
  readonly run_id: string | null;
}

/** An object that is not what the manifest says. */
export interface Difference {
  readonly key: string;
  readonly table: string;
  readonly batch: number | null;
  /**
   * `overwritten`: by another run, or by somebody else. `swapped`: it holds what another object of the run should.
   * `record_count`: all else agrees, so that the manifest itself is wrong. `unreadable`: S3 refuses to give it.
   */
  readonly kind:
    'missing' | 'overwritten' | 'swapped' | 'content_length' | 'crc32' | 'record_count' | 'unreadable';
  /** In words: what was expected, what was found. */
  readonly message: string;
  readonly expected: Facts;
  /** Null where there is nothing to read. */
  readonly found: FoundFacts | null;
}

export interface VerifyObserver {
  /** Bytes read and objects looked at so far. */
  progress(progress: { readonly bytes: number; readonly files: number }): void;
  /** As soon as it is found. */
  different(difference: Difference): void;
}

/** Objects that are read at once. More would not be faster: their bytes are summed in one thread. */
const AT_ONCE = 4;

/** Failures that are of one object; all others would be the same for the next. */
const OF_ONE_OBJECT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['S3_ACCESS_DENIED', 'S3_FAILED']);

/**
 * @returns what differs, in the manifest's order; empty where all is whole.
 * @throws TidemarkError where the bucket cannot be read: nothing is then known of the objects.
 */
export async function verifyObjects(
  manifest: Manifest,
  reader: ObjectReader,
  observer: VerifyObserver,
  signal: AbortSignal,
): Promise<Difference[]> {
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  const differences: (Difference | null)[] = [];
  let [bytes, files] = [0, 0];
  const onBytes = (length: number): void => observer.progress({ bytes: (bytes += length), files });

  await fewAtOnce(manifest.entries, AT_ONCE, async (entry, index) => {
    try {
      const difference = await verifyObject(manifest, entry, reader, onBytes, ended);
      differences[index] = difference;
      files++;
      onBytes(0);
      if (difference !== null) observer.different(difference);
    } catch (error) {
      // The others would go on reading to no end.
      failed.abort(error);
      throw error;
    }
  });
  return differences.filter((difference) => difference !== null);
}

async function verifyObject(
  manifest: Manifest,
  entry: ManifestEntry,
  reader: ObjectReader,
  onBytes: (length: number) => void,
  signal: AbortSignal,
): Promise<Difference | null> {
  const { key, table, batch, meta } = entry;
  const expected: Facts = {
    content_length: meta.content_length,
    record_count: meta.record_count,
    crc32: entry.crc32,
  };
  const differs = (
    kind: Difference['kind'],
    message: string,
    found: Difference['found'] = null,
  ): Difference => ({ key, table, batch, kind, message, expected, found });
  try {
    const object = await reader.read(key, signal);
    if (object === null) return differs('missing', `is missing; expected ${inWords(expected)}`);
    const found = await factsOf(object, manifest, onBytes);
    const kind = compare(manifest, expected, found);
    return kind === null ? null : differs(kind, explain(kind, manifest, expected, found), found);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asTidemarkError(thrown);
    if (!OF_ONE_OBJECT.has(error.code)) throw error;
    return differs('unreadable', `cannot be read: ${error.message} ${error.hint}`);
  }
}

async function factsOf(
  object: StoredObject,
  manifest: Manifest,
  onBytes: (length: number) => void,
): Promise<FoundFacts> {
  const counter = objectCounter(manifest);
  let [length, crc] = [0, 0];
  for await (const chunk of object.body) {
    length += chunk.length;
    crc = crc32(chunk, crc);
    await counter.take(chunk);
    onBytes(chunk.length);
  }
  return {
    content_length: length,
    record_count: await counter.end(),
    crc32: crc.toString(16).padStart(8, '0'),
    run_id: object.runId,
  };
}

function compare(manifest: Manifest, expected: Facts, found: FoundFacts): Difference['kind'] | null {
  const facts = ['content_length', 'crc32', 'record_count'] as const;
  const first = facts.find((fact) => expected[fact] !== found[fact]);
  if (first === undefined) return null;
  // The same bytes are what was published, whoever put them there.
  if (found.run_id !== manifest.run_id) return 'overwritten';
  return first !== 'record_count' && entryOf(manifest, found) !== undefined ? 'swapped' : first;
}

/** The entry that has these contents. */
function entryOf(manifest: Manifest, found: FoundFacts): ManifestEntry | undefined {
  return manifest.entries.find(
    ({ meta, crc32: crc }) => meta.content_length === found.content_length && crc === found.crc32,
  );
}

function explain(kind: Difference['kind'], manifest: Manifest, expected: Facts, found: FoundFacts): string {
  const both = `found ${inWords(found)}, expected ${inWords(expected)}`;
  switch (kind) {
    case 'overwritten': {
      const by = found.run_id === null ? 'something that is no run' : `run ${found.run_id}`;
      return `was overwritten by ${by}: ${both}`;
    }
    case 'swapped':
      return `holds what ${entryOf(manifest, found)!.key} should: ${both}`;
    case 'crc32': {
      const others =
        found.record_count === expected.record_count
          ? 'its length and its number of records agree'
          : `its length agrees; it has ${records(found)}, expected ${expected.record_count}`;
      return `has the CRC-32 ${found.crc32}, expected ${expected.crc32}; ${others}`;
    }
    case 'record_count':
      return `has ${records(found)}, expected ${expected.record_count}; length and CRC-32 agree, so the manifest itself is wrong`;
    default:
      return `has another length: ${both}`;
  }
}

function inWords(facts: Omit<FoundFacts, 'run_id'>): string {
  return `${count(facts.content_length, 'byte')}, ${records(facts)}, CRC-32 ${facts.crc32}`;
}

function records({ record_count: number }: Pick<FoundFacts, 'record_count'>): string {
  return number === null ? 'no records that can be read' : count(number, 'record');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
