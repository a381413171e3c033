/**
 * JSON paths as MySQL writes them, `$.address.lines[0]`: text to keys and indexes, and back. Only paths that name one
 * place are taken: a wildcard or a range would name several, and servers differ in them.
 *
 * https://dev.mysql.com/doc/refman/8.4/en/json.html#json-path-syntax
 */

/** The path, or what is wrong with it, in words that follow "found …". */
export type PathReading =
  { readonly path: readonly (string | number)[] } | { readonly path: null; readonly fault: string };

// A key is a name as in JavaScript, or a JSON string.
const LEG = /\.(?:([\p{L}_$][\p{L}\p{N}_$]*)|("(?:[^"\\]|\\.)*"))|\[\s*(\d{1,9})\s*\]/uy;

const EXAMPLE = 'Allowed: a path such as "$.address.city", "$.lines[0]" or "$.\\"a key\\"".';

export function readJsonPath(text: string): PathReading {
  const wrong = (what: string): PathReading => ({ path: null, fault: `${what}. ${EXAMPLE}` });
  const trimmed = text.trim();
  if (!trimmed.startsWith('$')) return wrong('a path begins with "$"');
  const path: (string | number)[] = [];
  for (let at = 1; at < trimmed.length; at = LEG.lastIndex) {
    LEG.lastIndex = at;
    const leg = LEG.exec(trimmed);
    if (leg === null) return wrong(whyNot(trimmed.slice(at)));
    const [, name, quoted, index] = leg;
    if (index !== undefined) path.push(Number(index));
    else {
      const key = name ?? keyIn(quoted!);
      if (key === null) return wrong('the key in quotes is no JSON string');
      path.push(key);
    }
  }
  return { path };
}

function keyIn(quoted: string): string | null {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return null; // No JSON string: the caller says so.
  }
}

function whyNot(rest: string): string {
  if (/^(\*\*|\.\*|\[\s*\*)/.test(rest)) return 'a wildcard names several places, and a column has one value';
  if (/^\[[^\]]*\bto\b/.test(rest)) return 'a range names several places, and a column has one value';
  if (/^\[\s*(last|-)/.test(rest)) return 'not every server counts from the end of an array';
  if (/^\.\s*($|\.)/.test(rest)) return 'a key is missing behind a dot';
  if (/^\.[^"]/.test(rest)) return 'a key that is no plain word stands in double quotes';
  return 'what follows a "$", a key or an index is "." and a key, or "[" and an index';
}

/** The path with every key in quotes, which all servers read alike. */
export function jsonPathText(path: readonly (string | number)[]): string {
  return `$${path.map((leg) => (typeof leg === 'number' ? `[${leg}]` : `.${JSON.stringify(leg)}`)).join('')}`;
}
