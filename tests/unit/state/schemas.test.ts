/** The columns that are remembered, and the notices of those that have changed. */
import type { DatabaseSync } from 'node:sqlite';
import type { SchemaChange, TableSchema } from '../../../src/domain/plan.ts';
import { runNotices, takeNotice } from '../../../src/state/run-notices.ts';
import { recordEnd, recordUnpublished, taskMemory } from '../../../src/state/runs.ts';
import { pruneHistory } from '../../../src/state/prune.ts';
import { attemptOf, recordFor, slotOf } from '../../support/runs.ts';
import { failed, minutesLater, ran, stateDb } from './folder.ts';

const schema = (table: string, ...names: string[]): TableSchema => ({
  table,
  columns: names.map((name) => ({ name, mysqlType: 'int', nullable: true })),
});
const CHANGE: SchemaChange = {
  table: 'orders',
  column: 'b',
  change: 'added',
  before: null,
  after: 'int',
  message: 'orders: column b (int) is new.',
};
const remembered = (db: DatabaseSync, task = 'orders'): readonly TableSchema[] =>
  taskMemory(db, task).schemas;
const notices = (db: DatabaseSync, task = 'orders'): string[] =>
  runNotices(db, 'schema_notice', task).map(({ run_id }) => run_id);

describe('the columns of a table', () => {
  it('are those of the last run that wrote it, in their order; each task has its own', () => {
    const db = stateDb();
    ran(db, 'orders', 0, { schemas: [schema('orders', 'a'), schema('lines', 'x')] });
    ran(db, 'orders', 1, { schemas: [schema('orders', 'b', 'a')] });
    ran(db, 'people', 2, { schemas: [schema('orders', 'z')] });
    expect(remembered(db)).toEqual([schema('lines', 'x'), schema('orders', 'b', 'a')]);
  });

  it('stay what they were with a failure', () => {
    const db = stateDb();
    ran(db, 'orders', 0, { schemas: [schema('orders', 'a')] });
    recordUnpublished(db, recordFor(attemptOf(slotOf(minutesLater(1))), 'orders', failed()));
    expect(remembered(db)).toEqual([schema('orders', 'a')]);
  });

  it('move with the run or not at all', () => {
    const db = stateDb();
    ran(db, 'orders', 0, { schemas: [schema('orders', 'a')] });
    const record = recordFor(attemptOf(slotOf(minutesLater(1))), 'orders', {
      schemas: [schema('orders', 'b')],
    });
    db.exec('BEGIN');
    recordEnd(db, record, minutesLater(1));
    db.exec('ROLLBACK');
    expect(remembered(db)).toEqual([schema('orders', 'a')]);
  });
});

describe('a notice', () => {
  const changed = { schema_changes: [CHANGE], schemas: [schema('orders', 'a', 'b')] };

  it('is there from the record of a run with changed columns on, until it is taken', () => {
    const db = stateDb();
    const first = ran(db, 'orders', 0, changed);
    const second = ran(db, 'orders', 1, changed);
    ran(db, 'orders', 2, { schemas: changed.schemas });
    expect(notices(db)).toEqual([first, second]);
    expect(runNotices(db, 'schema_notice', 'orders')[0]).toMatchObject({
      task: 'orders',
      schema_changes: [CHANGE],
    });
    expect(notices(db, 'people')).toEqual([]);
    expect([takeNotice(db, 'schema_notice', first), takeNotice(db, 'schema_notice', first)]).toEqual([
      true,
      false,
    ]);
    expect(notices(db)).toEqual([second]);
  });

  it('is made of no run that changes no memory, such as a backfill', () => {
    const db = stateDb();
    ran(db, 'orders', 0, { schema_changes: [CHANGE], kind: 'backfill' });
    expect(notices(db)).toEqual([]);
  });

  it('goes with its run', async () => {
    const db = stateDb();
    ran(db, 'orders', 0, changed);
    ran(db, 'orders', 1, changed);
    await pruneHistory(db, minutesLater(60 * 24 * 30), new AbortController().signal);
    expect(notices(db)).toHaveLength(1);
  });
});
