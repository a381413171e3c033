/** Percentages, exactly: "12.5%" is 12,500,000 millionths of a percent, and no floating-point value. */
import type { Percent } from '../domain/spec.ts';

const DIGITS = 6;
const PERCENT = /^\s*(\d{1,7})(?:\.(\d{1,6}))?\s*%\s*$/;
const MOST = 1_000_000 * 10 ** DIGITS;

/** Null for what is no percentage from 0 to a million, the number alone included. */
export function parsePercent(text: string): Percent | null {
  const match = PERCENT.exec(text);
  if (match === null) return null;
  const [, whole = '', fraction = ''] = match;
  const millionths = Number(whole + fraction.padEnd(DIGITS, '0'));
  return millionths > MOST ? null : { text: text.replaceAll(/\s/g, ''), millionths };
}
