/** What passes between the main thread and one that encodes. Buffers are transferred: who sends one has it no more. */
import type { OutputColumn } from '../../domain/plan.ts';
import type { PlainError } from '../../plain-error.ts';
import type { ColumnCounts } from './column.ts';
import type { GroupLimits } from './file-encoder.ts';
import type { ParquetOptions } from './group-columns.ts';

export type ToThread =
  | {
      readonly kind: 'open';
      readonly file: number;
      readonly columns: readonly OutputColumn[];
      readonly options: ParquetOptions;
      readonly limits: GroupLimits;
    }
  | { readonly kind: 'rows'; readonly file: number; readonly buffer: ArrayBuffer; readonly length: number }
  | { readonly kind: 'finish' | 'discard'; readonly file: number }
  /** Gives a buffer of bytes back, whatever became of its file. */
  | { readonly kind: 'copied'; readonly buffer: ArrayBuffer };

export type FromThread =
  | { readonly kind: 'bytes'; readonly file: number; readonly buffer: ArrayBuffer; readonly length: number }
  /** Gives a buffer of rows back, whatever became of its file. */
  | { readonly kind: 'taken'; readonly buffer: ArrayBuffer }
  | { readonly kind: 'finished'; readonly file: number; readonly counts: readonly Readonly<ColumnCounts>[] }
  | { readonly kind: 'failed'; readonly file: number; readonly error: PlainError };
