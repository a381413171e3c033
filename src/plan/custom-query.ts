/**
 * Reads a custom query just far enough to know that it is one plain SELECT, and to bind its placeholders outside
 * strings, comments and quoted names. It is no SQL parser: what it lets pass, the server still runs in a read-only
 * transaction.
 *
 * Lexical rules: https://dev.mysql.com/doc/refman/8.4/en/language-structure.html
 */

/** A piece of SQL text; `code` is what the server would execute, the rest is strings, names and comments. */
export interface Piece {
  readonly kind: 'code' | 'quoted' | 'comment' | 'executable-comment';
  readonly text: string;
}

// Longest first at each position: quoted strings and names (a doubled quote or, in strings, a backslash does not
// end them), then comments; "--" begins one before a space or any control character. An unclosed piece runs to the
// end of the text.
const PIECE =
  // oxlint-disable-next-line no-control-regex -- the server's own rule for "--"
  /'[^'\\]*(?:(?:\\[^]|'')[^'\\]*)*(?:'|\\?$)|"[^"\\]*(?:(?:\\[^]|"")[^"\\]*)*(?:"|\\?$)|`[^`]*(?:``[^`]*)*(?:`|$)|#[^\n]*|--(?=[\s\x00-\x1f\x7f]|$)[^\n]*|\/\*[^]*?(?:\*\/|$)/g;

/** SQL text in its pieces, in their order; nothing is left out. */
export function pieces(sql: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of sql.matchAll(PIECE)) {
    if (match.index > end) found.push({ kind: 'code', text: sql.slice(end, match.index) });
    found.push({ kind: pieceKind(match[0]), text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < sql.length) found.push({ kind: 'code', text: sql.slice(end) });
  return found;
}

function pieceKind(text: string): Piece['kind'] {
  if (/^['"`]/.test(text)) return 'quoted';
  // MySQL runs what stands in /*! … */, MariaDB also /*M! … */.
  return /^\/\*M?!/.test(text) ? 'executable-comment' : 'comment';
}

const PLACEHOLDER = /(?<![:\w]):([A-Za-z_]\w*)/g;

/** The placeholders a custom query may use. */
const PLACEHOLDERS = ['scheduled_for', 'from', 'to'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

/**
 * What keeps a custom query from being exported, in a sentence for the spec's author; null where nothing does.
 */
export function customQueryFault(sql: string): string | null {
  const parts = pieces(sql);
  const last = parts.findLast((piece) => piece.kind === 'quoted' || piece.text.startsWith('/*'));
  if (last !== undefined && !isClosed(last.text)) return 'a quoted string, name or comment is never closed';
  if (parts.some((piece) => piece.kind === 'executable-comment')) {
    return 'found an executable comment (/*! … */); write the SQL plainly';
  }
  // Quoted pieces become a name, so that what stands around them keeps its distance.
  const code = parts
    .map((piece) => (piece.kind === 'code' ? piece.text : piece.kind === 'quoted' ? ' q ' : ' '))
    .join('')
    .trim()
    .replace(/;\s*$/, '');
  if (code === '') return 'found no SQL; one SELECT is allowed';
  if (code.includes(';')) return 'found several statements; one SELECT is allowed';
  const first = /^[\s(]*([A-Za-z]+)/.exec(code)?.[1] ?? code.slice(0, 20);
  if (!/^(select|with)$/i.test(first))
    return `found a statement that begins with ${first}; one SELECT is allowed`;
  const writes = /\b(into|for\s+update|for\s+share|lock\s+in\s+share\s+mode)\b/i.exec(code)?.[1];
  if (writes !== undefined) {
    return `found ${writes.replace(/\s+/g, ' ').toUpperCase()}; a SELECT that only reads is allowed`;
  }
  for (const [, name] of code.matchAll(PLACEHOLDER)) {
    if (!(PLACEHOLDERS as readonly string[]).includes(name!)) {
      return `found the placeholder :${name}; allowed: ${PLACEHOLDERS.map((known) => `:${known}`).join(', ')}`;
    }
  }
  return windowFault(usedPlaceholders(sql));
}

/** A window has two ends: with one alone, runs would read again what others have read. */
function windowFault(used: ReadonlySet<Placeholder>): string | null {
  if (used.has('from') === used.has('to')) return null;
  const [found, missing] = used.has('from') ? ['from', 'to'] : ['to', 'from'];
  const why =
    missing === 'to'
      ? 'rows behind the end of the window would be read now and again by the next run'
      : 'every run would read all earlier rows again';
  return `found :${found} without :${missing}; ${why}. Use both, as in "updated_at > :from AND updated_at <= :to", or neither`;
}

/** The placeholders a query uses outside of strings, quoted names and comments. */
export function usedPlaceholders(sql: string): ReadonlySet<Placeholder> {
  const used = new Set(
    pieces(sql)
      .filter(({ kind }) => kind === 'code')
      .flatMap(({ text }) => Array.from(text.matchAll(PLACEHOLDER), (match) => match[1]!)),
  );
  return new Set(PLACEHOLDERS.filter((known) => used.has(known)));
}

/** Whether a quoted piece or a comment ends as it has to. */
export function isClosed(text: string): boolean {
  const open = text[0];
  if (open === '/') return text.length >= 4 && text.endsWith('*/');
  if (open === '#' || open === '-') return true;
  return new RegExp(
    open === '`' ? '^`(?:[^`]|``)*`$' : `^${open}(?:[^${open}\\\\]|\\\\[^]|${open}${open})*${open}$`,
  ).test(text);
}

/**
 * The query with every placeholder replaced by its SQL text, and without a closing semicolon.
 *
 * @param values SQL text for each placeholder that the query uses, escaped by the caller.
 */
export function bindPlaceholders(
  sql: string,
  values: Readonly<Partial<Record<Placeholder, string>>>,
): string {
  const bound = pieces(sql).map((piece) => {
    if (piece.kind === 'code') {
      return piece.text.replace(PLACEHOLDER, (whole, name: string) => {
        const known = PLACEHOLDERS.find((placeholder) => placeholder === name);
        if (known === undefined) return whole;
        const value = values[known];
        if (value === undefined) throw new Error(`no value was given for :${known}`);
        return value;
      });
    }
    // Comments go, so that the query can stand inside another; optimizer hints stay.
    return piece.kind === 'comment' && !piece.text.startsWith('/*+') ? ' ' : piece.text;
  });
  return bound.join('').trim().replace(/;\s*$/, '').trim();
}
