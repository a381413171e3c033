/** Rows through modules: one to one, to many, to none; in order; in batches; with what a module may know and say. */
import { getEventListeners } from 'node:events';
import { writeRow } from '../../../src/extract/row-packet.ts';
import { CONTEXT, INT, NEVER, TEXT, mapThrough, moduleFolder, people, planFor } from './modules.ts';
import type { ModuleFolder } from './modules.ts';

let modules: ModuleFolder;
beforeAll(() => (modules = moduleFolder()));
afterAll(() => modules.remove());

it('maps one row to one', async () => {
  modules.write(
    'upper.js',
    'export const transformRow = (row) => ({ ...row, name: row.name?.toUpperCase() ?? null });',
  );
  const rows = [
    ['1', 'ann'],
    ['2', null],
    ['3', ''],
  ];
  expect(await mapThrough(modules, 'upper.js', rows)).toEqual({
    rows: [
      ['1', 'ANN'],
      ['2', null],
      ['3', ''],
    ],
    log: [],
    warnings: [],
  });
});

it('leaves nothing on the signal of a run, which would keep its buffers', async () => {
  modules.write('same.js', 'export const transformRow = (row) => row;');
  await mapThrough(modules, 'same.js', people(3));
  expect(getEventListeners(NEVER, 'abort')).toEqual([]);
});

it('maps a row to several and to none, in order', async () => {
  modules.write(
    'times.ts',
    `interface Row { id: number; name: string }
     export function transformRow(row: Row): Row[] | null | undefined {
       if (row.id === 2) return null;
       if (row.id === 3) return undefined;
       if (row.id === 4) return [];
       return Array.from({ length: row.id }, (_, index) => ({ ...row, name: row.name + '.' + index }));
     }`,
  );
  const { rows } = await mapThrough(modules, 'times.ts', people(5));
  expect(rows).toEqual([['1', 'name 1.0'], ...[0, 1, 2, 3, 4].map((index) => ['5', `name 5.${index}`])]);
});

it('maps batches of at most 1,000 rows, each whole and in order', async () => {
  modules.write(
    'batch.mjs',
    `export async function transformBatch(rows, ctx) {
       ctx.log(rows.length + ' from ' + rows[0].id);
       await new Promise((resolve) => setTimeout(resolve, rows[0].id === 1 ? 20 : 1));
       return rows.filter((row) => row.id % 2 === 0).reverse();
     }`,
  );
  const { rows, log } = await mapThrough(modules, 'batch.mjs', people(2500));
  expect(log).toEqual(['1000 from 1', '1000 from 1001', '500 from 2001']);
  expect(rows).toHaveLength(1250);
  expect(rows[0]![0]).toBe('1000');
  expect(rows[499]![0]).toBe('2');
  expect(rows.at(-1)![0]).toBe('2002');
});

it('waits for rows that take their time, and keeps their order', async () => {
  modules.write(
    'slow.js',
    'export const transformRow = async (row) => { if (row.id % 7 === 0) await new Promise(setImmediate); return row; };',
  );
  const { rows } = await mapThrough(modules, 'slow.js', people(3000));
  expect(rows.map(([id]) => id)).toEqual(Array.from({ length: 3000 }, (_, index) => String(index + 1)));
});

it('takes rows larger than a batch, and empty results', async () => {
  modules.write('same.js', 'export const transformRow = (row) => row;');
  const long = 'x'.repeat(3_000_000);
  const { rows } = await mapThrough(
    modules,
    'same.js',
    [
      ['1', long],
      ['2', 'short'],
      ['3', long],
    ],
    {
      input: [INT, { ...TEXT, mysqlType: 'longtext' }],
    },
  );
  expect(rows.map(([, name]) => name!.length)).toEqual([3_000_000, 5, 3_000_000]);
  expect((await mapThrough(modules, 'same.js', [])).rows).toEqual([]);
});

it('writes the declared columns in their order, whatever the order of the keys', async () => {
  modules.write('other.js', 'export const transformRow = ({ id, name }) => ({ length: name.length, id });');
  const output = [INT, { name: 'length', mysqlType: 'bigint', nullable: true, kind: 'number' as const }];
  expect((await mapThrough(modules, 'other.js', people(2), { output })).rows).toEqual([
    ['1', '6'],
    ['2', '6'],
  ]);
});

it('tells a module of its run, and nothing of the process', async () => {
  modules.write(
    'context.js',
    `export function transformRow(row, ctx) {
       console.log('ctx', JSON.stringify(ctx));
       ctx.log({ env: Object.keys(process.env), argv: process.argv.length, frozen: Object.isFrozen(ctx) });
       console.error('%d of %s', 1, 'two');
       process.stdout.write('nowhere');
       return row;
     }`,
  );
  const window = {
    table: 'staff',
    column: 'id',
    mode: 'literal',
    from: '5',
    to: null,
    nulls: false,
  } as const;
  const { log } = await mapThrough(modules, 'context.js', people(1), { context: { windows: [window] } });
  expect(log).toHaveLength(3);
  expect(JSON.parse(log[0]!.slice(4))).toEqual({
    task: 'people',
    table: 'staff',
    run_id: '20260301000000-abcd',
    scheduled_for: '2026-03-01T00:00:00.000Z',
    window,
    windows: [window],
  });
  expect(log[1]).toBe('{ env: [], argv: 2, frozen: true }');
  expect(log[2]).toBe('1 of two');
});

