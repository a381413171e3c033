/**
 * `npm run bench:state`: what the state costs when much is in it: `tidemark status` with 1,000 tasks and 1,000,000 past
 * runs, what a scrape of its metrics costs a daemon, the bookkeeping of one run, and the removal of old ones.
 *
 *   npm run bench:state -- [--runs 1000000] [--tasks 1000] [--write]    --write puts the table into docs/benchmarks.md
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openState, statePath } from '../src/state/database.ts';
import { pruneHistory } from '../src/state/prune.ts';
import { bookkeeping, fillHistory } from './history.ts';
import { measure, median, type Measured } from './measure.ts';
import { spec } from './many-specs.ts';
import { renderTable, STATE_TABLE, writeTable, type Line } from './report.ts';
import { measureScrapes } from './scrapes.ts';
import { benchConfig } from './workspace.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    tasks: { type: 'string', default: '1000' },
    write: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const tasks = Number(values.tasks);
const ROUNDS = 5;
const BOOKED_RUNS = 200;

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const home = mkdtempSync(join(tmpdir(), 'tidemark-bench-state-'));
try {
  const config = join(home, 'config.json');
  mkdirSync(join(home, 'specs'));
  const nowhere = new URL('mysql://nobody@127.0.0.1:1/');
  const settings = {
    ...benchConfig(home, nowhere, 'http://127.0.0.1:1'),
    http: { port: 0 },
    history_retention: '100 years',
  };
  writeFileSync(config, JSON.stringify(settings));
  for (let number = 0; number < tasks; number++) {
    // Tasks share their times of the day: there are some hundred schedules, not one for each task. None comes soon.
    const hour = (new Date().getUTCHours() + 6 + (number % 4)) % 24;
    const one = { ...spec(number), schedule: `${number % 60} ${hour} * * *` };
    writeFileSync(join(home, 'specs', `task_${number}.json`), JSON.stringify(one, null, 2));
  }

  const stateDir = join(home, 'state');
  const { db, close } = openState(stateDir);
  say(`${runs.toLocaleString('en')} runs of ${tasks.toLocaleString('en')} tasks …`);
  fillHistory(db, tasks, runs);
  const sizeMb = statSync(statePath(stateDir)).size / 1e6;

  // The first round reads the file into the page cache.
  const command = async (...args: string[]): Promise<{ wall: number; cpu: number }> => {
    const all: Measured[] = [];
    for (let round = 0; round <= ROUNDS; round++)
      all.push(await measure(process.execPath, ['dist/main.js', ...args, '--config', config]));
    const timed = all.slice(1);
    return {
      wall: median(timed.map(({ seconds }) => seconds)),
      cpu: median(timed.map(({ cpuSeconds }) => cpuSeconds)),
    };
  };
  say('status, history …');
  const [status, history] = [await command('status'), await command('history', 'task_7')];
  say('scrapes …');
  const scrapes = await measureScrapes(config);
  say('bookkeeping …');
  const booked = bookkeeping(db, BOOKED_RUNS).toSorted((a, b) => a - b);
  const [half, most] = [median(booked), booked[Math.floor(booked.length * 0.95)]!];
  say('removal of the oldest runs …');
  const middle = db.prepare('SELECT finished_at FROM run WHERE id = ?').get(Math.floor(runs / 50))!;
  const began = performance.now();
  const pruned = await pruneHistory(
    db,
    new Date(middle['finished_at'] as string),
    new AbortController().signal,
  );
  const perSecond = pruned.runs / ((performance.now() - began) / 1000);
  close();

  const belowOne = ({ wall, cpu }: { wall: number; cpu: number }): Pick<Line, 'found' | 'goal' | 'ok'> => ({
    found: `${wall.toFixed(2)} s, ${cpu.toFixed(2)} s CPU`,
    goal: '< 1 s',
    ok: wall < 1,
  });
  const table = renderTable(
    [
      { what: 'tidemark status', ...belowOne(status) },
      { what: 'tidemark history TASK', ...belowOne(history) },
      {
        what: "one run's bookkeeping (median; 95 % of runs)",
        found: `${half.toFixed(1)} ms; ${most.toFixed(1)} ms`,
        goal: '< 20 ms',
        ok: most < 20,
      },
      {
        what: 'removal of old runs',
        found: `${Math.round(perSecond).toLocaleString('en')} runs/s`,
        goal: '',
        ok: null,
      },
      ...scrapes,
      { what: 'size of the state file', found: `${sizeMb.toFixed(0)} MB`, goal: '', ok: null },
    ],
    `${new Date().toISOString().slice(0, 10)}; ${cpus().length} × ${cpus()[0]!.model}; Node ${process.version}; ` +
      `${tasks.toLocaleString('en')} tasks, ${runs.toLocaleString('en')} past runs; median of ${ROUNDS} rounds.`,
  );
  process.stdout.write(table);
  if (values.write) await writeTable(STATE_TABLE, table);
} finally {
  rmSync(home, { recursive: true, force: true });
}
