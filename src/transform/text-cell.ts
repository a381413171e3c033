/** Texts that a module returns: dates and times in MySQL's notation, all others as they are. */
import { Misfit, type CellWriter } from './misfit.ts';

interface Notation {
  readonly pattern: RegExp;
  readonly allowed: string;
}

const MONTH_AND_DAY = '(?:0\\d|1[0-2])-(?:[0-2]\\d|3[01])';
const CLOCK = '(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?';

// Month and day 00 are among MySQL's dates; what becomes of them, `zero_dates` says.
const DATETIME: Notation = {
  pattern: new RegExp(`^\\d{4}-${MONTH_AND_DAY} ${CLOCK}$`),
  allowed: 'a text such as "2026-03-01 12:30:00"',
};

const NOTATIONS: Readonly<Record<string, Notation>> = {
  date: { pattern: new RegExp(`^\\d{4}-${MONTH_AND_DAY}$`), allowed: 'a text such as "2026-03-01"' },
  datetime: DATETIME,
  timestamp: {
    ...DATETIME,
    allowed: `${DATETIME.allowed}, in UTC; of a Date, date.toISOString().slice(0, 23).replace("T", " ")`,
  },
  time: {
    pattern: /^-?(?:\d{2}|[0-7]\d\d|8[0-2]\d|83[0-8]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?$/,
    allowed: 'a text such as "12:30:00", from -838:59:59 to 838:59:59',
  },
};

/** @param type such as `varchar(40)`, `time(3)`, or the kind of a date. */
export function textCell(type: string): CellWriter {
  const [base = ''] = /^[a-z]+/.exec(type) ?? [];
  const notation = Object.hasOwn(NOTATIONS, base) ? NOTATIONS[base]! : null;
  if (notation !== null) {
    return (value) => {
      if (typeof value === 'string' && notation.pattern.test(value)) return Buffer.from(value, 'latin1');
      throw new Misfit(notation.allowed);
    };
  }
  const [, length] = /^(?:var)?char\((\d+)\)/.exec(type) ?? [];
  const most = length === undefined ? Infinity : Number(length);
  return (value) => {
    if (typeof value !== 'string') throw new Misfit('a text, such as String(value)');
    if (value.length > most && lengthOf(value) > most)
      throw new Misfit(`at most ${most} characters, as the column is ${type}`);
    return Buffer.from(value);
  };
}

/** In characters: one beyond the basic plane counts once, as it does in MySQL. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}
