/** Patterns of keys, held against the keys that runs write. */
import { globOf, keyLayout, oneStarOf, regexOf, type KeyLayout } from '../../../src/describe/key-layout.ts';
import { keyPattern, objectKey } from '../../../src/plan/keys.ts';

const PARTS = { prefix: 'p/', task: 'hr', table: 'orders', tables: 1 };
const SCHEDULED = new Date('2026-07-01T02:03:04Z');

function layoutOf(template: string | null, more: Partial<Parameters<typeof keyLayout>[0]> = {}): KeyLayout {
  return keyLayout({ ...PARTS, template, extension: 'csv.gz', mayBatch: true, ...more });
}

function keysOf(template: string | null, more: { table?: string; stamp?: string } = {}): string[] {
  const common = {
    ...PARTS,
    ...more,
    template,
    scheduledFor: SCHEDULED,
    runId: '20260701020304-00c0ffee',
    extension: 'csv.gz',
  };
  const stamped = { stamp: '20260701020304', ...common };
  return [
    keyPattern({ ...stamped, batched: false }),
    ...[0, 1, 12].map((batch) => objectKey(keyPattern({ ...stamped, batched: true }), batch)),
  ];
}

/** As DuckDB reads a glob: `*` stops at a slash. */
function globRegex(glob: string): RegExp {
  const source = glob.replace(/\[0-9(?:a-f)?\]|\[.\]|\*|[^\w/]/g, (piece) =>
    piece === '*'
      ? '[^/]*'
      : piece.startsWith('[0')
        ? piece
        : `\\${piece.replaceAll(/^\[|\]$/g, '') || piece}`,
  );
  return new RegExp(`^${source}$`);
}

const TEMPLATES = [
  null,
  '{task}/dt={date}/{table}_{stamp}.{ext}',
  '{task}/{table}/year={year}/month={month}/{stamp}-{batch}.{ext}',
  '{year}/{month}/{day}/{hour}{minute}/{table}_{run_id}.{ext}',
  'raw/{table}.{ext}',
  'a[b]*?/{table}_{stamp}.{ext}',
];

describe.each(TEMPLATES)('the patterns of %s', (template) => {
  const layout = layoutOf(template);

  it('take every key that a run writes, batched or not', () => {
    const glob = globRegex(globOf(layout));
    const regex = new RegExp(`^${regexOf(layout)}$`);
    const [head, tail] = oneStarOf(layout).split('*') as [string, string | undefined];
    for (const key of keysOf(template)) {
      expect(key.startsWith(layout.folder)).toBe(true);
      expect(key).toMatch(glob);
      expect(key).toMatch(regex);
      expect(key.slice(layout.folder.length)).toMatch(regex);
      if (template !== TEMPLATES[5]) {
        expect(key.startsWith(head)).toBe(true);
        expect(key.endsWith(tail ?? '')).toBe(true);
      }
    }
  });

  it('take no key of a table that begins alike, and none of a manifest', () => {
    const others = [...keysOf(template, { table: 'orders_archive' }), 'p/hr/_manifest_20260701020304.json'];
    for (const key of others) {
      // Without any number in it, `orders*` is as much as a glob can say.
      if (template !== 'raw/{table}.{ext}') expect(key).not.toMatch(globRegex(globOf(layout)));
      // The regular expression is for what is in the folder.
      const inside = key.startsWith(layout.folder) ? key : '';
      expect(inside).not.toMatch(new RegExp(`^${regexOf(layout)}$`));
    }
  });
});

it('takes no objects of backfills', () => {
  for (const key of keysOf(null, { stamp: 'backfill_20260801000000_20260701000000' })) {
    expect(key).not.toMatch(globRegex(globOf(layoutOf(null))));
    expect(key).not.toMatch(new RegExp(`^${regexOf(layoutOf(null))}$`));
  }
});

it('has one asterisk, behind the century, where a warehouse allows one', () => {
  expect(oneStarOf(layoutOf(null))).toBe('p/hr/orders_20*.csv.gz');
  expect(oneStarOf(layoutOf('{task}/dt={date}/{table}_{stamp}.{ext}'))).toBe('p/hr/dt=20*.csv.gz');
  expect(oneStarOf(layoutOf('raw/{table}.{ext}', { mayBatch: false }))).toBe('p/raw/orders.csv.gz');
});

it('has no batch number where there cannot be one', () => {
  expect(regexOf(layoutOf(null, { mayBatch: false }))).toBe('(.*/)?orders_[0-9]{14}[.]csv[.]gz');
  expect(regexOf(layoutOf('{task}/{stamp}_{batch}.{ext}', { mayBatch: false }))).toContain('{14}_0[.]');
});

it.each([
  [null, 'p/hr/', []],
  ['{task}/{table}/{stamp}.{ext}', 'p/hr/orders/', []],
  ['{task}/dt={date}/{table}_{stamp}.{ext}', 'p/hr/', ['dt']],
  ['{table}/year={year}/month={month}/{stamp}.{ext}', 'p/orders/', ['year', 'month']],
  ['{task}/kind={table}/{stamp}.{ext}', 'p/hr/kind=orders/', []],
  ['{stamp}.{ext}', 'p/', []],
])('knows the folder and the partitions of %s', (template, folder, partitions) => {
  expect(layoutOf(template)).toMatchObject({ folder, partitions });
});

it('knows whether the tables of a task share a folder', () => {
  expect(layoutOf(null, { tables: 2 }).shared).toBe(true);
  expect(layoutOf('{task}/{table}/{stamp}.{ext}', { tables: 2 }).shared).toBe(false);
  expect(layoutOf(null).shared).toBe(false);
});
