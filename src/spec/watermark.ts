/**
 * Watermarks: how a task remembers how far it has read. Read from the JSON tree, so that numbers keep their exact
 * text. Parts of the wrong type are left to the schema.
 */
import type { Node } from 'jsonc-parser';
import type { Literal, NullWatermark, WatermarkSpec } from '../domain/spec.ts';
import { parseClock } from '../plan/clock.ts';
import { durationFault, durationMs } from './duration.ts';
import { nodeAt, textAt } from './json-document.ts';
import type { Segment } from './json-document.ts';
import { zoneFault } from './schedule.ts';
import type { Report } from './schema-faults.ts';
import { showText } from './show.ts';
import { misspelledSpan, parseSpan } from './span.ts';
import { DEFAULT_LAG, tableWatermarkSchema } from './watermark-schema.ts';

const LAG = { example: DEFAULT_LAG, longestDays: 366, zero: true };

const NULLS = tableWatermarkSchema.properties.null_watermark;

// What integer columns hold, of both signs.
const LEAST = -(2n ** 63n);
const MOST = 2n ** 64n - 1n;

const FORM = /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?)?$/;
const ALLOWED = 'Allowed: "YYYY-MM-DD" or "YYYY-MM-DD HH:MM:SS", with up to six digits of fractions';

/** The watermark of a table's column. */
export function readTableWatermark(
  node: Node,
  path: readonly Segment[],
  text: string,
  report: Report,
): WatermarkSpec {
  const nulls: unknown = nodeAt(node, ['null_watermark'])?.value;
  return {
    ...readCommon(node, path, report, (initial, at) => readInitial(initial, at, text, report)),
    nulls: NULLS.enum.find((word): word is NullWatermark => word !== null && word === nulls) ?? NULLS.default,
  };
}

/** The watermark of a custom query. Its bounds are times, because `:to` is one. */
export function readQueryWatermark(
  node: Node | null,
  path: readonly Segment[],
  report: Report,
): WatermarkSpec {
  const common = readCommon(node, path, report, (initial, at) => {
    if (initial.type === 'string') return readTime(initial.value as string, at, `${ALLOWED}.`, report);
    if (initial.type === 'number')
      report(at, `found a number; :from and :to of a query are times. ${ALLOWED}.`);
    return null;
  });
  // Which rows with NULL are read is for the query itself to say.
  return { ...common, nulls: 'never' };
}

function readCommon(
  node: Node | null,
  path: readonly Segment[],
  report: Report,
  readBeginning: (initial: Node, at: readonly Segment[]) => Literal | null,
): Omit<WatermarkSpec, 'nulls'> {
  const at = (key: string): Node | null => (node === null ? null : nodeAt(node, [key]));
  const initial = at('initial');
  const timezone = node === null ? null : textAt(node, 'timezone');
  const wrong = timezone === null ? null : zoneFault(timezone);
  if (wrong !== null) report([...path, 'timezone'], wrong);
  return {
    initial: initial === null ? null : readBeginning(initial, [...path, 'initial']),
    lagMs: readLag(at('lag')?.value, [...path, 'lag'], report),
    timezone,
  };
}

function readLag(value: unknown, path: readonly Segment[], report: Report): number {
  if (typeof value === 'number' && value !== 0)
    report(path, `found ${value}, a number without a unit. Write a span such as "${value} minutes", or 0.`);
  if (typeof value === 'number') return 0;
  const written = typeof value === 'string' ? value : DEFAULT_LAG;
  const wrong = durationFault(written, LAG);
  if (wrong !== null) report(path, wrong);
  return durationMs(written) ?? 0;
}

/** A beginning that no server could misread: a text that is no date compares as something else, and rows are lost. */
function readInitial(node: Node, path: readonly Segment[], text: string, report: Report): Literal | null {
  if (node.type === 'string')
    return readTime(node.value as string, path, `${ALLOWED}, or a whole number.`, report);
  if (node.type !== 'number') return null;
  const written = text.slice(node.offset, node.offset + node.length);
  const fits = /^-?\d{1,20}$/.test(written) && BigInt(written) >= LEAST && BigInt(written) <= MOST;
  if (fits) return { kind: 'number', text: written };
  const found = written.length <= 40 ? written : `${written.slice(0, 40)}…`;
  report(path, `found ${found}. Allowed: a whole number that an integer column holds, written in digits.`);
  return null;
}

function readTime(
  written: string,
  path: readonly Segment[],
  allowed: string,
  report: Report,
): Literal | null {
  // Years below 1000 are outside of what MySQL promises to compare.
  if (parseClock(written) !== null && !written.startsWith('0'))
    return { kind: 'string', text: written.replace('T', ' ') };
  report(path, `found ${showText(written)}${whyNoTime(written)} ${allowed}`);
  return null;
}

function whyNoTime(written: string): string {
  if (parseSpan(written) !== null || misspelledSpan(written) !== null)
    return ', a span of time; where the first run begins must stand still. Write a date or a number.';
  if (FORM.test(written))
    return ', which no calendar has from the year 1000 on. To read all rows, leave it out.';
  if (/^-?\d{1,20}$/.test(written)) return ', a number in quotes. Write it without them.';
  if (/[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:Z|[+-]\d\d:?\d\d)$/i.test(written))
    return ', a time with a zone. Write it as the column has it, without one.';
  return '.';
}
