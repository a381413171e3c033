/**
 * The rows that a task has delivered, read back as a warehouse does it: manifests first, and then only the objects that
 * they name. Held against the rows that were committed.
 */
import { parseString } from 'fast-csv';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Bucket, Manifest, ReadManifests } from './published.ts';

type Row = Readonly<Record<string, string>>;

/** Rows of one table that a run has published. */
async function rowsOf(place: Bucket, manifest: Manifest, table: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { key, meta } of manifest.entries.filter((entry) => entry.table === table)) {
    const text = (await place.s3.get(place.bucket, key)).toString();
    const ofObject = await new Promise<Row[]>((resolve, reject) => {
      const found: Row[] = [];
      parseString<Row, Row>(text, { headers: true })
        .on('error', reject)
        .on('data', (row: Row) => found.push(row))
        .on('end', () => resolve(found));
    });
    expect(ofObject).toHaveLength(meta.record_count);
    rows.push(...ofObject);
  }
  return rows;
}

/** What is wrong with what was delivered; empty: nothing. */
interface Faults {
  readonly lost: readonly unknown[];
  readonly twice: readonly unknown[];
  readonly different: readonly unknown[];
  /** Never committed. */
  readonly unknown: readonly unknown[];
}

const NO_FAULTS: Faults = { lost: [], twice: [], different: [], unknown: [] };
/** More would not help whoever reads them. */
const SHOWN = 5;

/**
 * Holds once everything has been committed and read: each entry exactly once, each account in its newest version.
 *
 * @returns how many rows were held against each other.
 */
export async function expectAllDelivered(
  place: Bucket,
  read: ReadManifests,
  connection: Connection,
): Promise<{ readonly entries: number; readonly accounts: number; readonly manifests: number }> {
  const { manifests } = await read();
  await connection.query("SET time_zone = '+00:00'");
  const entries = await committed(connection, 'SELECT id, note, created_at FROM entries');
  const accounts = await committed(connection, 'SELECT id, version, note, updated_at FROM accounts');
  const delivered = { entries: new Map<string, Delivery[]>(), accounts: new Map<string, Delivery[]>() };
  for (const manifest of manifests) {
    for (const table of ['entries', 'accounts'] as const) {
      for (const row of await rowsOf(place, manifest, table)) {
        const known = delivered[table].get(row['id']!);
        const delivery = { row, manifest };
        if (known === undefined) delivered[table].set(row['id']!, [delivery]);
        else known.push(delivery);
      }
    }
  }
  const found = {
    entries: faults(entries, delivered.entries, (all) => all.length > 1),
    // Whoever reads manifest by manifest sees an account grow older, and no version of it twice.
    accounts: faults(accounts, delivered.accounts, (all) => !rises(all.map(({ row }) => row['version']!))),
  };
  expect(found).toEqual({ entries: NO_FAULTS, accounts: NO_FAULTS });
  return { entries: entries.size, accounts: accounts.size, manifests: manifests.length };
}

interface Delivery {
  readonly row: Row;
  readonly manifest: Manifest;
}

function faults(
  rows: ReadonlyMap<string, Row>,
  delivered: ReadonlyMap<string, readonly Delivery[]>,
  isRepeated: (deliveries: readonly Delivery[]) => boolean,
): Faults {
  const all = [...delivered];
  const told = (found: typeof all): unknown[] =>
    found.slice(0, SHOWN).map(([id, deliveries]) => ({
      committed: brief(rows.get(id)),
      delivered: deliveries.map(({ row, manifest }) => ({ ...brief(row), manifest: manifest.key })),
    }));
  const missing = [...rows.keys()].filter((id) => !delivered.has(id));
  return {
    lost: missing.slice(0, SHOWN).map((id) => brief(rows.get(id))),
    twice: told(all.filter(([, deliveries]) => isRepeated(deliveries))),
    different: told(
      all.filter(([id, deliveries]) => rows.has(id) && !isSame(rows.get(id)!, deliveries.at(-1)!.row)),
    ),
    unknown: told(all.filter(([id]) => !rows.has(id))),
  };
}

/** Without the note, which is long. */
function brief(row: Row | undefined): Row | undefined {
  return row === undefined
    ? undefined
    : Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'note'));
}

function isSame(a: Row, b: Row): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function rises(versions: readonly string[]): boolean {
  return versions.every((version, index) => index === 0 || Number(version) > Number(versions[index - 1]));
}

/** Rows by id, each value as text. */
async function committed(connection: Connection, sql: string): Promise<Map<string, Row>> {
  const [rows] = await connection.query<RowDataPacket[]>(sql);
  return new Map(
    rows.map((row) => {
      const texts = Object.entries(row).map(([name, value]) => [name, String(value)]);
      return [String(row['id']), Object.fromEntries(texts) as Row];
    }),
  );
}
