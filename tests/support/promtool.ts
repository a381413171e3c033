/** Prometheus's own checker, which reads metrics, rules and queries as Prometheus does. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const FETCHED = path.join(import.meta.dirname, '../../node_modules/.cache/prometheus/promtool');

export interface Checked {
  /** 0: nothing is wrong. */
  readonly code: number | null;
  /** stdout and stderr. */
  readonly output: string;
}

/**
 * @param input what it reads from stdin.
 * @throws Error that says what to do where there is no promtool.
 */
export function promtool(args: readonly string[], input = ''): Checked {
  const program = existsSync(FETCHED) ? FETCHED : 'promtool';
  const child = spawnSync(program, args, { input, encoding: 'utf8' });
  if (child.error !== undefined)
    throw new Error(`promtool cannot be run: bash scripts/get-prometheus.sh fetches it, or put it on PATH`, {
      cause: child.error,
    });
  return { code: child.status, output: child.stdout + child.stderr };
}
