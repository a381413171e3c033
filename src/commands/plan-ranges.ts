/** The ranges of a plan as `tidemark plan` shows them: some of the first and of the last, if they are many. */
import type { ExportPlan, RangePlan } from '../domain/plan.ts';

/** From so many on, those in the middle are left out. */
const MANY = 12;
const SHOWN_AT_ENDS = 4;

export function rangeLines({ ranges, sequential }: ExportPlan): string[] {
  if (sequential !== undefined) return [`read over one connection: ${sequential}`];
  if (ranges === undefined) return [];
  const { column } = ranges[0]!.range;
  const sizes = ranges.flatMap(({ rows }) => (rows === null ? [] : [rows]));
  const size =
    sizes.length === 0 ? '' : `, of ${amount(Math.min(...sizes))} to ${amount(Math.max(...sizes))} rows`;
  const shown =
    ranges.length <= MANY ? [ranges] : [ranges.slice(0, SHOWN_AT_ENDS), ranges.slice(-SHOWN_AT_ENDS)];
  const left = ranges.length - shown.flat().length;
  const lines = shown.map((some) => some.map(rangeLine));
  return [
    `read by ${ranges.length.toLocaleString('en')} ranges of ${column}${size} (estimated)`,
    ...lines[0]!,
    ...(lines.length > 1 ? [`  … ${left.toLocaleString('en')} more`, ...lines[1]!] : []),
  ];
}

function rangeLine({ range: { from, to }, rows }: RangePlan): string {
  const begin = from === null ? 'from the beginning' : `from ${shortened(from)}`;
  const end = to === null ? 'to the end' : `to before ${shortened(to)}`;
  return `  ${begin} ${end}${rows === null ? '' : `: about ${amount(rows)} rows`}`;
}

function amount(rows: number): string {
  return rows.toLocaleString('en');
}

const LONGEST = 60;

/** On one line, whatever is in a key. */
function shortened(key: string): string {
  // oxlint-disable-next-line no-control-regex -- what a terminal would act on
  const plain = key.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\uFFFD');
  return plain.length <= LONGEST ? plain : `${plain.slice(0, LONGEST)}…`;
}
