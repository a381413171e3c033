/**
 * The tables that a custom query names, as far as its text shows them. It is no SQL parser: what it takes for a table is
 * only good for asking the server about.
 *
 * https://dev.mysql.com/doc/refman/8.4/en/join.html
 */
import { pieces } from './custom-query.ts';

/** Words, numbers, and single characters of everything else. */
const TOKEN = /[\w$\u0080-\uffff]+|\S/g;
const NAME = /^(?:`|[\w$\u0080-\uffff])/;
/** What ends a list of tables, where it stands beside it. */
const ENDS = /^(?:where|group|having|order|limit|union|intersect|except|window|procedure|select)$/i;
const QUERIES = /^(?:select|with|values|table)$/i;

/** What one pair of brackets, or the whole text, holds. */
interface Level {
  /** Whether it is a query, so that FROM in it is followed by tables: `EXTRACT(YEAR FROM d)` is none. */
  query: boolean;
  /** Within FROM: a comma is followed by another table. */
  list: boolean;
}

/** As they are written there, each once: `orders`, `` `shop`.`order lines` ``. Names that WITH defines are left out. */
export function tablesNamed(sql: string): string[] {
  const tokens = pieces(sql).flatMap(({ kind, text }) =>
    kind === 'code' ? (text.match(TOKEN) ?? []) : kind === 'quoted' ? [text] : [],
  );
  const found = new Map<string, string>();
  const defined = new Set(['dual']);
  const levels: Level[] = [{ query: true, list: false }];
  let expected = false;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    const level = levels.at(-1)!;
    const wasExpected: boolean = expected;
    expected = false;
    if (token === '(') {
      const query = QUERIES.test(tokens[at + 1] ?? '');
      // FROM (a JOIN b): the brackets hold tables.
      levels.push({ query, list: wasExpected && !query });
      expected = wasExpected && !query;
    } else if (token === ')') {
      if (levels.length > 1) levels.pop();
    } else if (token === ',') expected = level.list;
    else if (/^from$/i.test(token)) expected = level.list = level.query;
    else if (/^(?:straight_)?join$/i.test(token)) expected = !/^for$/i.test(tokens[at - 1] ?? '');
    else if (ENDS.test(token)) level.list = false;
    else if (/^lateral$/i.test(token)) expected = false;
    else if (wasExpected && NAME.test(token)) {
      const name = qualified(tokens, at);
      at += name.length - 1;
      // JSON_TABLE( … ) is a function.
      if (tokens[at + 1] !== '(') found.set(plain(name.join('')), name.join(''));
    } else if (/^as$/i.test(token) && tokens[at + 1] === '(') {
      const name = definedBefore(tokens, at);
      if (name !== null) defined.add(plain(name));
    }
  }
  return [...found].filter(([name]) => !defined.has(name)).map(([, name]) => name);
}

/** `shop . orders` from its first part on. */
function qualified(tokens: readonly string[], at: number): string[] {
  const isQualified = tokens[at + 1] === '.' && NAME.test(tokens[at + 2] ?? '');
  return tokens.slice(at, isQualified ? at + 3 : at + 1);
}

/** The name in `name AS (` and in `name (a, b) AS (`; null: there is none. */
function definedBefore(tokens: readonly string[], as: number): string | null {
  let at = as - 1;
  if (tokens[at] === ')') while (at > 0 && tokens[at] !== '(') at--;
  const name = tokens[tokens[at] === '(' ? at - 1 : at] ?? '';
  return NAME.test(name) ? name : null;
}

function plain(name: string): string {
  return name.replaceAll('`', '').toLowerCase();
}
