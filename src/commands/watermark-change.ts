/** Which watermark of a task is meant, whether a value fits it, and what the next run makes of the change. Pure. */
import { TidemarkError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { parseClock } from '../plan/clock.ts';
import type { KnownWatermark } from './known-watermarks.ts';

/**
 * The one that is meant.
 *
 * @param table as named on the command line; null: the only one.
 * @throws TidemarkError USAGE.
 */
export function chosenWatermark(
  task: string,
  known: readonly KnownWatermark[],
  table: string | null,
): KnownWatermark {
  const tables = known.map((one) => one.table);
  if (table === null) {
    const [only, ...others] = known;
    if (only === undefined)
      throw new TidemarkError('USAGE', `Task ${task} has no watermark.`, {
        hint: 'A watermark is a `cdc` entry `{"mode": "watermark"}` of its spec in the specs folder.',
      });
    if (others.length === 0) return only;
    throw new TidemarkError(
      'USAGE',
      `Task ${task} has watermarks of ${tables.join(', ')}; --table names the one that is meant.`,
    );
  }
  const found = known.find((one) => one.table === table);
  if (found !== undefined) return found;
  const allowed = tables.length === 0 ? 'It has none.' : `Allowed: ${tables.join(', ')}.`;
  throw new TidemarkError(
    'USAGE',
    `--table: found "${table}", of which task ${task} has no watermark.${didYouMean(table, tables)} ${allowed}`,
  );
}

type Form = 'integer' | 'date' | 'datetime';

/**
 * The value as it is to be remembered.
 *
 * @throws TidemarkError USAGE where it is no value, or not of the form of the one there is.
 */
export function fittingValue(known: KnownWatermark, text: string): string {
  const form = formOf(text);
  const like = exampleOf(known);
  const wanted = like === null ? null : formOf(like);
  const where = `${known.table}.${known.column}`;
  if (form === null || (wanted !== null && (wanted === 'integer') !== (form === 'integer'))) {
    const allowed =
      wanted === null
        ? 'a time such as "2026-01-31" or "2026-01-31 03:00:00.000000", or an integer'
        : wanted === 'integer'
          ? 'an integer such as 1700'
          : 'a time such as "2026-01-31" or "2026-01-31 03:00:00.000000"';
    const beside = like === null ? '' : ` It is ${like} now.`;
    throw new TidemarkError(
      'USAGE',
      `The watermark ${where}: found "${text}".${beside} Allowed: ${allowed}.`,
    );
  }
  if (wanted === 'date' && form === 'datetime' && known.kept !== null)
    throw new TidemarkError(
      'USAGE',
      `The watermark ${where}: found "${text}". It is the day ${known.kept.value} now. Allowed: a day such as "2026-01-31".`,
    );
  return wanted === 'datetime' && form === 'date' ? `${text} 00:00:00` : text;
}

/** Where the next run would begin as things are: it tells what a value looks like. Null: at the beginning. */
function exampleOf({ watermark, kept, column }: KnownWatermark): string | null {
  // What is remembered of another column than the spec's says nothing of this one.
  const ofColumn = kept?.column.toLowerCase() === column.toLowerCase() ? kept.value : null;
  return ofColumn ?? watermark?.initial?.text ?? null;
}

function formOf(text: string): Form | null {
  if (/^-?\d{1,20}$/.test(text)) return 'integer';
  if (text.includes('T') || parseClock(text) === null) return null;
  return text.length === 10 ? 'date' : 'datetime';
}

/** What the next run does once the value is set. */
export function consequence(known: KnownWatermark, value: string): string {
  const { table, column } = known;
  const before = exampleOf(known);
  const name = `${table}.${column}`;
  // Once there is a value, the next run is no first run.
  const dropsNulls = known.kept === null && known.watermark?.nulls === 'first_run';
  const nulls = dropsNulls
    ? ` Rows with NULL in ${name} will never be read: \`null_watermark\` is "first_run", and that run is then over; "always" reads them.`
    : '';
  const next = `The next run reads the rows of ${table} with ${column} > ${value}.${nulls}`;
  if (before === null) return next;
  const [was, is] = [positionOf(before), positionOf(value)];
  if (was === is) return `${next} That is where it would have begun anyway.`;
  if (is > was) return `${next} Rows with ${name} in (${before}, ${value}] will never be read.`;
  return known.kept === null
    ? next
    : `${next} Rows with ${name} in (${value}, ${before}] will be published a second time.`;
}

/** What the next run does once the value is forgotten. */
export function consequenceOfReset({ table, column, watermark }: KnownWatermark): string {
  if (watermark === null) return `The spec has no watermark of ${table} any more: it makes no difference.`;
  const { initial, nulls } = watermark;
  const rows = initial === null ? 'all its rows' : `its rows with ${column} > ${initial.text}`;
  const withNulls = nulls === 'first_run' ? ', and those with NULL in it' : '';
  return `The next run begins at the initial value: of ${table}, ${rows}${withNulls} will be published, those of earlier runs a second time.`;
}

/** On the count of its kind: values of one column compare as these do. */
function positionOf(value: string): bigint {
  return formOf(value) === 'integer' ? BigInt(value) : (parseClock(value) ?? 0n);
}
