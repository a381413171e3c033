/** Which keys are in the objects of a range. */
import { exportBatch } from '../../../src/extract/export-batch.ts';
import { keyAt, pieceRanges } from '../../../src/extract/key-range.ts';
import type { BatchJob } from '../../../src/lane-ports.ts';
import { columnsOf, outputOptions, rowPacket } from './packets.ts';
import { rowSource } from './row-source.ts';
import { fakeUploads } from './uploads.ts';

const range = { column: 'id', from: '10', to: '90' };

it('reads the key of a row where it stands', () => {
  const packet = rowPacket([Buffer.from('a'), Buffer.from('12.50'), null, Buffer.of(1, 0xab)]);
  const at = (cell: number, kind: 'number' | 'text' | 'binary'): string | null =>
    keyAt(packet, 0, cell, kind);
  expect([at(0, 'text'), at(1, 'number'), at(2, 'number'), at(3, 'binary')]).toEqual([
    'a',
    '12.50',
    null,
    '0x01AB',
  ]);
  expect(keyAt(Buffer.concat([Buffer.alloc(3), packet]), 3, 1, 'number')).toBe('12.50');
});

it('lets each object end where the next one begins, if no two rows have one key', () => {
  expect(pieceRanges(range, ['30', '70'], true).map(({ from, to }) => [from, to])).toEqual([
    ['10', '30'],
    ['30', '70'],
    ['70', '90'],
  ]);
  expect(pieceRanges(range, [], true)).toEqual([range]);
});

it('claims no more than is known', () => {
  const spans = (begins: (string | null)[], unique: boolean): unknown =>
    pieceRanges(range, begins, unique).map(({ from, to }) => [from, to]);
  expect(spans(['30', '70'], false)).toEqual([
    ['10', '90'],
    ['30', '90'],
    ['70', '90'],
  ]);
  expect(spans([null, '70'], true)).toEqual([
    ['10', '90'],
    ['10', '70'],
    ['70', '90'],
  ]);
});

describe('an object of a job', () => {
  const job: BatchJob = {
    id: 't#1',
    task: 'task',
    runId: 'run',
    scheduledFor: '2026-01-01T00:00:00.000Z',
    export: {
      name: 't',
      sql: 'SELECT 1',
      countSql: 'SELECT 1',
      columns: columnsOf(['text', 'number']),
      estimate: { rows: null, bytes: null, basis: 'unknown' },
      batched: true,
      thresholdBytes: 60,
      keyPattern: 't_{batch}.csv',
      rangeKey: { cell: 1, unique: true },
    },
    output: outputOptions(),
    emptyObject: false,
    numbers: { first: 1, step: 4 },
    windows: [],
    range,
  };
  const objectsOf = async (more: Partial<BatchJob>): Promise<unknown[]> => {
    const rows = rowSource();
    const ports = {
      snapshot: rows.snapshot,
      sink: { partBytes: 64, concurrency: 2 },
      begin: fakeUploads().begin,
      progress: { rows: 0, bytes: 0, files: 0 },
      openTransformer: null,
    };
    const result = exportBatch({ ...job, ...more }, ports, new AbortController().signal);
    for (let key = 10; key < 45; key++) rows.push('x', String(key));
    rows.end();
    return (await result).objects.map(({ batch, keyRange }) => [batch, keyRange?.from, keyRange?.to]);
  };

  it('says which keys are in it', async () => {
    expect(await objectsOf({})).toEqual([
      [1, '10', '20'],
      [5, '20', '30'],
      [9, '30', '40'],
      [13, '40', '90'],
    ]);
  });

  it('says nothing where the table was not cut', async () => {
    const { range: _, ...whole } = job;
    const rows = rowSource();
    const ports = {
      snapshot: rows.snapshot,
      sink: { partBytes: 64, concurrency: 2 },
      begin: fakeUploads().begin,
      progress: { rows: 0, bytes: 0, files: 0 },
      openTransformer: null,
    };
    const result = exportBatch(whole, ports, new AbortController().signal);
    rows.push('x', '10');
    rows.end();
    expect((await result).objects[0]).not.toHaveProperty('keyRange');
  });

  it('has the keys of its range where its rows come late', async () => {
    const parquet = await objectsOf({ output: outputOptions({ format: 'parquet' }) });
    expect(parquet.length).toBeGreaterThan(1);
    expect(parquet.map((object) => (object as unknown[]).slice(1))).toEqual(parquet.map(() => ['10', '90']));
  });
});
