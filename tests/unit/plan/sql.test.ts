/** Values and names as SQL, read back by the server's rules. */
import fc from 'fast-check';
import { filterSql, literalSql, quoteName, quoteString, selectSql } from '../../../src/plan/sql.ts';
import type { Filter } from '../../../src/domain/spec.ts';

/** Reads one single-quoted MySQL literal, as https://dev.mysql.com/doc/refman/8.4/en/string-literals.html says. */
function readLiteral(sql: string): { value: string; rest: string } {
  const ESCAPES: Record<string, string> = { '0': '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' };
  if (sql[0] !== "'") throw new Error('no quote');
  let value = '';
  for (let index = 1; index < sql.length; index++) {
    const char = sql[index]!;
    if (char === '\\') {
      const next = sql[++index]!;
      value += ESCAPES[next] ?? next;
    } else if (char === "'") {
      if (sql[index + 1] !== "'") return { value, rest: sql.slice(index + 1) };
      value += "'";
      index++;
    } else value += char;
  }
  throw new Error('never closed');
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      "'",
      '"',
      '\\',
      '\0',
      '\n',
      '\r',
      '\x1a',
      '\b',
      '\t',
      '`',
      '%',
      ';',
      '-',
      'n',
      '水',
      '¥',
    ),
  }),
);

it('writes strings that the server reads back', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(readLiteral(quoteString(text))).toEqual({ value: text, rest: '' });
    }),
    { numRuns: 300 },
  );
});

it('writes names that end where they should', () => {
  fc.assert(
    fc.property(hostile, (name) => {
      const quoted = quoteName(name);
      expect(quoted.slice(1, -1).replaceAll('``', '')).not.toContain('`');
      expect(quoted.slice(1, -1).replaceAll('``', '`')).toBe(name);
    }),
  );
  expect(quoteName('a`; DROP TABLE b; -- ')).toBe('`a``; DROP TABLE b; -- `');
});

it('keeps numbers as they were written', () => {
  expect(literalSql({ kind: 'number', text: '12345678901234567890.10' })).toBe('12345678901234567890.10');
  expect(literalSql({ kind: 'boolean', text: 'TRUE' })).toBe('TRUE');
  expect(literalSql({ kind: 'string', text: '103' })).toBe("'103'");
});

const text = (value: string): { kind: 'string'; text: string } => ({ kind: 'string', text: value });
const number = (value: string): { kind: 'number'; text: string } => ({ kind: 'number', text: value });

it.each<[Filter, string]>([
  [{ column: 'a', condition: '!=', value: number('103') }, '`a` != 103'],
  [{ column: 'a', condition: 'like', value: text("O'N%") }, "`a` LIKE 'O\\'N%'"],
  [{ column: 'a', condition: 'not like', value: text('x') }, "`a` NOT LIKE 'x'"],
  [{ column: 'a', condition: 'regexp', value: text('^\\d') }, "`a` REGEXP '^\\\\d'"],
  [{ column: 'a', condition: 'in', values: [number('1'), text('2')] }, "`a` IN (1, '2')"],
  [{ column: 'a', condition: 'not in', values: [number('1')] }, '`a` NOT IN (1)'],
  [{ column: 'a', condition: 'between', low: number('1'), high: number('5') }, '`a` BETWEEN 1 AND 5'],
  [{ column: 'a', condition: 'is null' }, '`a` IS NULL'],
  [{ column: 'a', condition: 'is not null' }, '`a` IS NOT NULL'],
])('filter %#', (filter, sql) => {
  expect(filterSql(filter)).toBe(sql);
});

it('joins clauses, and leaves out those it has not', () => {
  const parts = { expressions: ['`a`', '`b`'], table: 'order', conditions: [], orderBy: [] };
  expect(selectSql(parts)).toBe('SELECT `a`, `b`\nFROM `order`');
  expect(selectSql({ ...parts, conditions: ['x', 'y'], orderBy: ['a', 'b'] })).toBe(
    'SELECT `a`, `b`\nFROM `order`\nWHERE x\n  AND y\nORDER BY `a`, `b`',
  );
});
