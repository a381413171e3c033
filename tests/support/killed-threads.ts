/**
 * Runs a spec again and again while its threads are killed at random moments: `node killed-threads.ts CONFIG SPEC ROUNDS
 * SEED`. Prints the reports, one JSON document.
 */
import { readFileSync } from 'node:fs';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { openInstallation } from '../../src/commands/installation.ts';
import { loadConfig } from '../../src/config/load.ts';
import { executeRun } from '../../src/execute.ts';
import { parseSpec } from '../../src/spec/parse.ts';
import { chanceFrom } from '../e2e/kill/random.ts';
import { byHand } from './runs.ts';

const [configFile = '', specFile = '', rounds = '', seed = ''] = process.argv.slice(2);
const chance = chanceFrom(Number(seed));

/** Longer than any run. */
const LONGEST_MS = 60_000;

const alive = new Set<Worker>();
process.on('worker', (worker: Worker) => {
  alive.add(worker);
  worker.on('exit', () => alive.delete(worker));
});

const installation = openInstallation(loadConfig({ file: configFile, env }));
const spec = parseSpec(readFileSync(specFile, 'utf8'), specFile);
const reports = [];
let killed = 0;
/** How long a run takes that nobody disturbs. The first one shows it, and no killed one does: they end early. */
let typicalMs = Infinity;
for (let round = 0; round <= Number(rounds); round++) {
  const ended = new AbortController();
  // Now and then too late.
  const killer = sleep(Math.min(chance.fraction() * 1.3 * typicalMs, LONGEST_MS), undefined, {
    signal: ended.signal,
  }).then(
    async () => {
      const victim = [...alive][chance.below(alive.size)];
      if (victim === undefined) return;
      killed++;
      await victim.terminate();
    },
    () => {},
  );
  const begun = performance.now();
  const observer = { planned: () => {}, progress: () => {} };
  const { report } = await executeRun(installation, spec, byHand(), observer, new AbortController().signal);
  if (report.status === 'succeeded') typicalMs = performance.now() - begun;
  ended.abort();
  await killer;
  reports.push(report);
}
await installation.close();
process.stdout.write(JSON.stringify({ killed, reports }));
