/**
 * SQL expressions of a spec: read just far enough to know that each is one expression over the columns of one row,
 * which reads nothing else and writes nothing. Whether it is right SQL the server says, when a plan is made.
 */
import { isClosed, pieces } from '../plan/custom-query.ts';

/** The expression without comments, or what is wrong with it. */
export type ExpressionReading = { readonly sql: string } | { readonly sql: null; readonly fault: string };

/** One row of many: an export with such a function has one row. */
const AGGREGATES =
  /\b(count|sum|avg|min|max|group_concat|bit_and|bit_or|bit_xor|std|stddev|stddev_pop|stddev_samp|var_pop|var_samp|variance|json_arrayagg|json_objectagg)\s*\(/i;

/** Functions that read a file, wait, or take or count what belongs to the whole server; a read-only transaction lets most. */
const BEYOND_THE_ROW =
  /\b(load_file|sleep|benchmark|get_lock|release_lock|release_all_locks|master_pos_wait|source_pos_wait|master_gtid_wait|wait_for_executed_gtid_set|wait_until_sql_thread_after_gtids|nextval|lastval|setval)\s*\(|\b((?:next|previous)\s+value\s+for)\b/i;

const ALLOWED =
  "Allowed: one expression over the columns of a row, such as CONCAT(first_name, ' ', last_name).";

export function readExpression(text: string): ExpressionReading {
  const fault = faultOf(text);
  if (fault !== null) return { sql: null, fault: `${fault}. ${ALLOWED}` };
  const code = pieces(text).map((piece) => (piece.kind === 'comment' ? ' ' : piece.text));
  return { sql: code.join('').trim() };
}

function faultOf(text: string): string | null {
  const parts = pieces(text);
  const last = parts.findLast((piece) => piece.kind === 'quoted' || piece.text.startsWith('/*'));
  if (last !== undefined && !isClosed(last.text)) return 'a quoted string, name or comment is never closed';
  if (parts.some((piece) => piece.kind === 'executable-comment'))
    return 'found an executable comment (/*! … */); write the SQL plainly';
  const code = parts
    .map((piece) => (piece.kind === 'code' ? piece.text : piece.kind === 'quoted' ? ' q ' : ' '))
    .join('');
  if (code.trim() === '') return 'found no SQL';
  if (code.includes(';')) return 'found a semicolon';
  if (code.includes('?')) return 'found a ?, for which there is no value';
  if (code.includes('@')) return 'found an @; variables are not of the row';
  const word = /\b(select|into|union|table|values|procedure)\b/i.exec(code)?.[1];
  if (word !== undefined) return `found ${word.toUpperCase()}, which reads or writes more than the row`;
  const [, beyond, sequence] = BEYOND_THE_ROW.exec(code) ?? [];
  const reach = beyond ?? sequence;
  if (reach !== undefined) return `found ${reach.toUpperCase()}, which does more than look at the row`;
  const over = /\bover\b/i.test(code) ? 'OVER' : AGGREGATES.exec(code)?.[1]?.toUpperCase();
  if (over !== undefined) return `found ${over}, which takes several rows together`;
  return parenthesesFault(code);
}

/** The expression is put in parentheses, which it must not be able to leave. */
function parenthesesFault(code: string): string | null {
  let depth = 0;
  for (const character of code) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth < 0) return 'found a ) without its (';
    if (character === ',' && depth === 0) return 'found two expressions with a comma between them';
  }
  return depth === 0 ? null : 'found a ( without its )';
}
