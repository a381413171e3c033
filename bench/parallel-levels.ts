/** Reading over several connections beside as many C clients, and what it costs whom. */
import { ratio } from './measure.ts';
import { clients, written, type ParallelBench, type ParallelTasks } from './parallel-tasks.ts';
import type { Line } from './report.ts';
import { measureTogether, medians, type Beside, type Together } from './together.ts';

const GOAL = 0.85;

interface Level {
  readonly connections: number;
  readonly bare: Together[];
  readonly ours: Together[];
}

export async function levelLines(bench: ParallelBench, tasks: ParallelTasks): Promise<Line[]> {
  const { rounds, say } = bench;
  const beside: Beside = { server: [bench.serverPid], s3: [bench.s3.pid], workers: [] };
  const levels = bench.levels.map((connections): Level => ({ connections, bare: [], ours: [] }));
  say('one round to warm up …');
  await measureTogether(clients(bench, 1), beside, false);
  await measureTogether([tasks.run(Math.max(...bench.levels))], beside);
  for (let round = 0; round < rounds; round++) {
    const took: string[] = [];
    for (const { connections, bare, ours } of levels) {
      bare.push(await measureTogether(clients(bench, connections), beside, false));
      ours.push(await measureTogether([tasks.run(connections)], beside));
      const [theirs, own] = [bare, ours].map((all) => `${all.at(-1)!.seconds.toFixed(1)} s`);
      took.push(`${connections}: ${theirs}, ${own}`);
    }
    say(`round ${round + 1}: connections: clients, tidemark: ${took.join('; ')}`);
  }
  return levels.flatMap((level) => linesOf(level, bench.rows));
}

function linesOf({ connections, bare, ours }: Level, rows: number): Line[] {
  const { bytes } = written(ours[0]!.stdout, rows);
  const throughput = ratio(bare, ours);
  const at = connections === 1 ? '1 connection' : `${connections} connections`;
  return [
    { what: `${at}: \`mariadb --quick -B\``, found: account(bare, rows, bytes), goal: '', ok: null },
    { what: `${at}: tidemark run, CSV to S3`, found: account(ours, rows, bytes), goal: '', ok: null },
    {
      what: `${at}: throughput, tidemark ÷ \`mariadb\``,
      found: `${throughput.toFixed(2)} ×`,
      goal: `≥ ${GOAL} ×`,
      ok: throughput >= GOAL,
    },
  ];
}

/** Speed; CPU of the processes themselves and of who works for them, for each gigabyte of CSV; peak memory. */
export function account(all: readonly Together[], rows: number, bytes: number): string {
  const { seconds, cpuSeconds, peakMb, beside } = medians(all);
  const gigabytes = bytes / 1e9;
  const cpu = [`CPU s/GB: ${(cpuSeconds / gigabytes).toFixed(1)}`];
  for (const [helper, spent] of Object.entries(beside))
    if (spent > 0) cpu.push(`${helper} ${(spent / gigabytes).toFixed(1)}`);
  const speed = `${seconds.toFixed(1)} s, ${(rows / seconds / 1e6).toFixed(2)} M rows/s, ${(bytes / seconds / 1e6).toFixed(0)} MB/s`;
  return `${speed}; ${cpu.join(', ')}; ${peakMb.toFixed(0)} MB`;
}
