/** What passes between the main thread and that of a module. Buffers are transferred: who sends one has it no more. */
import type { MessagePort } from 'node:worker_threads';
import type { DeclaredColumns } from '../domain/spec.ts';
import type { OutputColumn } from '../domain/plan.ts';
import type { PlainError } from '../plain-error.ts';
import type { TransformContext } from '../transform-ports.ts';

/** What a thread is started with. */
export interface ThreadData {
  /** Absolute path of the module, links resolved. */
  readonly file: string;
  /** As messages name it. */
  readonly name: string;
  /** What to do; null: only to load the module. */
  readonly job: TransformJob | null;
}

/** The same with what the main thread adds. */
export interface WorkerData extends ThreadData {
  /** Where the job says which row it is at; null without a job. See whereabouts.ts. */
  readonly where: SharedArrayBuffer | null;
  /** What the two threads talk through. Not the thread's own port: modules, and packages they import, may use that. */
  readonly port: MessagePort;
}

export interface TransformJob {
  readonly input: readonly OutputColumn[];
  readonly output: readonly OutputColumn[];
  /** Names of the input columns that tell a row from all others. */
  readonly key: readonly string[];
  readonly context: TransformContext;
  /** What the thread may hold between two batches, heap and buffers together. */
  readonly memoryBytes: number;
}

export type ToThread =
  | { readonly kind: 'rows'; readonly buffer: ArrayBuffer; readonly length: number }
  | { readonly kind: 'end' }
  /** Gives back a buffer of mapped rows, which have gone on. */
  | { readonly kind: 'taken'; readonly buffer: ArrayBuffer };

export type FromThread =
  | { readonly kind: 'loaded'; readonly declared: DeclaredColumns | null }
  /** The module is at work, or no longer: between the two, its time runs. */
  | { readonly kind: 'busy' | 'idle' }
  | { readonly kind: 'rows'; readonly buffer: ArrayBuffer; readonly length: number }
  /** Gives back a buffer of rows: all that became of them has been sent. */
  | { readonly kind: 'done'; readonly buffer: ArrayBuffer }
  | { readonly kind: 'ended'; readonly rows: number; readonly invalidTexts: ReadonlyMap<string, number> }
  | { readonly kind: 'log'; readonly message: string }
  | { readonly kind: 'failed'; readonly error: PlainError };
