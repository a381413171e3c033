/** Whether a default fits the type of the column in which it stands for NULL. */
import type { Literal } from '../domain/spec.ts';
import { parseClock } from '../plan/clock.ts';
import { showText } from './show.ts';

type Fitness = { readonly allowed: string; readonly fits: (text: string, literal: Literal) => boolean };

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/**
 * @param type of the column, `decimal(8,2)`. Of a type that is not listed here any text is a value.
 * @param what the column is called in the message.
 * @returns what is wrong; null where nothing is.
 */
export function defaultFault(literal: Literal, type: string, what: string): string | null {
  const { allowed, fits } = fitnessOf(type.toLowerCase());
  if (fits(literal.text, literal)) return null;
  const found = literal.kind === 'string' ? showText(literal.text) : literal.text.toLowerCase();
  return `found ${found} for ${what}. Allowed: ${allowed}.`;
}

function fitnessOf(type: string): Fitness {
  const base = /^[a-z]+/.exec(type)?.[0] ?? '';
  switch (base) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
    case 'year':
    case 'bit':
      return integerFitness(base, type);
    case 'decimal':
      return decimalFitness(type);
    case 'double':
    case 'float':
      return { allowed: 'a number', fits: (text) => NUMBER.test(text) && Number.isFinite(Number(text)) };
    case 'date':
      return {
        allowed: 'a date such as "1970-01-01"',
        fits: (text) => text.length === 10 && parseClock(text) !== null,
      };
    case 'datetime':
    case 'timestamp':
      return timeFitness(Number(/\((\d)\)/.exec(type)?.[1] ?? 0));
    case 'json':
      return { allowed: 'the text of a JSON document', fits: isJson };
    default:
      return { allowed: 'a text', fits: () => true };
  }
}

/** Bytes of each type; of those that are not listed, eight. */
const INTEGER_BYTES: Readonly<Record<string, number>> = {
  tinyint: 1,
  smallint: 2,
  mediumint: 3,
  int: 4,
  year: 2,
};

function integerFitness(base: string, type: string): Fitness {
  const bits = 8 * (INTEGER_BYTES[base] ?? 8);
  const isUnsigned = /unsigned|zerofill/.test(type) || base === 'year' || base === 'bit';
  const wrap = isUnsigned ? BigInt.asUintN : BigInt.asIntN;
  const booleans = base === 'tinyint';
  return {
    allowed: `a whole number that ${type} holds${booleans ? ', true or false' : ''}`,
    fits: (text, { kind }) =>
      kind === 'boolean' ? booleans : /^-?\d{1,20}$/.test(text) && wrap(bits, BigInt(text)) === BigInt(text),
  };
}

/** @param digits of the fraction: with more, the column's values would be written with more. */
function timeFitness(digits: number): Fitness {
  return {
    allowed: `a time such as "1970-01-01 00:00:00"${digits === 0 ? '' : `, with ${digits} digits of a fraction at most`}`,
    fits(text) {
      const [, fraction = ''] = text.split('.');
      return text.length > 10 && parseClock(text) !== null && fraction.length <= digits;
    },
  };
}

/** All digits of the default must have room, or the column's values would be written with other digits. */
function decimalFitness(type: string): Fitness {
  const [, precision = '65', scale = precision === '65' ? '30' : '0'] =
    /\((\d+)(?:,\s*(\d+))?\)/.exec(type) ?? [];
  const digits = Number(precision) - Number(scale);
  const pattern = new RegExp(`^-?0*\\d{0,${digits}}(\\.\\d{0,${Number(scale)}})?$`);
  const allowed = type.includes('(') ? `a number of ${type}` : 'a number without an exponent';
  return { allowed, fits: (text) => /\d/.test(text) && pattern.test(text) };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // The caller says that it is none.
  }
}
