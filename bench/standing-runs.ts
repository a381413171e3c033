/** Runs of a process that goes on (run-on-request.ts), measured one by one: what starting it costs is not in them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunReport } from '../src/domain/run.ts';
import { usageOf } from './measure.ts';
import { besideOf, type Beside, type Together } from './together.ts';

export interface StandingRuns {
  /** @throws where the run fails. */
  run(): Promise<Together>;
  stop(): Promise<void>;
}

export function standingRuns(config: string, spec: string, beside: Beside): StandingRuns {
  const program = join(import.meta.dirname, 'run-on-request.ts');
  const child = spawn(process.execPath, [program, config, spec], { stdio: ['pipe', 'pipe', 'inherit'] });
  const reports = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async run() {
      const cpuBefore = usageOf(child.pid!)?.cpuSeconds ?? 0;
      const others = besideOf(beside);
      const startedAt = performance.now();
      child.stdin.write('\n');
      const { value: stdout, done } = await reports.next();
      if (done === true) throw new Error(`${program} ended`);
      const seconds = (performance.now() - startedAt) / 1000;
      const { error } = JSON.parse(stdout) as RunReport;
      if (error !== null) throw new Error(`${error.code}: ${error.message}`);
      const { cpuSeconds, peakMb } = usageOf(child.pid!)!;
      return { seconds, cpuSeconds: cpuSeconds - cpuBefore, peakMb, stdout, beside: others() };
    },
    async stop() {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
