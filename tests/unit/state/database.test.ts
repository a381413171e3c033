/** What becomes of a state file that is damaged, gone, newer, or on a disk that takes nothing: never a fresh start. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openState, readState, statePath } from '../../../src/state/database.ts';
import { listRuns } from '../../../src/state/history.ts';
import { MIGRATIONS } from '../../../src/state/migrations.ts';
import { follow, lead } from '../../../src/state/replica.ts';
import { place, ran, stateDb } from './folder.ts';

const ALL = { task: null, since: null, limit: 100 };
const unusable = (message: RegExp) =>
  expect.objectContaining({ code: 'STATE_UNUSABLE', message: expect.stringMatching(message) as string });

/** A state file with one run in it, closed. */
function written(): string {
  const { db, close } = openState(place.folder);
  ran(db, 'orders', 0);
  close();
  return statePath(place.folder);
}

const OPENERS = [
  ['to write', openState],
  ['to look', readState],
] as const;

it('is made where there is none, and is the same the next time', () => {
  written();
  const { db, close } = openState(place.folder);
  expect(db.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: MIGRATIONS.length });
  expect(db.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' });
  expect(listRuns(db, ALL)).toHaveLength(1);
  close();
});

it('is not made by who only looks', () => {
  const folder = join(place.folder, 'new');
  const { db, close } = readState(folder);
  expect(listRuns(db, ALL)).toEqual([]);
  close();
  expect(existsSync(folder)).toBe(false);
});

it('is not changed by who only looks', () => {
  written();
  const { db, close } = readState(place.folder);
  expect(listRuns(db, ALL)).toHaveLength(1);
  expect(() => db.exec('DELETE FROM run')).toThrow(/readonly/);
  close();
});

it.each([
  ['one that follows', null],
  ['one that leads', 3],
])('is not migrated by who only looks, where it is shared: %s', (_, leads) => {
  written();
  const { db, close } = openState(place.folder);
  lead(db, 3, () => 'lineage');
  if (leads === null) follow(db);
  close();
  const migrations = MIGRATIONS as string[];
  migrations.push('ALTER TABLE run ADD COLUMN later TEXT');
  try {
    const looked = readState(place.folder);
    expect(looked.db.prepare('SELECT later FROM run').all()).toEqual([{ later: null }]);
    expect(listRuns(looked.db, ALL)).toHaveLength(1);
    looked.close();
  } finally {
    migrations.pop();
  }
  const file = new DatabaseSync(statePath(place.folder));
  expect(file.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length });
  file.close();
});

