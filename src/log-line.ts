/**
 * How a log line looks: `2026-11-22T13:40:01.123Z ERROR employees run failed code=ACCESS_DENIED rows=0`.
 * Time, level and task stand in the same places in every line, the rest is key=value, so that grep and awk find
 * what they look for. One event is one line, whatever is in its values. Pure.
 */
import { inspect, types } from 'node:util';
import type { LogFields } from './ports.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** A value that can stand without quotes and still be told from its neighbours. */
const BARE = /^[\w.:/@+%,-]+$/;

/**
 * What could end a line, move the cursor or turn the text around: control characters (C0, DEL, C1), line and paragraph
 * separators, and the marks that reverse the direction of reading.
 */
// oxlint-disable-next-line no-control-regex -- these are the characters that are made visible
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * One line, without its newline. `redact` is given every text before anything in it is escaped, names included, but
 * not the time and the level, which have to stay readable whatever the secrets are.
 */
export function renderLine(
  level: LogLevel,
  message: string,
  fields: LogFields,
  time: Date,
  redact: (text: string) => string,
): string {
  const { task, ...rest } = fields;
  const shown = (text: string): string => visible(redact(text));
  const pairs = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) => `${shown(name).replaceAll(/[\s=]/g, '_')}=${renderValue(redact(plainText(value)))}`,
    );
  const head = `${time.toISOString()} ${level.toUpperCase().padEnd(5)} ${task === undefined ? '-' : shown(task)}`;
  return [head, shown(message), ...pairs].join(' ');
}

function renderValue(text: string): string {
  return BARE.test(text) ? text : visible(JSON.stringify(text));
}

function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (types.isNativeError(value)) return value.message;
  if (typeof value !== 'object' || value === null) return String(value);
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  try {
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
  } catch {
    // A circle, or a getter that throws: still worth a look.
    return inspect(value, { depth: 2, breakLength: Infinity });
  }
}

/** Control characters as `\n` or `\u001b`; everything else as it is. */
function visible(text: string): string {
  return text.replaceAll(
    UNSAFE,
    (char) => SHORT_ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
