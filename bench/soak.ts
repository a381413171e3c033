/**
 * `npm run bench:soak`: a daemon with a thousand tasks that all fire, for ten minutes: whether its memory, its open
 * descriptors and its connections stay as they are. Database, bucket and mail server are other processes than it.
 * Meanwhile it is scraped, specs are edited, and its config is read again every minute.
 *
 *   npm run bench:soak -- [--minutes 10] [--specs 1000] [--every 5] [--write]
 *
 * --every: each task fires once in so many minutes. --write puts the table into docs/benchmarks.md.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { freePort } from '../tests/support/guarded.ts';
import { startMariaDb } from '../tests/support/mysql.ts';
import { startMailbox } from '../tests/support/smtp.ts';
import { mallocSettings } from './deployed.ts';
import { describe, slope, type Sample } from './flatness.ts';
import { openInspector } from './live-memory.ts';
import { usageOf } from './measure.ts';
import { startNullS3 } from './processes.ts';
import { regionsOf, type Regions } from './regions.ts';
import { renderTable, SOAK_TABLE, writeTable, type Line } from './report.ts';
import { changeOrder, loadOrders, soakSpec } from './soak-specs.ts';
import { benchConfig } from './workspace.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    specs: { type: 'string', default: '1000' },
    every: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const specs = Number(values.specs);
const every = Number(values.every);
/** Every task has run, and what is kept of each is there. */
const WARM_UP = Math.max(0.3 * minutes, every);
const SAMPLE_MS = 5_000;
const SAMPLES_A_MINUTE = 60_000 / SAMPLE_MS;

