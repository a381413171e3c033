/**
 * The order of a custom query that is read through another SELECT. MySQL hands on the rows of a derived table as they
 * came. MariaDB drops the ORDER BY of one, unless a LIMIT depends on it; and where it then keeps the rows in a temporary
 * table, those of uneven length come out of its pages in another order. There, the order has to be said again outside.
 */
import { pieces } from './custom-query.ts';
import { quoteName } from './sql.ts';

export interface OrderedQuery {
  /** The query as it is to stand inside. */
  readonly inside: string;
  /** The ORDER BY of the SELECT around it; null: it needs none, or none can be said. */
  readonly outside: string | null;
  /** Whether rows are sure to come as the query orders them. */
  readonly kept: boolean;
}

const ORDER = /^[^]*\border\s+by\b([^]*)$/i;
/** What may stand behind the items. */
const LIMIT = /\s+limit\s+\d+(?:\s*(?:,|offset)\s*\d+)?\s*$/i;
const ITEM = /^(?:`((?:[^`]|``)+)`|([\p{L}_$][\p{L}\p{N}_$]*)|([1-9]\d*))(?:\s+(asc|desc))?$/iu;

/** @param names of the query's result, in their order. */
export function orderOnMariaDb(sql: string, names: readonly string[]): OrderedQuery {
  const text = code(sql);
  const [, behind] = ORDER.exec(text) ?? [];
  if (behind === undefined) return { inside: sql, outside: null, kept: true };
  const items = behind
    .replace(LIMIT, '')
    .split(',')
    .map((item) => orderItem(item.trim(), names));
  if (items.every((item) => item !== null))
    return { inside: sql, outside: `ORDER BY ${items.join(', ')}`, kept: true };
  const isLimited = /\b(limit|fetch)\b/i.test(behind);
  return {
    inside: isLimited ? sql : `${sql}\nLIMIT 18446744073709551615`,
    outside: null,
    kept: isInner(text, behind),
  };
}

/** Whether an ORDER BY is of a query within the query. */
function isInner(text: string, behind: string): boolean {
  const count = (mark: string): number => behind.split(mark).length - 1;
  return count(')') > count('(') && !text.trimStart().startsWith('(');
}

/** Without comments; of what is quoted, only names in backticks stay as they are. */
function code(sql: string): string {
  return pieces(sql)
    .map(({ kind, text }) =>
      kind === 'code' || text.startsWith('`') ? text : kind === 'quoted' ? "''" : ' ',
    )
    .join('');
}

/** A name that the query's result has, or a place in it. An ORDER BY means these before any column of a table. */
function orderItem(item: string, names: readonly string[]): string | null {
  const [, quoted, plain, place, direction] = ITEM.exec(item) ?? [];
  const wanted = (quoted?.replaceAll('``', '`') ?? plain)?.toLowerCase();
  const name =
    place === undefined ? names.find((one) => one.toLowerCase() === wanted) : names[Number(place) - 1];
  if (name === undefined) return null;
  return `q.${quoteName(name)}${direction === undefined ? '' : ` ${direction.toUpperCase()}`}`;
}
