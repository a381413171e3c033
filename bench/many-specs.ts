/** A thousand specs: how long a check of them takes, and what a daemon costs that has them all scheduled. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { measure, median, usageOf } from './measure.ts';
import type { Line } from './report.ts';
import { benchConfig } from './workspace.ts';

const SPECS = 1000;
const CHECKS = 5;
const SETTLE_MS = 15_000;
const IDLE_MS = 40_000;

export async function measureManySpecs(home: string, say: (text: string) => void): Promise<Line[]> {
  const folder = join(home, 'thousand');
  const config = join(folder, 'config.json');
  mkdirSync(join(folder, 'specs'), { recursive: true });
  const nowhere = new URL('mysql://nobody@127.0.0.1:1/');
  writeFileSync(config, JSON.stringify(benchConfig(folder, nowhere, 'http://127.0.0.1:1')));
  for (let number = 0; number < SPECS; number++) {
    writeFileSync(join(folder, 'specs', `task_${number}.json`), JSON.stringify(spec(number), null, 2));
  }

  say(`check of ${SPECS} specs …`);
  const checks: number[] = [];
  for (let round = 0; round < CHECKS; round++) {
    checks.push((await measure(process.execPath, ['dist/main.js', 'check', '--config', config])).seconds);
  }

  say(`daemon with ${SPECS} specs, idle for ${IDLE_MS / 1000} s …`);
  const daemon = spawn(process.execPath, ['dist/main.js', 'daemon', '--config', config], { stdio: 'ignore' });
  await sleep(SETTLE_MS);
  const before = usageOf(daemon.pid!)!;
  await sleep(IDLE_MS);
  const after = usageOf(daemon.pid!)!;
  daemon.kill();
  await once(daemon, 'exit');

  const seconds = median(checks);
  const cpu = ((after.cpuSeconds - before.cpuSeconds) / (IDLE_MS / 1000)) * 100;
  return [
    { what: 'tidemark check, 1,000 specs', found: `${seconds.toFixed(2)} s`, goal: '< 2 s', ok: seconds < 2 },
    { what: 'daemon, 1,000 specs, idle: CPU', found: `${cpu.toFixed(2)} %`, goal: '< 1 %', ok: cpu < 1 },
    {
      what: 'daemon, 1,000 specs, idle: memory',
      found: `${after.rssMb.toFixed(0)} MB (peak ${after.peakMb.toFixed(0)})`,
      goal: '≤ 150 MB',
      ok: after.rssMb <= 150,
    },
  ];
}

/** Schedules at every minute of the day, none of which comes while the daemon is watched. */
export function spec(number: number): object {
  const day = new Date(Date.now() + 3 * 86_400_000).getUTCDate();
  return {
    task_name: `task_${number}`,
    schedule: `${number % 60} ${Math.floor(number / 60) % 24} ${day} * *`,
    table: [
      {
        name: `table_${number}`,
        columns: ['id', 'name', 'created_at', 'amount'],
        filters: {
          status: { condition: 'in', metric: ['open', 'paid'] },
          amount: { condition: '>', metric: number },
        },
        cdc: { created_at: '12 hours' },
        split_order: 'id',
      },
    ],
    owner: { name: 'Bench', email: 'bench@example.com' },
    source: 'mysql',
    sink: 's3',
  };
}
