/**
 * `npm run bench`: Tidemark beside what else moves rows, in one run, as ratios, because machines are noisy. Each round
 * runs the contenders one after the other; a ratio is taken within a round, and its median over the rounds is printed.
 *
 *   npm run bench -- [--rows N] [--rounds 5] [--with-clickhouse | --parallel 1,2,4] [--write]
 *
 * --with-clickhouse: an embedded ClickHouse does the same exports. --parallel: reading over so many connections, in place
 * of all else (parallel.ts). --write: the table goes into docs/benchmarks.md.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import mysql from 'mysql2/promise';
import { startMariaDb } from '../tests/support/mysql.ts';
import { loadLineItems } from './dataset.ts';
import { clickHouseLines, embeddedClickHouse, type ClickHouse } from './clickhouse.ts';
import { FORMATS, PLAIN_CSV } from './format-goals.ts';
import { formatLines, sizeLines } from './formats.ts';
import { detail, measure, ratio, type Measured } from './measure.ts';
import { measureManySpecs } from './many-specs.ts';
import { levelsOf, parallelLines } from './parallel.ts';
import { startNullS3 } from './processes.ts';
import { MAIN_TABLE, PARALLEL_TABLE, renderReport, writeTable, type Line } from './report.ts';
import { benchWorkspace, type Workspace } from './workspace.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    parallel: { type: 'string' },
    'with-clickhouse': { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const levels = values.parallel === undefined ? null : levelsOf(values.parallel);
// Several connections are done sooner: what is measured should still take seconds.
const rows = Number(values.rows ?? (levels === null ? 3_000_000 : 6_000_000));
/** The slow contender runs in fewer rounds. */
const USUAL_ROUNDS = 2;
const NODE = process.execPath;

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const home = mkdtempSync(join(tmpdir(), 'tidemark-bench-'));
const server = await startMariaDb();
const s3 = await startNullS3();
try {
  const url = new URL(server.url);
  say(`filling line_item with ${rows.toLocaleString('en')} rows …`);
  const connection = await mysql.createConnection(server.url);
  // A table that has to come from the disk would measure the disk.
  await connection.query('SET GLOBAL innodb_buffer_pool_size = 2 * 1024 * 1024 * 1024');
  await connection.query('CREATE DATABASE bench');
  await connection.query('USE bench');
  await loadLineItems(connection, 'line_item', rows);
  const [[facts]] = (await connection.query(
    'SELECT VERSION() AS version, @@pid_file AS pidFile',
  )) as unknown as [[{ version: string; pidFile: string }]];
  await connection.end();
  url.pathname = '/bench';

  const serverPid = Number(readFileSync(facts.pidFile, 'utf8'));
  const lines =
    levels === null
      ? await allLines(url)
      : await parallelLines({ home, database: url, serverPid, s3, rows, rounds, levels, say });
  const machine = `${cpus().length} × ${cpus()[0]!.model}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const report = renderReport(lines, { machine, node: process.version, server: facts.version, rows, rounds });
  process.stdout.write(report);
  if (values.write) await writeTable(levels === null ? MAIN_TABLE : PARALLEL_TABLE, report);
} finally {
  await s3.stop();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
}

/** All that one connection does. */
async function allLines(url: URL): Promise<Line[]> {
  const workspace = benchWorkspace(home, url, s3.endpoint);
  const clickHouse = values['with-clickhouse'] ? embeddedClickHouse(home, url, s3.endpoint, say) : null;
  return [
    ...(await speed(workspace, url, clickHouse)),
    ...(await sizeLines(home, url, clickHouse, say)),
    ...(await memory(workspace)),
    ...(await measureManySpecs(home, say)),
  ];
}

/** The main job against the C client's bare read and against the usual Node pipeline. */
async function speed(workspace: Workspace, url: URL, clickHouse: ClickHouse | null): Promise<Line[]> {
  const query = 'select * from line_item';
  const client = [
    '--no-defaults',
    `-h${url.hostname}`,
    `-P${url.port}`,
    `-u${url.username}`,
    `-p${url.password}`,
    '--skip-ssl',
    '--quick',
    '-B',
  ];
  const readBare = (): Promise<Measured> => measure('mariadb', [...client, '-e', query, 'bench'], false);
  const run = (task: string): Promise<Measured> => measure(NODE, ['dist/main.js', ...workspace.run(task)]);
  const usual = (): Promise<Measured> => measure(NODE, ['bench/usual-pipeline.ts', url.href, s3.endpoint]);

  say('one round to warm up …');
  await readBare();
  await run('line_item');
  const bare: Measured[] = [];
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  const formats = FORMATS.map((): Measured[] => []);
  const byClickHouse = [PLAIN_CSV, ...FORMATS].map((): Measured[] => []);
  for (let round = 0; round < rounds; round++) {
    bare.push(await readBare());
    ours.push(await run('line_item'));
    for (const [index, { task }] of FORMATS.entries()) formats[index]!.push(await run(task));
    if (round < USUAL_ROUNDS) theirs.push(await usual());
    if (clickHouse !== null)
      for (const [index, format] of [PLAIN_CSV, ...FORMATS].entries())
        byClickHouse[index]!.push(await clickHouse.run(format));
    const took = [bare, ours, ...formats].map((all) => `${all.at(-1)!.seconds.toFixed(1)} s`);
    say(`round ${round + 1}: client, CSV, ${FORMATS.map(({ what }) => what).join('; ')}: ${took.join('; ')}`);
  }
  const toBare = ratio(ours, bare);
  const toUsual = ratio(theirs, ours);
  return [
    { what: '(a) `mariadb --quick -B -e "select * …" > /dev/null`', found: detail(bare), goal: '', ok: null },
    { what: 'tidemark run, CSV to S3', found: detail(ours), goal: '', ok: null },
    { what: '(b) mysql2 row stream → fast-csv → lib-storage', found: detail(theirs), goal: '', ok: null },
    { what: 'tidemark ÷ (a)', found: `${toBare.toFixed(2)} ×`, goal: '≤ 1.25 ×', ok: toBare <= 1.25 },
    { what: '(b) ÷ tidemark', found: `${toUsual.toFixed(1)} ×`, goal: '≥ 4 ×', ok: toUsual >= 4 },
    ...FORMATS.flatMap((format, index) => formatLines(format, formats[index]!, bare)),
    ...(clickHouse === null ? [] : clickHouseLines([ours, ...formats], byClickHouse)),
  ];
}

/** Peak memory must not depend on the number of rows. */
async function memory(workspace: Workspace): Promise<Line[]> {
  const peaks: number[] = [];
  for (const task of ['one_million', 'ten_million']) {
    say(`memory: ${task} …`);
    const measured = await measure(NODE, ['dist/main.js', ...workspace.run(task)]);
    peaks.push(measured.peakMb);
  }
  const [one, ten] = peaks as [number, number];
  const apart = Math.abs(ten / one - 1);
  return [
    { what: 'peak memory, 1 million rows', found: `${one.toFixed(0)} MB`, goal: '≤ 200 MB', ok: one <= 200 },
    { what: 'peak memory, 10 million rows', found: `${ten.toFixed(0)} MB`, goal: '≤ 200 MB', ok: ten <= 200 },
    {
      what: 'peak memory, 10 against 1 million',
      found: `${(apart * 100).toFixed(0)} % apart`,
      goal: '≤ 15 %',
      ok: apart <= 0.15,
    },
  ];
}
