/**
 * A process that runs a spec and is killed at a given step: `node interrupted-run.ts CONFIG SPEC STEP`. A step is
 * `before NAME` or `after NAME` of a call to journal or sink; `before put` for instance. With a step that is never
 * reached, the run comes to its end and the process with it.
 *
 * After `failing put`, the manifest cannot be written: the run is then undone, and may be killed while it is.
 */
import { readFileSync } from 'node:fs';
import { env } from 'node:process';
import { openInstallation } from '../../src/commands/installation.ts';
import { loadConfig } from '../../src/config/load.ts';
import { executeRun } from '../../src/execute.ts';
import type { Journal, Sink } from '../../src/ports.ts';
import { parseSpec } from '../../src/spec/parse.ts';
import { byHand } from './runs.ts';

const [configFile = '', specFile = '', step = ''] = process.argv.slice(2);
const undoing = step.startsWith('failing put, ');
const wanted = step.replace('failing put, ', '');

function reach(moment: string): void {
  // No handler, no farewell: as the kernel's OOM killer would.
  if (moment === wanted) process.kill(process.pid, 'SIGKILL');
}

/** The same record of functions, each announced before and after it. */
function watched<T extends object>(record: T): T {
  const entries = Object.entries(record).map(([name, value]: [string, unknown]) => {
    if (typeof value !== 'function') return [name, value];
    const call = (...args: unknown[]): unknown => {
      reach(`before ${name}`);
      if (name === 'put' && undoing) return Promise.reject(new Error('the manifest cannot be written'));
      const result: unknown = value(...args);
      if (!(result instanceof Promise)) {
        reach(`after ${name}`);
        return result;
      }
      return result.then((settled: unknown) => {
        reach(`after ${name}`);
        return name === 'begin' ? watched(settled as object) : settled;
      });
    };
    return [name, call];
  });
  return Object.fromEntries(entries) as T;
}

const config = loadConfig({ file: configFile, env });
const installation = openInstallation(config);
const spec = parseSpec(readFileSync(specFile, 'utf8'), specFile);
const sinks = new Map<string, Sink>();
const watchedInstallation: typeof installation = {
  ...installation,
  sink(name) {
    const sink = sinks.get(name) ?? watched<Sink>(installation.sink(name));
    sinks.set(name, sink);
    return sink;
  },
  journal: {
    ...installation.journal,
    open: (run) => watched<Journal>(installation.journal.open(run)),
  },
};
const observer = { planned: () => {}, progress: () => {} };
const { report } = await executeRun(
  watchedInstallation,
  spec,
  byHand(),
  observer,
  new AbortController().signal,
);
await installation.close();
process.stdout.write(JSON.stringify(report));
