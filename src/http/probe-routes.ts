/** `/healthz` and `/readyz`: for whatever starts, watches and balances. */
import { json } from './json.ts';
import type { Route } from './route.ts';

export interface ProbeOptions {
  /** Why the daemon is not ready; null: it is. */
  readonly notReady: () => string | null;
  /** Left out, or undefined: it is alone. */
  readonly role?: (() => Role) | undefined;
}

/** Of two daemons with one state. */
export interface Role {
  readonly role: 'leader' | 'standby';
  /** Host of the one that leads; null: nobody does, as far as is known. */
  readonly leader: string | null;
}

export function probeRoutes({ notReady, role }: ProbeOptions): readonly Route[] {
  // What balances may send any name, and nothing of the tasks is told.
  return [
    { method: 'GET', path: '/healthz', anyHost: true, answer: () => json({ status: 'alive' }) },
    { method: 'GET', path: '/readyz', anyHost: true, answer: () => readiness(notReady(), role?.()) },
  ];
}

/** @param reason why the daemon is not ready; null: it is. A standby is ready to take over. */
export function readiness(reason: string | null, role?: Role): Response {
  return reason === null
    ? json({ status: 'ready', ...role })
    : json({ status: 'not ready', reason, ...role }, 503);
}
