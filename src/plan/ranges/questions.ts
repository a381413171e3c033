/** What is asked of a server to find out how a table's keys are distributed, as SQL: a few index entries at a time. */
import { quoteName, quoteString } from '../sql.ts';
import { keyLiteral, type Key, type KeyType } from './key-type.ts';

/** A table, and the column by which it is cut. */
export interface KeyColumn {
  readonly table: string;
  readonly column: string;
  readonly nullable: boolean;
  readonly type: KeyType;
  /** Index that begins with the column. */
  readonly index: string;
  /** What the spec asks of the column, and the index can tell. */
  readonly conditions: readonly string[];
}

export interface Span {
  readonly from: Key | null;
  readonly to: Key | null;
}

/** Conditions for the rows of a range; NULL is in the first one where it can be. */
export function rangeConditions(
  { column, type, nullable }: Pick<KeyColumn, 'column' | 'type' | 'nullable'>,
  { from, to }: Span,
): string[] {
  const name = quoteName(column);
  if (from === null && to !== null) {
    const below = `${name} < ${keyLiteral(type, to)}`;
    return [nullable ? `(${below} OR ${name} IS NULL)` : below];
  }
  return [
    ...(from === null ? [] : [`${name} >= ${keyLiteral(type, from)}`]),
    ...(to === null ? [] : [`${name} < ${keyLiteral(type, to)}`]),
  ];
}

/** The rows of a range, for EXPLAIN; those with NULL left out. */
export function spanSql(key: KeyColumn, span: Span): string {
  return entriesSql(key, quoteName(key.column), rangeConditions({ ...key, nullable: false }, span));
}

/** The rows with NULL, for EXPLAIN. @param first the least key. */
export function nullsSql(key: KeyColumn, first: Key): string {
  return entriesSql(key, quoteName(key.column), rangeConditions(key, { from: null, to: first }));
}

/** All rows that the conditions leave, for EXPLAIN. */
export function allSql(key: KeyColumn): string {
  return entriesSql(key, quoteName(key.column), []);
}

function entriesSql(
  { table, index, conditions }: KeyColumn,
  expression: string,
  more: readonly string[],
): string {
  const all = [...conditions, ...more];
  const where = all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`;
  return `SELECT ${expression} FROM ${quoteName(table)} FORCE INDEX (${quoteName(index)})${where}`;
}

/**
 * The first and the last value of each span, one index entry each; no row for a span without a value.
 *
 * Columns: place of the span in the list; 0 or 1; the key. In any order.
 */
export function endsSql(key: KeyColumn, spans: readonly Span[]): string {
  return spans
    .flatMap((span, at) => [
      seekSql(key, at, 0, conditionsOf(key, span)),
      seekSql(key, at, 1, conditionsOf(key, span)),
    ])
    .join('\nUNION ALL\n');
}

/** The value after the first one of each span, as above; `first` is the first. */
export function secondsSql(key: KeyColumn, spans: readonly (Span & { readonly first: Key })[]): string {
  const behind = (first: Key): string => `${quoteName(key.column)} > ${keyLiteral(key.type, first)}`;
  return spans
    .map((span, at) =>
      seekSql(key, at, 0, [...conditionsOf(key, { ...span, from: null }), behind(span.first)]),
    )
    .join('\nUNION ALL\n');
}

function conditionsOf(key: KeyColumn, span: Span): string[] {
  const conditions = rangeConditions({ ...key, nullable: false }, span);
  return conditions.length === 0 && key.nullable ? [`${quoteName(key.column)} IS NOT NULL`] : conditions;
}

function seekSql(key: KeyColumn, at: number, end: 0 | 1, conditions: readonly string[]): string {
  const name = quoteName(key.column);
  const value = key.type.is === 'bytes' ? `HEX(${name})` : name;
  const sql = entriesSql(key, `${at} AS place, ${end} AS which, ${value} AS found`, conditions);
  return `(${sql} ORDER BY ${name}${end === 0 ? '' : ' DESC'} LIMIT 1)`;
}

/** What the server compares letters by. Columns: the letter; its weight in hexadecimal. */
export function weightsSql(type: Extract<KeyType, { is: 'text' }>, letters: readonly string[]): string {
  const list = letters.map((letter) => `SELECT ${quoteString(letter)} AS letter`).join(' UNION ALL ');
  return `SELECT letter, HEX(WEIGHT_STRING(${collated(type, 'letter')})) AS weight FROM (${list}) AS letters`;
}

/** Texts that may become borders, and between which two they have to lie. */
export interface Proposals {
  readonly low: Key;
  readonly high: Key;
  readonly keys: readonly Key[];
}

/**
 * Puts proposals into the order of their collation.
 *
 * Columns: place of the group in the list; 0 for a proposal, more where it is the same as an end: 1 for `low`, 2 for
 * `high`; the text. Each text once, groups and texts in order.
 */
export function sortSql(type: Extract<KeyType, { is: 'text' }>, groups: readonly Proposals[]): string {
  const rows = groups.flatMap(({ low, high, keys }, at) => [
    [at, 1, low] as const,
    [at, 2, high] as const,
    ...keys.map((key) => [at, 0, key] as const),
  ]);
  const list = rows
    .map(([at, end, key]) => `SELECT ${at} AS place, ${end} AS which, ${quoteString(key)} AS found`)
    .join(' UNION ALL ');
  const order = `place, ${collated(type, 'found')}`;
  return `SELECT place, SUM(which) AS which, MIN(found) AS found FROM (${list}) AS proposals GROUP BY ${order} ORDER BY ${order}`;
}

/** Of pairs of texts, whether the first is less than the second in their collation: one text of a digit for each. */
export function belowSql(
  type: Extract<KeyType, { is: 'text' }>,
  pairs: readonly (readonly [Key, Key])[],
): string {
  const text = (key: Key): string => collated(type, quoteString(key));
  return `SELECT CONCAT(${pairs.map(([one, other]) => `${text(one)} < ${text(other)}`).join(', ')}) AS below`;
}

function collated({ charset, collation }: Extract<KeyType, { is: 'text' }>, name: string): string {
  return `CONVERT(${name} USING ${charset}) COLLATE ${collation}`;
}

/** The texts of `sortSql`'s answer that lie between the ends of their group, by group. */
export function sortedProposals(
  rows: readonly (readonly (string | null)[])[],
  groups: readonly Proposals[],
): Key[][] {
  const found: Key[][] = groups.map(() => []);
  const inside = new Set<number>();
  const past = new Set<number>();
  for (const [place, which, key] of rows) {
    const [at, ends] = [Number(place), Number(which)];
    if (ends === 0 && inside.has(at) && !past.has(at)) found[at]!.push(key!);
    if (ends === 1) inside.add(at);
    if (ends >= 2) past.add(at);
  }
  return found;
}
