import { listEvents } from '../../../src/state/history.ts';
import { listWatermarks, resetWatermarks, setWatermark } from '../../../src/state/watermarks.ts';
import { minutesLater, ran, stateDb } from './folder.ts';

const deed = { actor: 'ann@db1', at: minutesLater(30) };
const mark = (value: string) => ({ table: 'orders', column: 'updated_at', value });
const events = (db: ReturnType<typeof stateDb>) =>
  listEvents(db, { task: null, since: null, limit: 10 }).map(({ action, detail, actor }) => ({
    action,
    detail,
    actor,
  }));

it('shows what a run has moved, and which run', () => {
  const db = stateDb();
  const run_id = ran(db, 'orders', 0, { watermarks: [mark('2026-03-01 02:59:00')] });
  expect(listWatermarks(db, 'orders')).toEqual([
    { task: 'orders', ...mark('2026-03-01 02:59:00'), runId: run_id, updatedAt: '2026-03-01T03:00:01.500Z' },
  ]);
  expect(listWatermarks(db, null)).toHaveLength(1);
  expect(listWatermarks(db, 'people')).toEqual([]);
});

it('is set by hand, with a line in the history', () => {
  const db = stateDb();
  ran(db, 'orders', 0, { watermarks: [mark('2026-03-01 02:59:00')] });
  setWatermark(db, 'orders', mark('2026-02-01 00:00:00'), '2026-03-01 02:59:00', deed);
  expect(listWatermarks(db, 'orders')).toEqual([
    { task: 'orders', ...mark('2026-02-01 00:00:00'), runId: null, updatedAt: deed.at.toISOString() },
  ]);
  setWatermark(db, 'people', mark('7'), null, deed);
  expect(events(db)).toEqual([
    { action: 'watermark_set', detail: 'watermark orders.updated_at set to 7', actor: 'ann@db1' },
    {
      action: 'watermark_set',
      detail: 'watermark orders.updated_at set from 2026-03-01 02:59:00 to 2026-02-01 00:00:00',
      actor: 'ann@db1',
    },
  ]);
});

it('is forgotten, with a line in the history, and others stay', () => {
  const db = stateDb();
  setWatermark(db, 'orders', mark('1'), null, deed);
  setWatermark(db, 'orders', { ...mark('2'), table: 'items' }, null, deed);
  resetWatermarks(db, 'orders', [mark('1')], deed);
  expect(listWatermarks(db, 'orders').map(({ table }) => table)).toEqual(['items']);
  expect(events(db)[0]).toMatchObject({
    action: 'watermark_reset',
    detail: 'watermark orders.updated_at reset; it was 1',
  });
});

it('stays as it is where the line cannot be written', () => {
  const db = stateDb();
  setWatermark(db, 'orders', mark('1'), null, deed);
  db.exec("CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'no room'); END");
  for (const change of [
    () => setWatermark(db, 'orders', mark('2'), '1', deed),
    () => resetWatermarks(db, 'orders', [mark('1')], deed),
  ])
    expect(change).toThrow(expect.objectContaining({ code: 'STATE_UNUSABLE' }));
  expect(listWatermarks(db, 'orders')).toMatchObject([{ value: '1' }]);
});
