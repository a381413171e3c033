import fc from 'fast-check';
import { plainValue, readJson } from '../../../src/spec/json-document.ts';

function faults(text: string): string[] {
  const reading = readJson(text, 'a.json');
  return reading.document === null
    ? reading.faults.map(({ line, column, message }) => `${line}:${column} ${message}`)
    : [];
}

describe('readJson', () => {
  it.each([
    ['', '1:1 found an empty file'],
    ['  \n ', '1:1 found an empty file'],
    ['\ufeff', '1:1 found an empty file'],
    ['[]', '1:1 found an empty list; an object { … } is allowed'],
    ['"x"', '1:1 found "x"; an object { … } is allowed'],
    ['null', '1:1 found null; an object { … } is allowed'],
    ['{', '1:2 found no closing }'],
    ['{\n  // why\n  "a": 1\n}', '2:3 found a comment; JSON has none (at "// why")'],
    ['{\n  /* why */ "a": 1\n}', '2:3 found a comment; JSON has none'],
    [
      '{"a": 1,\n}',
      '2:1 found no key; keys stand in double quotes, and no comma stands behind the last entry',
    ],
    ['{"a": [1,]}', '1:10 found no value; no comma stands behind the last entry'],
    ['{"a": 1 "b": 2}', '1:9 found no comma between two entries'],
    ['{"a" 1}', '1:6 found no colon'],
    ["{'a': 1}", '1:2 found a word that JSON does not know; texts stand in double quotes'],
    ['{"a": 1} x', '1:10 found'],
    ['{"a": "x\ny"}', '1:7 found a text whose closing " is missing on the same line'],
    ['{"a": "\\x"}', '1:7 found an escape that JSON does not know'],
    ['{"a": 1,\r\n "a": 2}', '2:2 found the key "a" a second time; a key stands once'],
    ['{"b": {"a": 1, "a": 2}}', '1:16 found the key "a" a second time'],
  ])('says what is wrong with %j', (text, expected) => {
    expect(faults(text)[0]).toContain(expected);
  });

  it('accepts exactly the objects that JSON.parse accepts', () => {
    const nearJson = fc
      .tuple(
        fc.json({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', '0', ' ', '\\', '\u0001', 'e', '-', '.'),
      )
      .map(([text, at, insert]) => {
        const wrapped = `{"k":${text}}`;
        return wrapped.slice(0, at % wrapped.length) + insert + wrapped.slice(at % wrapped.length);
      });
    fc.assert(
      fc.property(nearJson, (text) => {
        const reading = readJson(text, 'a.json');
        const duplicates =
          reading.document === null &&
          reading.faults.every(({ message }) => message.includes('a second time'));
        expect(reading.document !== null || duplicates).toBe(isJson(text));
        if (reading.document !== null) {
          expect(JSON.stringify(plainValue(reading.document.root))).toBe(JSON.stringify(JSON.parse(text)));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