interface Reading {
  readonly minute: number;
  readonly rssMb: number;
  readonly descriptors: number;
  readonly connections: number;
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const home = mkdtempSync(join(tmpdir(), 'tidemark-soak-'));
const [server, s3, mailbox] = await Promise.all([startMariaDb(), startNullS3(), startMailbox()]);
try {
  const connection = await mysql.createConnection(server.url);
  await connection.query('CREATE DATABASE bench');
  await connection.query('USE bench');
  await loadOrders(connection);

  const httpPort = await freePort();
  const config = join(home, 'config.json');
  const { host, port } = mailbox;
  const settings = {
    ...benchConfig(home, new URL(server.url), s3.endpoint),
    max_concurrent_tasks: 8,
    log_level: 'info',
    log_rotation: { max_mb: 2, max_files: 3 },
    smtp: { host, port, from: 'tidemark@example.com', admin: 'admin@example.com' },
    http: { host: '127.0.0.1', port: httpPort },
  };
  writeFileSync(config, JSON.stringify(settings));
  mkdirSync(join(home, 'specs'));
  const write = (number: number, changes: object = {}): void =>
    writeFileSync(
      join(home, 'specs', `task_${number}.json`),
      JSON.stringify({ ...soakSpec(number, every), ...changes }),
    );
  for (let number = 0; number < specs; number++) write(number);

  say(`a daemon with ${specs} tasks for ${minutes} minutes …`);
  const inspectorPort = await freePort();
  const inspect = `--inspect=127.0.0.1:${inspectorPort}`;
  const daemon = spawn(process.execPath, [inspect, 'dist/main.js', 'daemon', '--config', config], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, ...mallocSettings() },
  });
  const ended = once(daemon, 'exit');
  // Whoever stops the bench does not want the daemon to go on.
  process.once('exit', () => daemon.kill('SIGKILL'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const url = `http://127.0.0.1:${httpPort}`;
  while (!(await isReady(url))) await sleep(200);

  const inspector = await openInspector(inspectorPort);
  const readings: Reading[] = [];
  const live: Sample[] = [];
  const began = performance.now();
  for (let round = 1; performance.now() - began < minutes * 60_000; round++) {
    await sleep(Math.max(0, began + round * SAMPLE_MS - performance.now()));
    if (daemon.exitCode !== null) throw new Error(`the daemon ended with ${daemon.exitCode}`);
    readings.push({ minute: (performance.now() - began) / 60_000, ...(await look(daemon.pid!, connection)) });
    for (const path of ['/metrics', '/api/tasks', '/']) await (await fetch(url + path)).arrayBuffer();
    await changeOrder(connection, round);
    write(round % specs, { owner: { name: `Bench ${round}`, email: 'bench@example.com' } });
    if (round % SAMPLES_A_MINUTE === 0) {
      daemon.kill('SIGHUP');
      const { minute, rssMb, descriptors, connections } = readings.at(-1)!;
      live.push({ minute, value: await inspector.collect() });
      say(
        `${minute.toFixed(0)} min: ${rssMb.toFixed(0)} MB (${inWords(regionsOf(daemon.pid!))}), a heap of ${live.at(-1)!.value.toFixed(1)} MB, ` +
          `${descriptors} descriptors, ${connections} connections`,
      );
    }
  }
  const runs = await runsOf(url);
  const regions = regionsOf(daemon.pid!);
  inspector.close();
  daemon.kill();
  await ended;
  await connection.end();

  const table = renderTable(
    lines(readings, live, regions, runs),
    `${new Date().toISOString().slice(0, 10)}; ${cpus().length} × ${cpus()[0]!.model}; Node ${process.version}; ` +
      `${specs.toLocaleString('en')} tasks, each every ${every} min, for ${minutes} min; ` +
      `of the samples after ${WARM_UP.toFixed(0)} min: median (least to most), slope.`,
  );
  process.stdout.write(table);
  if (values.write) await writeTable(SOAK_TABLE, table);
} finally {
  await Promise.all([server.stop(), s3.stop(), mailbox.stop()]);
  rmSync(home, { recursive: true, force: true });
}

function inWords({ v8, malloc, code }: Regions): string {
  return `${v8.toFixed(0)} MB of V8, ${malloc.toFixed(0)} MB of malloc, ${code.toFixed(0)} MB of code`;
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function look(pid: number, connection: Connection): Promise<Omit<Reading, 'minute'>> {
  const [rows] = await connection.query<RowDataPacket[]>(
    "SELECT COUNT(*) AS count FROM information_schema.processlist WHERE db = 'bench' AND id != CONNECTION_ID()",
  );
  return {
    rssMb: usageOf(pid)!.rssMb,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    connections: Number(rows[0]!['count']),
  };
}

/** Runs that have ended, by status, as the daemon counts them itself. */
async function runsOf(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = new Map<string, number>();
  for (const [, status, count] of text.matchAll(/^tidemark_runs_total\{.*status="(\w+)".*\} (\d+)$/gm))
    counts.set(status!, (counts.get(status!) ?? 0) + Number(count));
  return counts;
}

function lines(
  readings: readonly Reading[],
  live: readonly Sample[],
  regions: Regions,
  runs: ReadonlyMap<string, number>,
): Line[] {
  const of = (pick: (reading: Reading) => number): Sample[] =>
    readings.map((reading) => ({ minute: reading.minute, value: pick(reading) }));
  const flat = (what: string, all: readonly Sample[], unit: string, most: number): Line => {
    const samples = all.filter(({ minute }) => minute >= WARM_UP);
    const goal = `at most +${most}${unit}/min`;
    return { what, found: describe(samples, unit), goal, ok: slope(samples) <= most };
  };
  const count = (status: string): number => runs.get(status) ?? 0;
  const mb = (pattern: string): string =>
    `${(globSync(pattern, { cwd: home }).reduce((sum, file) => sum + statSync(join(home, file)).size, 0) / 1e6).toFixed(1)} MB`;
  return [
    flat('JavaScript heap after a collection', live, ' MB', 0.5),
    flat(
      'resident memory, with garbage',
      of(({ rssMb }) => rssMb),
      ' MB',
      2,
    ),
    { what: 'at the end, of that', found: inWords(regions), goal: '', ok: null },
    flat(
      'open descriptors',
      of(({ descriptors }) => descriptors),
      '',
      0.2,
    ),
    flat(
      'connections to the database',
      of(({ connections }) => connections),
      '',
      0.2,
    ),
    {
      what: 'runs: succeeded, failed as they should, skipped',
      found: ['succeeded', 'failed', 'skipped'].map((one) => count(one).toLocaleString('en')).join(', '),
      goal: 'none skipped',
      ok: count('skipped') === 0,
    },
    { what: 'state file and its log', found: mb('state/tidemark.db*'), goal: '', ok: null },
    { what: 'tidemark.log, with the old ones', found: mb('logs/tidemark*.log'), goal: '≤ 8.5 MB', ok: null },
  ];
}
