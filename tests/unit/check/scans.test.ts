/** Windows and orders that no index serves, and the statement that makes one. */
import type { ScanStep } from '../../../src/check-ports.ts';
import { servesOrder, servesRange } from '../../../src/check/indexes.ts';
import type { TableIndex } from '../../../src/key-ports.ts';
import { createIndex } from '../../../src/plan/create-index.ts';
import { queryFindings, tableFindings } from '../../../src/check/scans.ts';
import type { TableSpec } from '../../../src/domain/spec.ts';
import type { TableFacts } from '../../../src/ports.ts';
import { taskPlace } from './sample.ts';

const index = (name: string, ...columns: string[]): TableIndex => ({
  name,
  unique: name === 'PRIMARY',
  columns: columns.map((column) => ({ name: column.replace('*', ''), whole: !column.endsWith('*') })),
});
const PRIMARY = index('PRIMARY', 'id');
const set = (...names: string[]): Set<string> => new Set(names);

describe('a range', () => {
  it.each([
    ['updated_at', index('a', 'updated_at', 'x'), set(), true],
    ['UPDATED_AT', index('a', 'updated_at'), set(), true],
    ['updated_at', index('a', 'updated_at*'), set(), true],
    ['updated_at', index('a', 'status', 'updated_at'), set(), false],
    ['updated_at', index('a', 'status', 'updated_at'), set('status'), true],
    ['updated_at', index('a', 'status'), set('status'), false],
  ])('on %s is served by %j with %j fixed: %s', (column, one, fixed, served) => {
    expect(servesRange([PRIMARY, one], column, fixed)).toBe(served);
  });
});

describe('an order', () => {
  it.each([
    [['id'], PRIMARY, set(), true],
    [['id', 'name'], PRIMARY, set(), true],
    [['name'], PRIMARY, set(), false],
    [['name', 'id'], index('n', 'name'), set(), true],
    [['name', 'id', 'x'], index('n', 'name'), set(), true],
    [['name', 'x'], index('n', 'name'), set(), false],
    [['name'], index('n', 'name*'), set(), false],
    [['b', 'a'], index('n', 'a', 'b'), set(), false],
    [['b'], index('n', 'a', 'b'), set('a'), true],
    [['a', 'b'], index('n', 'a', 'b'), set('a'), true],
  ])('by %j is served by %j with %j fixed: %s', (order, one, fixed, served) => {
    expect(servesOrder([one], order, ['id'], fixed)).toBe(served);
  });

  it('needs all of its columns in the index where there is no primary key', () => {
    expect(servesOrder([index('n', 'name')], ['name', 'id'], [], set())).toBe(false);
  });
});

describe('CREATE INDEX', () => {
  it('quotes names, and takes one that is free', () => {
    expect(createIndex('my`db', 'orders', ['up`dated'], [])).toBe(
      'CREATE INDEX `orders_up``dated` ON `my``db`.`orders` (`up``dated`);',
    );
    expect(createIndex('d', 't', ['a', 'b'], [index('T_a_b', 'x'), index('t_a_b_2', 'x')])).toBe(
      'CREATE INDEX `t_a_b_3` ON `d`.`t` (`a`, `b`);',
    );
  });

  it('stays within the length that names have', () => {
    const name = /INDEX `(.*?)`/.exec(createIndex('d', 't'.repeat(64), ['c'.repeat(64)], []))?.[1];
    expect(name!.length).toBeLessThanOrEqual(64);
  });
});

describe('a table', () => {
  const TABLE: TableSpec = { name: 'orders', columns: '*', filters: [], cdc: [], splitOrder: [] };
  const FACTS: TableFacts = {
    name: 'orders',
    columns: [{ name: 'note', dataType: 'text', columnType: 'text', nullable: true, invisible: false }],
    primaryKey: ['id'],
    rows: 1_234_567,
    bytes: 1,
    transactional: true,
  };
  const all: ScanStep = { table: 'orders', access: 'ALL', index: null, rows: 1_200_000 };
  const watermark = {
    column: 'updated_at',
    bound: {
      kind: 'watermark',
      watermark: { initial: null, lagMs: 0, timezone: null, nulls: 'never' },
    },
  } as const;
  const found = (table: Partial<TableSpec>, facts: Partial<TableFacts> = {}, indexes = [PRIMARY]) =>
    tableFindings(taskPlace('orders'), {
      table: { ...TABLE, ...table },
      at: 1,
      database: 'shop',
      facts: { ...FACTS, ...facts },
      indexes,
      steps: [all],
    });

  it('whose watermark has no index is read whole each time', () => {
    expect(found({ cdc: [watermark] })).toEqual([
      {
        severity: 'warning',
        code: 'WINDOW_UNINDEXED',
        scope: 'spec',
        name: null,
        tasks: ['orders'],
        places: [{ file: 'orders.json', line: 1, column: 1, path: 'table[1].cdc.updated_at' }],
        message:
          'No index of orders begins with updated_at: each run looks at about 1,234,567 rows of orders to find its window.',
        remedy: {
          kind: 'sql',
          text: 'CREATE INDEX `orders_updated_at` ON `shop`.`orders` (`updated_at`);',
        },
      },
      expect.objectContaining({
        severity: 'info',
        code: 'ROWS_SCANNED',
        message: 'Each run looks at about 1,200,000 rows of orders, without an index.',
      }),
    ]);
  });

  it('whose split order has no index is sorted each time', () => {
    expect(found({ splitOrder: ['customer', 'id'] })[0]).toMatchObject({
      code: 'SPLIT_UNINDEXED',
      places: [{ path: 'table[1].split_order' }],
      message: expect.stringContaining('1,234,567 rows') as string,
      remedy: { text: 'CREATE INDEX `orders_customer_id` ON `shop`.`orders` (`customer`, `id`);' },
    });
    expect(found({ splitOrder: ['note'] })[0]!.remedy).toMatchObject({ kind: 'words' });
  });

  it('with its indexes is only told of', () => {
    const indexes = [PRIMARY, index('u', 'updated_at')];
    expect(found({ cdc: [watermark], splitOrder: ['id'] }, {}, indexes).map(({ code }) => code)).toEqual([
      'ROWS_SCANNED',
    ]);
  });

  it('that is a view is told of by EXPLAIN alone', () => {
    const view = { transactional: null, rows: null };
    expect(found({ cdc: [watermark], splitOrder: ['x'] }, view, []).map(({ code }) => code)).toEqual([
      'ROWS_SCANNED',
    ]);
  });
});

describe('a custom query', () => {
  const whole: ScanStep = { table: 'o', access: 'ALL', index: null, rows: 5000 };
  const range: ScanStep = { table: 'o', access: 'range', index: 'updated_at', rows: 1 };
  const lookup: ScanStep = { table: 'c', access: 'ALL', index: null, rows: 4 };
  const codes = (steps: ScanStep[], windowed: boolean) =>
    queryFindings(taskPlace('q'), steps, windowed).map(({ severity, code }) => `${severity} ${code}`);

  it('is warned of where it reads whole tables to find its window', () => {
    expect(codes([whole], true)).toEqual(['warning QUERY_SCANS']);
    expect(codes([range, lookup], true)).toEqual(['info ROWS_SCANNED', 'info ROWS_SCANNED']);
    expect(codes([whole], false)).toEqual(['info ROWS_SCANNED']);
  });

  it('says how many rows', () => {
    const [first] = queryFindings(taskPlace('q'), [range], true);
    expect(first!.message).toBe('Each run looks at about 1 row of o, by index updated_at.');
    expect(first!.places[0]!.path).toBe('query.custom');
  });
});
