/** Whole processes, measured from outside: wall time, CPU time and peak memory by the kernel's own account. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Measured {
  readonly seconds: number;
  /** User and system time. */
  readonly cpuSeconds: number;
  /** The largest resident set, in MB of 10^6 bytes. */
  readonly peakMb: number;
  readonly stdout: string;
}

const POLL_MS = 20;
/** Clock ticks a second of /proc/PID/stat, the same on every Linux that Node runs on. */
const TICKS = 100;

/** Runs a command to its end. @throws where it fails. */
export async function measure(
  command: string,
  args: readonly string[],
  keepOutput = true,
): Promise<Measured> {
  const startedAt = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', keepOutput ? 'pipe' : 'ignore', 'inherit'] });
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  let last = { peakMb: 0, cpuSeconds: 0 };
  const poll = setInterval(() => (last = usageOf(child.pid!) ?? last), POLL_MS);
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  clearInterval(poll);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}`);
  return { seconds: (performance.now() - startedAt) / 1000, ...last, stdout };
}

/** Of a process that lives; null once it has ended. */
export function usageOf(pid: number): { peakMb: number; rssMb: number; cpuSeconds: number } | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // A process that has ended and is not yet waited for has no memory, and its account is incomplete.
    if (!status.includes('VmHWM')) return null;
    const kilobytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces: fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS;
    const mb = (name: string): number => (kilobytes(name) * 1024) / 1e6;
    return { peakMb: mb('VmHWM'), rssMb: mb('VmRSS'), cpuSeconds };
  } catch {
    return null;
  }
}

/** Of the times of two contenders, `b` the unit: the median over the rounds that both ran in. */
export function ratio(a: readonly Measured[], b: readonly Measured[]): number {
  const rounds = Math.min(a.length, b.length);
  return median(Array.from({ length: rounds }, (_, round) => a[round]!.seconds / b[round]!.seconds));
}

/** Median times and the largest peak, for a table. */
export function detail(all: readonly Measured[]): string {
  const seconds = median(all.map((one) => one.seconds)).toFixed(1);
  const cpu = median(all.map((one) => one.cpuSeconds)).toFixed(1);
  return `${seconds} s, ${cpu} s CPU, ${Math.max(...all.map((one) => one.peakMb)).toFixed(0)} MB`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
