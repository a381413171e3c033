import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { positionOf, type Change } from '../../../src/state/changes.ts';
import { durably, openFollower } from '../../../src/state/database.ts';
import { closeEntry, openJournal, recordEntry } from '../../../src/state/journal.ts';
import { MIGRATIONS } from '../../../src/state/migrations.ts';
import { mailBook } from '../../../src/state/outbox.ts';
import { pauseTask, resumeTask } from '../../../src/state/pauses.ts';
import { pruneHistory } from '../../../src/state/prune.ts';
import {
  applyChanges,
  changesAfter,
  copyState,
  follow,
  forgetOld,
  hasPassed,
  installState,
  isBlank,
  knownMembers,
  lead,
  leaveLineage,
  noteMembers,
} from '../../../src/state/replica.ts';
import { recordBeginning, recordDeaths, recordUnpublished } from '../../../src/state/runs.ts';
import { saveSlots } from '../../../src/state/slots.ts';
import { resetWatermarks, setWatermark } from '../../../src/state/watermarks.ts';
import { attemptOf, recordFor, slotOf } from '../../support/runs.ts';
import { failed, minutesLater, place, ran, stateDb } from './folder.ts';

/** All that a state holds, but for how far it is. */
function contentOf(db: DatabaseSync): Record<string, unknown[]> {
  const names = db
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'replication%' ORDER BY name",
    )
    .all()
    .map(({ name }) => name as string);
  return Object.fromEntries(
    names.map((name) => {
      const columns = db.prepare(`SELECT name FROM pragma_table_info('${name}')`).all();
      const quoted = columns.map((column) => `quote("${column['name'] as string}")`).join(`||','||`);
      return [
        name,
        db
          .prepare(`SELECT ${quoted} AS row FROM "${name}" ORDER BY row`)
          .all()
          .map(({ row }) => row),
      ];
    }),
  );
}

/** A state without a file, as a follower opens it. */
function blank(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  for (const step of MIGRATIONS) db.exec(step);
  db.exec('PRAGMA foreign_keys = OFF');
  return db;
}

/** A follower of the lineage from its very beginning on. */
function followerOf(leader: DatabaseSync): DatabaseSync {
  const db = blank();
  lead(db, 1, () => positionOf(leader)!.lineage);
  follow(db);
  return db;
}

type Write = (db: DatabaseSync, step: number) => unknown;

/** Everything that a daemon writes, on few tasks, so that one write meets what another has left. */
const WRITES: Readonly<Record<string, (task: string) => Write>> = {
  begins: (task) => (db, step) => {
    const run = attemptOf(slotOf(minutesLater(step)));
    recordBeginning(db, { task, sink: 's3', identity: run }, run.startedAt);
  },
  dies: (task) => (db, step) => recordDeaths(db, task, minutesLater(step)),
  fails: (task) => (db, step) =>
    recordUnpublished(db, recordFor(attemptOf(slotOf(minutesLater(step))), task, failed())),
  publishes: (task) => (db, step) => {
    const run = attemptOf(slotOf(minutesLater(step)));
    const journal = openJournal(db, { runId: run.runId, task, sink: 's3', place: 's3://bucket/' });
    journal.beginning(`${task}/a`);
    journal.begun(`${task}/a`, `upload-${step}`);
    journal.beginning(`${task}/b`);
    if (step % 4 === 0) return;
    const record = recordFor(run, task, { watermarks: [{ table: 't', column: 'c', value: `${step}` }] });
    journal.committing([], { key: 'm', body: '{"€": 1}' }, record);
    if (step % 4 === 1) recordEntry(db, run.runId);
    if (step % 4 === 2) journal.undoing();
    if (step % 4 === 3) closeEntry(db, run.runId);
  },
  moves: (task) => (db, step) =>
    setWatermark(db, task, { table: 't', column: 'c', value: `${step}` }, null, {
      actor: 'a@b',
      at: minutesLater(step),
    }),
  resets: (task) => (db, step) =>
    resetWatermarks(db, task, [{ table: 't', column: 'c', value: '1' }], {
      actor: 'a@b',
      at: minutesLater(step),
    }),
  settles: (task) => (db, step) =>
    saveSlots(
      db,
      [{ task, settled: minutesLater(step), schedule: step % 2 === 0 ? '* * * * *' : null, timezone: null }],
      step % 3 === 0 ? ['b'] : [],
    ),
  pauses: (task) => (db, step) => pauseTask(db, task, { actor: 'a@b', at: minutesLater(step) }),
  resumes: (task) => (db, step) => resumeTask(db, task, { actor: 'a@b', at: minutesLater(step) }),
  mails: (task) => (db, step) => {
    const book = mailBook(db);
    book.addMail({ task, recipient: 'x@y', message: '{}' }, minutesLater(step));
    const taken = book.takeDue(minutesLater(step + 1), () => minutesLater(step + 2));
    if (taken !== null && step % 2 === 0) book.removeMail(taken.id, true, minutesLater(step + 1));
  },
  prunes: () => (db, step) => void pruneHistory(db, minutesLater(step - 5), new AbortController().signal),
};

