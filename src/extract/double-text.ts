/** DOUBLE values in the text that MySQL and MariaDB write: the shortest that reads back as the same value. */

/** Beyond so many digits before the point, or zeros behind it, servers write an exponent, unless a fraction follows. */
const LONGEST_PLAIN = 15;

/** @param value finite; a negative zero becomes zero. */
export function doubleText(value: number): string {
  if (value === 0) return '0';
  const [, sign, first, rest = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e([-+]\d+)$/.exec(
    value.toExponential(),
  )!;
  const digits = `${first}${rest}`;
  /** Where the decimal point stands, counted from before the first digit. */
  const point = Number(exponent) + 1;
  const isLong = point > LONGEST_PLAIN && point >= digits.length;
  if (isLong || point < -LONGEST_PLAIN + 1) {
    return `${sign}${first}${rest === '' ? '' : `.${rest}`}e${point - 1}`;
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits.padEnd(point, '0')}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
