import { jsonPathText, readJsonPath } from '../../../src/spec/json-path.ts';

describe('a JSON path', () => {
  it.each<[string, (string | number)[]]>([
    ['$', []],
    ['$.a', ['a']],
    [' $.a.b ', ['a', 'b']],
    ['$[0]', [0]],
    ['$.a[ 12 ].b', ['a', 12, 'b']],
    ['$."a b"."c.d"', ['a b', 'c.d']],
    [String.raw`$."q\"\u00e9"`, ['q"é']],
    ['$.größe._x.$y', ['größe', '_x', '$y']],
    ['$."".a', ['', 'a']],
  ])('%s is read', (text, path) => {
    expect(readJsonPath(text)).toEqual({ path });
  });

  it.each([
    ['a', 'begins with "$"'],
    ['', 'begins with "$"'],
    ['$a', 'what follows'],
    ['$.', 'a key is missing'],
    ['$.a..b', 'a key is missing'],
    ['$.a b', 'what follows'],
    ['$.1', 'stands in double quotes'],
    ['$.a-b', 'what follows'],
    ['$.*', 'a wildcard'],
    ['$**.a', 'a wildcard'],
    ['$[*]', 'a wildcard'],
    ['$[0 to 2]', 'a range'],
    ['$[last]', 'from the end'],
    ['$[-1]', 'from the end'],
    ['$[a]', 'what follows'],
    ['$."a', 'what follows'],
    [String.raw`$."\x"`, 'no JSON string'],
  ])('%s is none', (text, why) => {
    expect(readJsonPath(text)).toMatchObject({ path: null, fault: expect.stringContaining(why) });
    expect(readJsonPath(text)).toMatchObject({ fault: expect.stringContaining('Allowed: a path such as') });
  });

  it('is written with every key in quotes, and reads back as itself', () => {
    const path = ['a', 0, 'q"\\', 'é', ''];
    const text = jsonPathText(path);
    expect(text).toBe(String.raw`$."a"[0]."q\"\\"."é".""`);
    expect(readJsonPath(text)).toEqual({ path });
  });
});
