/** What a table is to be cut into, and where it is cut. */
import type { Estimate } from '../../domain/plan.ts';
import type { Key } from './key-type.ts';
import type { KeyColumn } from './questions.ts';

/** How a table is to be cut. */
export interface CutRequest {
  readonly key: KeyColumn;
  readonly ranges: number;
  readonly estimate: Estimate;
  /** What the server takes the rows of the table for, filters aside; null: it does not say. */
  readonly tableRows: number | null;
  /** Bytes of an entry of the index. */
  readonly entryBytes: number;
}

/** A border at a key, and the rows that are estimated before it. */
export interface PlacedBorder {
  readonly key: Key;
  readonly rowsBefore: number;
}
