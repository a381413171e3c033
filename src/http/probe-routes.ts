/** `/healthz` and `/readyz`: for whatever starts, watches and balances. */
import { json } from './json.ts';
import type { Route } from './route.ts';

export interface ProbeOptions {
  /** Why the daemon is not ready; null: it is. */
  readonly notReady: () => string | null;
}

export function probeRoutes({ notReady }: ProbeOptions): readonly Route[] {
  // What balances may send any name, and nothing of the tasks is told.
  return [
    { method: 'GET', path: '/healthz', anyHost: true, answer: () => json({ status: 'alive' }) },
    { method: 'GET', path: '/readyz', anyHost: true, answer: () => readiness(notReady()) },
  ];
}

/** @param reason why the daemon is not ready; null: it is. */
export function readiness(reason: string | null): Response {
  return reason === null ? json({ status: 'ready' }) : json({ status: 'not ready', reason }, 503);
}
