/** A run in progress, as pages and `/api/live` show it. Plain data. */
import type { RunKind } from '../domain/run.ts';

export interface LiveRun {
  readonly task: string;
  /** Null until its plan is made. */
  readonly run_id: string | null;
  readonly kind: RunKind;
  /** ISO 8601 UTC, like the next one. */
  readonly scheduled_for: string;
  readonly started_at: string;
  /** `preparing`: connecting and planning; `reading`: from the first row until everything is published. */
  readonly phase: 'preparing' | 'reading';
  /** Read so far, by the attempt in progress. */
  readonly rows: number;
  /** Written so far, before they are uploaded. */
  readonly bytes: number;
  readonly files: number;
  /** By the server's statistics; null: not known. */
  readonly estimated_rows: number | null;
}
