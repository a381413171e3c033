import { csvDialect, csvDialectFaults } from '../../../src/spec/csv-dialect.ts';

const standard = csvDialect(null);

describe('csvDialect', () => {
  it('is RFC 4180 with a header and \\n by default', () => {
    expect(standard).toEqual({
      delimiter: ',',
      quote: '"',
      null: '',
      header: true,
      lineEnding: '\n',
      quoteAll: false,
    });
    expect(csvDialectFaults(standard)).toEqual([]);
  });

  it('takes each setting from the spec', () => {
    const csv = {
      delimiter: '\t',
      quote: "'",
      null: '\\N',
      header: false,
      line_ending: '\r\n',
      quote_all: true,
    } as const;
    expect(csvDialect(csv)).toEqual({
      delimiter: '\t',
      quote: "'",
      null: '\\N',
      header: false,
      lineEnding: '\r\n',
      quoteAll: true,
    });
  });

  it.each(['\t', ';', '|', '\u0001', '~'])('takes the delimiter %j', (delimiter) => {
    expect(csvDialectFaults({ ...standard, delimiter })).toEqual([]);
  });

  it.each([
    [{ delimiter: '||' }, 'delimiter', 'exactly one ASCII character'],
    [{ delimiter: '' }, 'delimiter', 'exactly one ASCII character'],
    [{ delimiter: '§' }, 'delimiter', 'exactly one ASCII character'],
    [{ delimiter: '\n' }, 'delimiter', 'but line breaks'],
    [{ quote: '\r' }, 'quote', 'but line breaks'],
    [{ delimiter: '.' }, 'delimiter', 'occurs in numbers'],
    [{ delimiter: ' ' }, 'delimiter', 'occurs in numbers'],
    [{ quote: 'x' }, 'quote', 'occurs in numbers'],
    [{ quote: ',' }, 'delimiter', 'as delimiter and as quote'],
    [{ null: 'a,b' }, 'null', 'contains ","'],
    [{ null: '"' }, 'null', 'contains "\\""'],
    [{ null: 'a\n' }, 'null', 'contains "\\n"'],
    [{ null: '\ud800' }, 'null', 'half of a character'],
  ])('refuses %j', (change, setting, expected) => {
    const faults = csvDialectFaults({ ...standard, ...change });
    expect(faults).toEqual([{ setting, message: expect.stringContaining(expected) as string }]);
  });
});