const writes = fc.array(
  fc.tuple(fc.constantFrom(...Object.keys(WRITES)), fc.constantFrom('a', 'b'), fc.constantFrom(0, 0, 0, 1)),
  { minLength: 1, maxLength: 30 },
);

it('has what the leader has after any sequence of writes, applied in any portions', () => {
  fc.assert(
    fc.property(writes, fc.integer({ min: 1, max: 7 }), (sequence, portion) => {
      const leader = blank();
      leader.exec('PRAGMA foreign_keys = ON');
      lead(leader, 1, () => 'lineage');
      const follower = followerOf(leader);
      for (const [step, [what, task]] of sequence.entries()) {
        WRITES[what]!(task)(leader, step);
        if (step % portion === 0) applyChanges(follower, changesAfter(leader, positionOf(follower)!.seq));
      }
      applyChanges(follower, changesAfter(leader, positionOf(follower)!.seq));
      expect(contentOf(follower)).toEqual(contentOf(leader));
      expect(positionOf(follower)).toEqual({ ...positionOf(leader), leads: null });
    }),
    { numRuns: 100 },
  );
});

it('keeps nothing of a transaction that changed nothing, or that failed', () => {
  const db = stateDb();
  lead(db, 3, () => 'lineage');
  durably(db, 'nothing', () => {});
  const fails = (): never =>
    durably(db, 'a fault', () => {
      ran(db, 'orders', 0);
      throw new Error('on purpose');
    });
  expect(fails).toThrow('on purpose');
  expect(changesAfter(db, 0)).toEqual([]);
  expect(positionOf(db)).toMatchObject({ seq: 0, leads: 3 });
});

it('costs a state that is not replicated nothing', () => {
  const db = stateDb();
  durably(db, 'a run', () => ran(db, 'orders', 0));
  expect(positionOf(db)).toBeNull();
  expect(changesAfter(db, 0)).toEqual([]);
});

it('is changed by nobody while it follows, whichever process has it open', () => {
  const [one, other] = [stateDb(), stateDb()];
  lead(one, 1, () => 'lineage');
  pauseTask(other, 'orders', { actor: 'a@b', at: minutesLater(0) });
  follow(one);
  for (const db of [one, other])
    expect(() => resumeTask(db, 'orders', { actor: 'a@b', at: minutesLater(1) })).toThrow(
      expect.objectContaining({ code: 'NOT_LEADER' }),
    );
  expect(changesAfter(one, 0)).toHaveLength(1);
  leaveLineage(one);
  resumeTask(other, 'orders', { actor: 'a@b', at: minutesLater(1) });
  expect(positionOf(one)).toBeNull();
});

