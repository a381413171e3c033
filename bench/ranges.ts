/**
 * `npm run bench:ranges`: how long it takes to cut a large table into 10,000 ranges, how much memory that needs, and how
 * evenly the rows come out. The tables stand for keys of different kinds: without gaps, with gaps of every size, UUIDs,
 * names in an order that ignores case and accents.
 *
 *   npm run bench:ranges -- [--rows 3000000] [--ranges 10000] [--write]    --write puts the table into docs/benchmarks.md
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type mysql from 'mysql2/promise';
import { keyTypeOf } from '../src/plan/ranges/key-type.ts';
import { rangeConditions, type KeyColumn } from '../src/plan/ranges/questions.ts';
import { cutTable, type CutTable } from '../src/range-planner.ts';
import { mysqlSource } from '../src/sources/mysql/snapshot.ts';
import { freshDatabase, sourceOptionsOf, startMariaDb } from '../tests/support/mysql.ts';
import { RANGES_TABLE, renderTable, writeTable, type Line } from './report.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '3000000' },
    ranges: { type: 'string', default: '10000' },
    write: { type: 'boolean', default: false },
  },
});
const rows = Number(values.rows);
const ranges = Number(values.ranges);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Keys as uneven as names need an estimate or more for each range: fewer ranges show how far that goes. */
const FEWER = 1000;

/** What the key is made of, from the numbers 1 to `rows`. */
const KEYS: readonly (readonly [name: string, type: string, value: string])[] = [
  ['numbers without gaps', 'BIGINT UNSIGNED', 'seq'],
  ['numbers, ever sparser', 'BIGINT UNSIGNED', 'seq * seq DIV 7 + seq'],
  ['numbers in clusters', 'BIGINT', '(seq DIV 50000) * 1000000000000 + seq'],
  ['UUIDs as text', 'CHAR(36) CHARACTER SET ascii', "INSERT(INSERT(MD5(seq), 9, 0, '-'), 14, 0, '-')"],
  ['UUIDs as bytes', 'BINARY(16)', 'UNHEX(MD5(seq))'],
  [
    'names, accents ignored',
    'VARCHAR(60) COLLATE utf8mb4_unicode_ci',
    "CONCAT(ELT(1 + FLOOR(POW(seq % 997 / 997, 2) * 8), 'Smith', 'müller', 'Muller', 'ångström', 'zoe', 'œuvre', 'Иван', '李'), ' ', seq)",
  ],
];

interface Result {
  readonly seconds: number;
  readonly megabytes: number;
  readonly cut: CutTable;
}

const server = await startMariaDb();
const database = await freshDatabase(server.url);
const { connection } = database;
const lines: Line[] = [];
try {
  for (const [name, type, value] of KEYS) {
    say(`${name}: ${rows.toLocaleString('en')} rows …`);
    await connection.query(`CREATE TABLE t (k ${type} NOT NULL PRIMARY KEY, pad CHAR(20) NOT NULL)`);
    await connection.query(`INSERT INTO t SELECT ${value}, 'x' FROM seq_1_to_${rows} ORDER BY 1`);
    await connection.query('ANALYZE TABLE t');
    const uneven = type.startsWith('VARCHAR');
    for (const count of uneven ? [FEWER, ranges] : [ranges]) lines.push(...(await linesOf(name, count)));
    await connection.query('DROP TABLE t');
  }
} finally {
  await database.drop();
  await server.stop();
}
const table = renderTable(
  lines,
  `${new Date().toISOString().slice(0, 10)}; ${cpus()[0]!.model}, ${cpus().length} cores; Node ${process.version.slice(1)}; MariaDB; ${rows.toLocaleString('en')} rows; median of 3 rounds.`,
);
process.stdout.write(`${table}\n`);
if (values.write) await writeTable(RANGES_TABLE, table);

async function linesOf(kind: string, wanted: number): Promise<Line[]> {
  const { seconds, megabytes, cut } = await measured(wanted);
  const counts = await countsOf(cut);
  if (counts.reduce((sum, one) => sum + one, 0) !== rows) throw new Error('rows are missing or doubled');
  const sorted = counts.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
  const what = `${kind}, ${cut.length.toLocaleString('en')} ranges`;
  const found = [
    {
      what: `${what}: time`,
      found: `${seconds.toFixed(2)} s`,
      goal: '< 2 s',
      ok: seconds < 2,
    },
    {
      what: `${what}: memory`,
      found: `${megabytes.toFixed(0)} MB`,
      goal: '< 100 MB',
      ok: megabytes < 100,
    },
    {
      what: `${what}: rows of the largest range to those of the smallest, 1 % of each left out`,
      found: (at(0.99) / at(0.01)).toFixed(2),
      goal: '≤ 2',
      ok: at(0.99) / at(0.01) <= 2,
    },
    {
      what: `${what}: the same, all of them`,
      found: (at(1) / at(0)).toFixed(2),
      goal: '',
      ok: null,
    },
  ];
  for (const line of found) say(`  ${line.what}: ${line.found}`);
  return found;
}

/** The median of three times, and the most memory that was in use above what there was before. */
async function measured(count: number): Promise<Result> {
  const snapshot = await mysqlSource(sourceOptionsOf(database)).open(new AbortController().signal);
  try {
    const facts = await snapshot.tableFacts('t');
    const key = keyOf(facts.columns[0]!);
    const times: number[] = [];
    let megabytes = 0;
    let cut: CutTable | null = null;
    for (let round = 0; round < 3; round++) {
      globalThis.gc?.();
      const before = process.memoryUsage().rss;
      const watch = setInterval(() => {
        megabytes = Math.max(megabytes, (process.memoryUsage().rss - before) / 1e6);
      }, 10);
      const begin = performance.now();
      const estimate = { rows: facts.rows, bytes: facts.bytes, basis: '' };
      const entryBytes = (facts.bytes ?? 0) / (facts.rows ?? 1);
      const request = { key, ranges: count, estimate, tableRows: facts.rows, entryBytes };
      cut = await cutTable(request, snapshot.keys, new AbortController().signal);
      times.push((performance.now() - begin) / 1000);
      clearInterval(watch);
      megabytes = Math.max(megabytes, (process.memoryUsage().rss - before) / 1e6);
    }
    return { seconds: times.toSorted((a, b) => a - b)[1]!, megabytes, cut: cut! };
  } finally {
    await snapshot.close();
  }
}

function keyOf(column: Parameters<typeof keyTypeOf>[0]): KeyColumn {
  const type = keyTypeOf(column)!;
  return { table: 't', column: 'k', nullable: false, type, index: 'PRIMARY', conditions: [] };
}

/** How many rows each range really has. */
async function countsOf(cut: CutTable): Promise<number[]> {
  const [[column]] = await connection.query<mysql.RowDataPacket[]>(
    "SELECT DATA_TYPE AS dataType, COLUMN_TYPE AS columnType, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't' AND COLUMN_NAME = 'k'",
  );
  const key = keyOf(column as Parameters<typeof keyTypeOf>[0]);
  const counts: number[] = [];
  for (let from = 0; from < cut.length; from += 200) {
    const selects = cut
      .slice(from, from + 200)
      .map((range) => `SELECT COUNT(*) AS n FROM t WHERE ${rangeConditions(key, range).join(' AND ')}`);
    const [found] = await connection.query<mysql.RowDataPacket[]>(selects.join(' UNION ALL '));
    counts.push(...found.map(({ n }) => Number(n)));
  }
  return counts;
}
