/** A state folder for each test, gone after it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { RunKind } from '../../../src/domain/run.ts';
import { openState } from '../../../src/state/database.ts';
import { recordBeginning, recordEnd } from '../../../src/state/runs.ts';
import { attemptOf, recordFor, slotOf } from '../../support/runs.ts';

/** The folder of the present test. */
export const place = { folder: '' };
const open: { close(): void }[] = [];

beforeEach(() => {
  place.folder = mkdtempSync(join(tmpdir(), 'tidemark-state-'));
});
afterEach(() => {
  closeStates();
  rmSync(place.folder, { recursive: true, force: true });
});

/** The state in the folder, as a process of its own opens it; closed after the test. */
export function stateDb(): DatabaseSync {
  const state = openState(place.folder);
  open.push(state);
  return state.db;
}

/** As if the processes that opened the state had ended. */
export function closeStates(): void {
  for (const one of open.splice(0)) one.close();
}

export const AT = Date.parse('2026-03-01T03:00:00Z');
export const minutesLater = (minutes: number): Date => new Date(AT + minutes * 60_000);

type Changes = Parameters<typeof recordFor>[2] & { readonly kind?: RunKind };

/** A run that began so many minutes after `AT` and has ended; returns its id. */
export function ran(db: DatabaseSync, task: string, minutes: number, changes: Changes = {}): string {
  const run = attemptOf(slotOf(minutesLater(minutes), { kind: changes.kind ?? 'scheduled' }));
  const record = recordFor(run, task, changes);
  recordEnd(db, record, new Date(record.report.finished_at));
  return run.runId;
}

/** One that began then and has not ended; returns its id. */
export function began(db: DatabaseSync, task: string, minutes: number): string {
  const run = attemptOf(slotOf(minutesLater(minutes)));
  recordBeginning(db, { task, sink: 's3', identity: run }, run.startedAt);
  return run.runId;
}

/** What makes of a run one that failed. */
export function failed(code: 'ACCESS_DENIED' | 'LOCK_TIMEOUT' = 'ACCESS_DENIED'): Changes {
  return {
    status: 'failed',
    files: [],
    tables: [],
    manifest: null,
    error: { code, message: 'refused', hint: 'Check the password. Or the user.', retryable: false },
  };
}
