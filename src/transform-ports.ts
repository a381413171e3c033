/** What a run asks of the modules that map rows: given by `transform/`, used by `run.ts` and `extract/`. */
import type { DeclaredColumns, RowTransform } from './domain/spec.ts';
import type { OutputColumn, RowTransformPlan, Window } from './domain/plan.ts';
import type { RowHandler } from './ports.ts';

/** What a module that maps rows is told of the run it works for. */
export interface TransformContext {
  readonly task: string;
  readonly table: string;
  readonly runId: string;
  /** ISO 8601 UTC. */
  readonly scheduledFor: string;
  /** Of this table. */
  readonly windows: readonly Window[];
}

/** Where mapped rows go. All is called on the main thread. */
export interface TransformTarget {
  /** The next row, in the order of the rows it comes from. */
  readonly onRow: RowHandler;
  /** Whether rows should wait until `resume` is called. */
  isFull(): boolean;
  /** The mapper, which was full, takes rows again. */
  drained(): void;
  /** No row comes any more; once, and never from within a call of the mapper. */
  failed(error: unknown): void;
}

/** Maps the rows of one table in a thread of its own. */
export interface RowTransformer {
  /** Takes one row; the packet may be reused once this returns. */
  takeRow: RowHandler;
  /** Whether the source should wait for `drained`. Rows that come nevertheless are taken. */
  isFull(): boolean;
  /** The target has room again. */
  resume(): void;
  /**
   * All rows have been taken: settles when all that became of them has gone to the target.
   *
   * @returns what the owner should know of the values.
   * @throws what `failed` was told; the signal's reason.
   */
  finish(signal: AbortSignal): Promise<readonly string[]>;
  /** Ends the thread, whatever it does. Nothing is told any more. */
  close(): Promise<void>;
}

/** The modules of `transforms_dir`. */
export interface Transforms {
  /**
   * Loads a module as a run would, and lets it go again.
   *
   * @returns the columns that it declares; null: none.
   * @throws TidemarkError TRANSFORM_INVALID, TRANSFORM_TIMEOUT, TRANSFORM_MEMORY.
   */
  inspect(transform: RowTransform, signal: AbortSignal): Promise<DeclaredColumns | null>;
  /**
   * @param output what the module has to return.
   * @param log takes what the module has to say.
   */
  open(
    transform: RowTransformPlan,
    output: readonly OutputColumn[],
    context: TransformContext,
    target: TransformTarget,
    log: (message: string) => void,
  ): RowTransformer;
}
