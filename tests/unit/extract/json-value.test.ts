import fc from 'fast-check';
import { jsonDocument, jsonValueAt } from '../../../src/extract/json-value.ts';

const at = (document: string, ...path: (string | number)[]) => jsonValueAt(document, path);

describe('a JSON document', () => {
  it.each(['', ' ', '{', '{"a":1,}', "{'a':1}", 'NaN', '01', '[1] 2', '"\t"'])('%j is none', (text) => {
    expect(jsonDocument(Buffer.from(text))).toBeNull();
  });

  it('is any JSON', () => {
    expect([' {"a": 1}\n', '5', 'null', '"x"'].map((text) => jsonDocument(Buffer.from(text)))).toEqual([
      ' {"a": 1}\n',
      '5',
      'null',
      '"x"',
    ]);
  });
});

describe('the value at a path', () => {
  it('is found behind all that looks like it', () => {
    const document = String.raw`{ "x" : "a\": 1, {[", "y":[ "}" , {"a": [] } ] , "a" : {"a":[1,[2 , 3] ]} }`;
    expect(at(document, 'a', 'a', 1, 1)?.text).toBe('3');
    expect(at(document, 'y', 1, 'a')?.text).toBe('[]');
    expect(at(document, 'x')).toEqual({ json: String.raw`"a\": 1, {["`, text: 'a": 1, {[' });
    expect(at(document, 'b')).toBeNull();
    expect(at(document, 'x', 'a')).toBeNull();
    expect(at(document, 'y', 2)).toBeNull();
  });

  it('keeps the digits of numbers and the spelling of strings', () => {
    expect(at('{"a":1.50e+10}', 'a')?.text).toBe('1.50e+10');
    expect(at(String.raw`{"a":["\u00e9",1.0,{"b":null}]}`, 'a')?.text).toBe(
      String.raw`["\u00e9", 1.0, {"b": null}]`,
    );
  });

  it('is null for JSON null, and for half a character', () => {
    expect([at('{"a":null}', 'a'), at('null'), at(String.raw`["\ud800"]`, 0)]).toEqual([null, null, null]);
    expect(at(String.raw`["\ud83d\ude00"]`, 0)?.text).toBe('😀');
  });

  it('of a key that stands twice is the last', () => {
    expect(at(String.raw`{"a":1,"\u0061":2}`, 'a')?.text).toBe('2');
  });

  it('does not mind how deep it lies', () => {
    const deep = 5000;
    const document = `[${'['.repeat(deep)}${']'.repeat(deep)}, 7]`;
    expect(at(document, 1)?.text).toBe('7');
  });

  it('does not mind how many escapes it has', () => {
    const document = JSON.stringify({ a: ['\n'.repeat(4_000_000)] });
    expect(at(document, 'a')?.text.length).toBe(8_000_004);
  });

  it('is what a parser finds, with or without spaces', () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), fc.constantFrom(undefined, 2, '\t'), (object, space) => {
        const document = JSON.stringify(object, null, space);
        // As the document says it: JSON has no negative zero.
        const known = JSON.parse(document) as Record<string, unknown>;
        for (const [key, value] of Object.entries(known)) {
          const found = at(document, key);
          if (value === null) expect(found).toBeNull();
          else {
            expect(JSON.parse(found!.json)).toEqual(value);
            if (typeof value === 'string') expect(found!.text).toBe(value);
          }
          if (!Array.isArray(value)) continue;
          value.forEach((element, index) => {
            const inner = at(document, key, index);
            expect(inner === null ? null : JSON.parse(inner.json)).toEqual(element);
          });
        }
      }),
    );
  });
});