it('leaves out what a module says beyond a thousand lines, and says so', async () => {
  modules.write('chatty.js', 'export const transformRow = (row, ctx) => { ctx.log(`row ${row.id}`); };');
  const { log } = await mapThrough(modules, 'chatty.js', people(1203));
  expect(log).toHaveLength(1001);
  expect(log[999]).toBe('row 1000');
  expect(log[1000]).toBe('203 more lines were left out');
});

it('counts texts that are not UTF-8', async () => {
  modules.write('same.js', 'export const transformRow = (row) => row;');
  const rows = [
    ['1', Buffer.of(0x41, 0xff)],
    ['2', 'fine \ufffd'],
    ['3', Buffer.of(0xc3)],
  ];
  const { warnings, rows: mapped } = await mapThrough(modules, 'same.js', rows as [string, Buffer][]);
  expect(warnings).toEqual([
    'staff.name: 2 texts are not valid UTF-8; the module was given U+FFFD in their place.',
  ]);
  expect(mapped[0]).toEqual(['1', 'A\ufffd']);
});

it('holds no more of many rows than of few', async () => {
  modules.write(
    'double.js',
    'export const transformRow = (row) => [row, { ...row, name: row.name.toUpperCase() }];',
  );
  const before = process.memoryUsage().arrayBuffers;
  // What was there before may be gone by then: a difference may be below 0.
  const held: number[] = [];
  let mapped = 0;
  const target = {
    onRow() {
      if (++mapped % 10_000 === 0) held.push(process.memoryUsage().arrayBuffers - before);
    },
  };
  // With less memory than a tenth of the rows would take there.
  await mapThrough(modules, 'double.js', people(200_000), { target, memoryMb: 32 });
  expect(mapped).toBe(400_000);
  expect(held).toHaveLength(40);
  expect(Math.max(...held)).toBeLessThan(25_000_000);
});

describe('backpressure', () => {
  it('holds mapped rows back while there is no room for them, and the source with them', async () => {
    modules.write(
      'explode.js',
      'export const transformRow = (row) => Array.from({ length: 30 }, () => ({ ...row, name: "x".repeat(1000) }));',
    );
    const input = [INT, { ...TEXT, mysqlType: 'text' }];
    const failures: unknown[] = [];
    let room = false;
    let taken = 0;
    const target = {
      onRow: () => void taken++,
      isFull: () => !room,
      drained: () => {},
      failed: (error: unknown) => failures.push(error),
    };
    const before = process.memoryUsage().arrayBuffers;
    const plan = planFor('explode.js', { input });
    const transformer = modules.transforms.open(plan, input, CONTEXT, target, () => {});
    let sent = 0;
    while (!transformer.isFull()) {
      const packet = writeRow([Buffer.from(String(++sent)), Buffer.from('n')]);
      transformer.takeRow(packet, 0, packet.length);
    }
    // Three batches fill it. Of each, 30 MB are made: a few are on their way, and the module waits.
    expect(sent).toBe(3001);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(taken).toBe(0);
    expect(transformer.isFull()).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(15_000_000);
    room = true;
    transformer.resume();
    await transformer.finish(new AbortController().signal);
    expect(taken).toBe(sent * 30);
    expect(failures).toEqual([]);
    await transformer.close();
  });

  it('does not count the time that a module waits for room', async () => {
    modules.write(
      'explode.js',
      'export const transformRow = (row) => Array.from({ length: 30 }, () => ({ ...row, name: "x".repeat(1000) }));',
    );
    let room = false;
    const input = [INT, { ...TEXT, mysqlType: 'text' }];
    const asked = Promise.withResolvers<void>();
    const failed = Promise.withResolvers<never>();
    const target = {
      onRow: () => {},
      isFull() {
        asked.resolve();
        return !room;
      },
      drained: () => {},
      failed: failed.reject,
    };
    const plan = planFor('explode.js', { input, timeoutMs: 3000 });
    const transformer = modules.transforms.open(plan, input, CONTEXT, target, () => {});
    for (let id = 1; id <= 1000; id++) {
      const packet = writeRow([Buffer.from(String(id)), Buffer.from('n')]);
      transformer.takeRow(packet, 0, packet.length);
    }
    const finished = transformer.finish(new AbortController().signal);
    await asked.promise;
    // There is no room for longer than a batch may take.
    const late = new Promise((resolve) => setTimeout(resolve, 4500));
    await Promise.race([late, failed.promise]);
    room = true;
    transformer.resume();
    expect(await finished).toEqual([]);
    await transformer.close();
  });
});
