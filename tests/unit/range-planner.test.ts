/**
 * Ranges of any table, on a server that is only told its keys: whatever they are and however wrong its estimates, ranges
 * touch and cover everything; and where estimates are right, ranges are even.
 */
import fc from 'fast-check';
import type { KeyQuestions, ReadEstimate } from '../../src/key-ports.ts';
import { cutTable, type CutTable } from '../../src/range-planner.ts';

/** A server with a table of one column of whole numbers; null is NULL. */
function serverOf(keys: readonly (number | null)[], wrong: (rows: number) => number): KeyQuestions {
  const sorted = keys.filter((key) => key !== null).toSorted((a, b) => a - b);
  const nulls = keys.length - sorted.length;
  const within = (sql: string): number[] => {
    const bound = (sign: string): number | null => {
      const found = new RegExp(`\`k\` ${sign} (-?\\d+)`).exec(sql)?.[1];
      return found === undefined ? null : Number(found);
    };
    const [from, above, to] = [bound('>='), bound('>'), bound('<')];
    return sorted.filter(
      (key) => (from === null || key >= from) && (above === null || key > above) && (to === null || key < to),
    );
  };
  const rowsOf = (sql: string): number => within(sql).length + (sql.includes('IS NULL') ? nulls : 0);
  return {
    indexes: async () => [],
    estimates: async (selects) =>
      selects.map((sql): ReadEstimate => {
        const rows = rowsOf(sql);
        return { access: 'range', index: 'k', rows: Math.max(1, Math.round(wrong(rows))) };
      }),
    sortedTexts: () => Promise.reject(new Error('not asked of numbers')),
    texts: async (sql) =>
      sql.split('\nUNION ALL\n').flatMap((branch) => {
        const [, place, which] = /SELECT (\d+) AS place, (\d) AS which/.exec(branch)!;
        const found = within(branch).at(which === '0' ? 0 : -1);
        return found === undefined ? [] : [[place!, which!, String(found)]];
      }),
  };
}

function cut(
  keys: readonly (number | null)[],
  ranges: number,
  wrong = (rows: number) => rows,
): Promise<CutTable | null> {
  return cutTable(
    {
      key: {
        table: 't',
        column: 'k',
        nullable: true,
        type: { is: 'number', scale: 0 },
        index: 'k',
        conditions: [],
      },
      ranges,
      estimate: { rows: keys.length, bytes: null, basis: '' },
      tableRows: keys.length,
      entryBytes: 100,
    },
    serverOf(keys, wrong),
    new AbortController().signal,
  );
}

/** How many keys each range has; each key in exactly one. */
function countsOf(keys: readonly (number | null)[], found: CutTable): number[] {
  expect([found[0]!.from, found.at(-1)!.to]).toEqual([null, null]);
  for (const [at, { from, to }] of found.entries()) {
    if (at > 0) expect(from).toBe(found[at - 1]!.to);
    if (from !== null && to !== null) expect(Number(from)).toBeLessThan(Number(to));
  }
  const counts = found.map(
    ({ from, to }) =>
      keys.filter((key) =>
        key === null
          ? from === null
          : (from === null || key >= Number(from)) && (to === null || key < Number(to)),
      ).length,
  );
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(keys.length);
  return counts;
}

const key = fc.option(fc.oneof(fc.integer(), fc.integer({ min: -20, max: 20 })), { freq: 8 });

it('leaves no key out and has none twice, whatever the keys and the estimates are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(key, { maxLength: 200 }),
      fc.integer({ min: 2, max: 40 }),
      fc.func(fc.double({ min: 0, max: 10, noNaN: true })),
      async (keys, ranges, factor) => {
        const found = await cut(keys, ranges, (rows) => rows * factor(rows));
        if (found !== null) countsOf(keys, found);
        else expect(new Set(keys).size).toBeLessThan(200);
      },
    ),
    { numRuns: 100 },
  );
}, 120_000);

const many = (value: (n: number) => number | null): (number | null)[] =>
  Array.from({ length: 20_000 }, (_, n) => value(n));

it.each([
  ['without gaps', many((n) => n)],
  ['ever sparser', many((n) => n ** 3)],
  ['with one far away', many((n) => (n === 0 ? Number.MAX_SAFE_INTEGER : n))],
  ['in clusters', many((n) => Math.floor(n / 700) * 1e9 + n)],
  ['with gaps that double', many((n) => Math.floor(2 ** (n / 500)) + n)],
  ['with ties', many((n) => Math.floor(n / 90))],
])('makes ranges of nearly the same size of keys %s', async (_, keys) => {
  for (const ranges of [2, 7, 60]) {
    const counts = countsOf(keys, (await cut(keys, ranges))!);
    expect(Math.abs(counts.length - ranges)).toBeLessThanOrEqual(ranges / 4);
    expect(Math.max(...counts) / Math.min(...counts)).toBeLessThanOrEqual(2);
  }
});

it('takes the doubling of guesses back, where small cells meet large ones', async () => {
  const keys = many((n) => (n < 10_000 ? n : n * n));
  const doubled = (rows: number): number => (rows > 1720 ? rows * 2 : rows);
  const counts = countsOf(keys, (await cut(keys, 4, doubled))!);
  expect(Math.max(...counts) / Math.min(...counts)).toBeLessThanOrEqual(2);
});

it('gives NULL, and any value that is larger than a range, a range of its own', async () => {
  const keys = many((n) => (n < 8000 ? null : n < 14_000 ? 77 : n));
  const found = (await cut(keys, 10))!;
  const counts = countsOf(keys, found);
  expect(counts[0]).toBe(8000);
  expect(counts[1]).toBe(6000);
  expect(found[1]).toMatchObject({ from: '77' });
  expect(Math.max(...counts.slice(2)) / Math.min(...counts.slice(2))).toBeLessThanOrEqual(2);
  for (const [at, { rows }] of found.entries()) expect(Math.abs(rows! / counts[at]! - 1)).toBeLessThan(0.05);
});

it('does not cut what has one value', async () => {
  expect(await cut([5, 5, 5], 3)).toBeNull();
  expect(await cut([null, null], 3)).toBeNull();
  expect(await cut([], 3)).toBeNull();
});