it('of an older version is migrated, also by who only looks', () => {
  const old = new DatabaseSync(statePath(place.folder));
  old.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1`);
  old.close();
  const { db, close } = readState(place.folder);
  expect(listRuns(db, ALL)).toEqual([]);
  close();
});

describe.each(OPENERS)('opened %s', (_, open) => {
  it('is refused where it is of a newer version, and stays as it is', () => {
    const path = written();
    const newer = new DatabaseSync(path);
    newer.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    newer.close();
    const before = readFileSync(path);
    const [is, known] = [MIGRATIONS.length + 1, MIGRATIONS.length];
    const said = new RegExp(`has version ${is}; this Tidemark knows ${known} and older`);
    expect(() => open(place.folder)).toThrow(unusable(said));
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is refused where it is no database, and stays as it is', () => {
    const path = written();
    const garbage = Buffer.alloc(20_000, 'x');
    writeFileSync(path, garbage);
    expect(() => open(place.folder)).toThrow(unusable(/not a database/));
    expect(readFileSync(path).equals(garbage)).toBe(true);
  });

  it('is refused where it is somebody else’s database', () => {
    const other = new DatabaseSync(statePath(place.folder));
    other.exec('CREATE TABLE mine (a)');
    other.close();
    expect(() => open(place.folder)).toThrow(unusable(/none of Tidemark's/));
  });

  it('is refused where it is empty and there was more in it', () => {
    const path = written();
    mkdirSync(join(place.folder, 'locks'));
    writeFileSync(join(place.folder, 'locks', 'orders.lock'), '');
    truncateSync(path);
    expect(() => open(place.folder)).toThrow(unusable(/is empty, but .*locks shows that there was one/));
    expect(readFileSync(path)).toHaveLength(0);
  });

  it.each(['tidemark.db-wal', 'daemon.lock', 'locks/orders.lock'])(
    'is refused where it is gone and %s is still there',
    (left) => {
      mkdirSync(join(place.folder, 'locks'));
      writeFileSync(join(place.folder, left), 'left behind');
      expect(() => open(place.folder)).toThrow(unusable(/is missing, but .* shows that there was one/));
      expect(existsSync(statePath(place.folder))).toBe(false);
      expect(readFileSync(join(place.folder, left), 'utf8')).toBe('left behind');
    },
  );
});

it('says that it is damaged when the damage is met', () => {
  const { db, close } = openState(place.folder);
  db.exec('BEGIN');
  for (let minute = 0; minute < 500; minute++) ran(db, 'orders', minute);
  db.exec('COMMIT');
  close();
  const path = statePath(place.folder);
  const bytes = readFileSync(path);
  bytes.fill(0xa5, 20 * 4096, bytes.length - 4096);
  writeFileSync(path, bytes);
  const damaged = readState(place.folder);
  expect(() => listRuns(damaged.db, { ...ALL, limit: 1000 })).toThrow(unusable(/malformed/));
  damaged.close();
});

/** Node with a few lines of the test's own, after what the shell says; `uid`: as which user, where this is root. */
function inProcess(lines: string, shell = '', uid?: number) {
  const state = new URL('../../../src/state/', import.meta.url).href;
  const script = [
    `import { openState, readState, durably } from '${state}database.ts';`,
    `const folder = process.argv[1];`,
    `try { ${lines} } catch (error) { console.log(error.code + ': ' + error.message); }`,
  ].join('\n');
  const child = spawnSync(
    'bash',
    ['-c', `${shell} exec "$0" --input-type=module -e "$1" "$2"`, process.execPath, script, place.folder],
    { encoding: 'utf8', ...(uid === undefined || process.getuid?.() !== 0 ? {} : { uid, gid: uid }) },
  );
  return child.stdout + child.stderr;
}
const NOBODY = 65_534;

it('cannot be had in a folder that may not be written', () => {
  chmodSync(place.folder, 0o555);
  expect(inProcess('openState(folder)', '', NOBODY)).toMatch(
    /^STATE_UNUSABLE: .*unable to open database file/,
  );
  chmodSync(place.folder, 0o755);
  expect(readdirSync(place.folder)).toEqual([]);
});

it('cannot be written by who may only read it, but can be looked at', () => {
  const db = stateDb(); // with its -shm and -wal, as beside a daemon that runs
  ran(db, 'orders', 0);
  for (const name of readdirSync(place.folder)) chmodSync(join(place.folder, name), 0o444);
  chmodSync(place.folder, 0o555);
  const count = "console.log(readState(folder).db.prepare('SELECT count(*) AS runs FROM run').get().runs)";
  expect(inProcess(count, '', NOBODY)).toBe('1\n');
  expect(inProcess('openState(folder)', '', NOBODY)).toMatch(/^STATE_UNUSABLE: .*readonly/);
  chmodSync(place.folder, 0o755);
});

it('keeps what it has when the disk is full', () => {
  written();
  const fill = `
    const { db } = openState(folder);
    const add = db.prepare("INSERT INTO event (task, at, actor, action, detail) VALUES ('a', '', '', '', ?)");
    for (let n = 0; n < 10000; n++) durably(db, 'the event', () => add.run('x'.repeat(10000)));`;
  // Files end at 600 KB, and the attempt to go beyond is an error rather than a signal.
  expect(inProcess(fill, "trap '' XFSZ; ulimit -f 600;")).toMatch(
    /^STATE_UNUSABLE: the event cannot be written to the state file: /,
  );
  const db = stateDb();
  expect(listRuns(db, ALL)).toHaveLength(1);
  expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  const events = db.prepare('SELECT count(*) AS kept FROM event').get() as { kept: number };
  expect(events.kept).toBeGreaterThan(10);
});

it('is made once where two processes begin at the same time', () => {
  const open = "openState(folder).close(); console.log('open')";
  // The first in the background, the second beside it.
  const output = inProcess(open, '"$0" --input-type=module -e "$1" "$2" &');
  expect(output).toBe('open\nopen\n');
});
