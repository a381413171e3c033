/** Whether a default fits the type of the column in which it stands for NULL. */
import type { Literal } from '../domain.ts';
import { showText } from './show.ts';

type Fitness = { readonly allowed: string; readonly fits: (text: string, literal: Literal) => boolean };

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATETIME = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?$/;
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
      return {
        allowed: 'a small whole number, true or false',
        fits: (text, { kind }) => kind === 'boolean' || /^-?\d{1,3}$/.test(text),
      };
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
    case 'year':
    case 'bit':
      return { allowed: 'a whole number', fits: (text) => /^-?\d{1,20}$/.test(text) };
    case 'decimal':
      return decimalFitness(type);
    case 'double':
    case 'float':
      return { allowed: 'a number', fits: (text) => NUMBER.test(text) && Number.isFinite(Number(text)) };
    case 'date':
      return { allowed: 'a date such as "1970-01-01"', fits: (text) => DATE.test(text) && isDay(text) };
    case 'datetime':
    case 'timestamp':
      return {
        allowed: 'a time such as "1970-01-01 00:00:00"',
        fits: (text) => DATETIME.test(text) && isDay(text.slice(0, 10)),
      };
    case 'json':
      return { allowed: 'the text of a JSON document', fits: isJson };
    default:
      return { allowed: 'a text', fits: () => true };
  }
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

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // The caller says that it is none.
  }
}
