/**
 * Takes secrets out of text before it is logged, mailed or shown. It knows the secrets themselves and the disguises
 * in which they turn up in URLs, JSON, SQL and mail protocols; it does not guess what else might be secret.
 */
import { quoteString } from './plan/sql.ts';

/** Shorter ones would blank out half of every text, and protect nothing. */
const MIN_LENGTH = 3;
/** A piece of base64 shorter than this turns up in ordinary words. */
const MIN_BASE64 = 8;
const MASK = '[redacted]';

/**
 * Gives a function that replaces every occurrence of a secret by `[redacted]`: as it is, URL-encoded, JSON-escaped,
 * SQL-escaped, and in base64, also where it is only a part of what was encoded (`user:password`).
 * Secrets of fewer than 3 characters are ignored.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < MIN_LENGTH) continue;
    for (const form of disguises(secret)) if (form.length >= MIN_LENGTH) forms.add(form);
  }
  if (forms.size === 0) return (text) => text;
  // The longest first: a secret that begins with another one must not leave its end standing.
  const longestFirst = [...forms].toSorted((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escapePattern).join('|'), 'g');
  return (text) => text.replace(pattern, MASK);
}

/** A redactor that learns: what was a secret once stays one, also when the config has another in its place. */
export interface GrowingRedactor {
  readonly redact: (text: string) => string;
  add(secrets: readonly string[]): void;
}

export function growingRedactor(): GrowingRedactor {
  const known = new Set<string>();
  let redact = createRedactor([]);
  return {
    redact: (text) => redact(text),
    add: (secrets) => {
      for (const secret of secrets) known.add(secret);
      redact = createRedactor([...known]);
    },
  };
}

function disguises(secret: string): string[] {
  // By way of bytes: encodeURIComponent refuses half of a surrogate pair.
  const url = encodeURIComponent(Buffer.from(secret).toString());
  const strictUrl = url.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    url,
    strictUrl,
    lowerCaseEscapes(url),
    lowerCaseEscapes(strictUrl),
    url.replaceAll('%20', '+'),
    json,
    // JSON inside JSON: an error text quoted in a log field.
    JSON.stringify(json).slice(1, -1),
    quoteString(secret).slice(1, -1),
    secret.replaceAll("'", "''"),
    ...base64Forms(secret),
  ];
}

function lowerCaseEscapes(url: string): string {
  return url.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}

/** Base64 of the whole, and of the secret at each of the three places where it can begin in a group of three bytes. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const forms = [bytes.toString('base64')];
  for (const offset of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The first and the last characters also hold bits of the neighbours: only what lies between is the secret's own.
    const start = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    if (end - start >= MIN_BASE64) forms.push(text.slice(start, end));
  }
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')]);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}