describe('refuses, and stays as it was,', () => {
  const refusals: readonly (readonly [string, (changes: Change[]) => Change[]])[] = [
    ['a gap', (changes) => changes.toSpliced(1, 1)],
    ['another order', ([first, second, ...rest]) => [second!, first!, ...rest]],
    ['a change that was altered', ([first, ...rest]) => [{ ...first!, token: 9 }, ...rest]],
    ['a change twice', ([first, ...rest]) => [first!, first!, ...rest]],
  ];
  it.each(refusals)('%s', (_what, alter) => {
    const leader = stateDb();
    lead(leader, 1, () => 'lineage');
    const follower = followerOf(leader);
    for (const minute of [0, 1, 2]) durably(leader, 'a run', () => ran(leader, 'orders', minute));
    const before = contentOf(follower);
    expect(() => applyChanges(follower, alter(changesAfter(leader, 0)))).toThrow(
      expect.objectContaining({ code: 'STATE_DIVERGED' }),
    );
    expect(contentOf(follower)).toEqual(before);
  });

  it('a change of rows that it has otherwise', () => {
    const leader = stateDb();
    lead(leader, 1, () => 'lineage');
    const follower = followerOf(leader);
    durably(leader, 'a run', () => ran(leader, 'orders', 0));
    applyChanges(follower, changesAfter(leader, 0));
    follower.exec("UPDATE run SET sink = 'elsewhere'");
    durably(leader, 'a change', () => leader.exec("UPDATE run SET sink = 'other'"));
    expect(() => applyChanges(follower, changesAfter(leader, 1))).toThrow(/made on other rows/);
  });
});

it('takes a whole copy while others have the file open, and goes on from there', async () => {
  const leader = stateDb();
  lead(leader, 4, () => 'lineage');
  for (const minute of [0, 1, 2]) durably(leader, 'a run', () => ran(leader, 'orders', minute));
  const copy = join(place.folder, 'copy.db');
  const at = await copyState(place.folder, copy);
  expect(at).toMatchObject({ lineage: 'lineage', seq: 3, token: 4, version: MIGRATIONS.length });
  durably(leader, 'a run', () => ran(leader, 'orders', 3));

  const other = join(place.folder, 'other');
  const follower = openFollower(other);
  expect(isBlank(follower.db)).toBe(true);
  const reader = openFollower(other);
  expect(await installState(copy, other, null, false)).toBeNull();
  expect(isBlank(reader.db)).toBe(false);
  applyChanges(follower.db, changesAfter(leader, 3));
  expect(contentOf(reader.db)).toEqual(contentOf(leader));
  expect(positionOf(reader.db)).toEqual({ ...positionOf(leader), leads: null });

  for (const one of [follower.db, reader.db]) one.close();
});

it('knows which points of its lineage it has come by', () => {
  const db = stateDb();
  expect(hasPassed(db, { seq: 0, digest: '0'.repeat(64) })).toBe(false);
  lead(db, 1, () => 'lineage');
  for (const minute of [0, 1, 2]) durably(db, 'a run', () => ran(db, 'orders', minute));
  const [first, second, third] = changesAfter(db, 0);
  for (const point of [first!, second!, third!]) expect(hasPassed(db, point)).toBe(true);
  expect(hasPassed(db, { ...second!, digest: 'f'.repeat(64) })).toBe(false);
  expect(hasPassed(db, { ...third!, seq: 4 })).toBe(false);
  expect(changesAfter(db, 0, 1)).toHaveLength(1);
  forgetOld(db, 3, 2);
  expect(hasPassed(db, first!)).toBe(true);
  forgetOld(db, 3, 1);
  expect(hasPassed(db, first!)).toBeNull();
  expect(changesAfter(db, 0).map(({ seq }) => seq)).toEqual([3]);
});

it('remembers who has had a copy', () => {
  const db = stateDb();
  const [a, b] = [
    { node: 'a', host: 'one' },
    { node: 'b', host: 'two' },
  ];
  noteMembers(db, [a, b], minutesLater(0));
  noteMembers(db, [{ ...b, host: 'three' }], minutesLater(1));
  expect(knownMembers(db)).toEqual([a, { ...b, host: 'three' }]);
});
