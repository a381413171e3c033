/** Several processes at the same time, and what those beside them spend for it, by the kernel's own account. */
import { measure, median, usageOf, type Measured } from './measure.ts';

/** Who works beside what is measured, as processes that go on. */
export type Beside = Readonly<Record<Helper, readonly number[]>>;
export type Helper = 'server' | 's3' | 'workers';

/** CPU and peak memory are sums over the processes. */
export interface Together extends Measured {
  /** CPU seconds of each kind of helper while the processes ran. */
  readonly beside: Readonly<Record<Helper, number>>;
}

export type Command = readonly [program: string, ...args: string[]];

const HELPERS: readonly Helper[] = ['server', 's3', 'workers'];

/** Starts all at once; the time is that of the last to end. @throws where one fails. */
export async function measureTogether(
  commands: readonly Command[],
  beside: Beside,
  keepOutput = true,
): Promise<Together> {
  const others = besideOf(beside);
  const startedAt = performance.now();
  const all = await Promise.all(commands.map(([program, ...args]) => measure(program, args, keepOutput)));
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    seconds,
    cpuSeconds: sum(all.map((one) => one.cpuSeconds)),
    peakMb: sum(all.map((one) => one.peakMb)),
    stdout: all.map(({ stdout }) => stdout).join(''),
    beside: others(),
  };
}

/** Of several measurements of the same, the median of each figure but memory, which is the largest. */
export function medians(all: readonly Together[]): Omit<Together, 'stdout'> {
  const of = (figure: (one: Together) => number): number => median(all.map(figure));
  return {
    seconds: of((one) => one.seconds),
    cpuSeconds: of((one) => one.cpuSeconds),
    peakMb: Math.max(...all.map((one) => one.peakMb)),
    beside: byHelper((helper) => of((one) => one.beside[helper])),
  };
}

/** From here on; asked for once the work is done. */
export function besideOf(beside: Beside): () => Together['beside'] {
  const before = spent(beside);
  return () => {
    const after = spent(beside);
    return byHelper((helper) => after[helper] - before[helper]);
  };
}

function spent(beside: Beside): Record<Helper, number> {
  return byHelper((helper) => sum(beside[helper].map((pid) => usageOf(pid)?.cpuSeconds ?? 0)));
}

function byHelper(figure: (helper: Helper) => number): Record<Helper, number> {
  return Object.fromEntries(HELPERS.map((helper) => [helper, figure(helper)])) as Record<Helper, number>;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
