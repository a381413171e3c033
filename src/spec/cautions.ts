/** What a valid spec asks for and nobody can promise, as far as the spec alone shows it. */
import type { Spec } from '../domain/spec.ts';
import { showText } from './show.ts';

export interface Caution {
  /** Where in the spec, as if its tables were a list. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly remedy: string;
}

/** What to use as a watermark in place of a number. */
export const COLUMN_TO_USE =
  'Use an indexed column of times that every insert and update sets: updated_at TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), or created_at where rows never change.';

/** One caution for each watermark that begins at a number, and so is on an integer column. */
export function cautionsOf({ tables }: Pick<Spec, 'tables'>): Caution[] {
  return tables.flatMap(({ name, cdc }, at) =>
    cdc.flatMap(({ column, bound }) => {
      if (bound.kind !== 'watermark' || bound.watermark.initial?.kind !== 'number') return [];
      const place = `the watermark ${showText(column, 64)} of table ${showText(name, 64)}`;
      const message = `${place} is a number: numbers are handed out early and committed late, so a row that is committed behind a greater number is missed.`;
      return [{ path: ['table', at, 'cdc', column], message, remedy: COLUMN_TO_USE }];
    }),
  );
}
