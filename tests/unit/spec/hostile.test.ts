import fc from 'fast-check';
import { FaultsError } from '../../../src/errors.ts';
import { faultsOf, messages, parse, spec, specText } from './documents.ts';

describe('hostile specs', () => {
  it('treats keys of Object.prototype as unknown keys, and leaves the prototype alone', () => {
    const text = specText().replace(
      '{',
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, ',
    );
    const found = faultsOf(text).map(({ path, message }) => [path, message.slice(0, 30)]);
    expect(found).toEqual([
      ['__proto__', 'found the unknown key "__proto'],
      ['constructor', 'found the unknown key "constru'],
    ]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('takes such a key as a column name, which it may be', () => {
    const text = `{"task_name":"a","source":"mysql","sink":"s3","owner":{"email":"a@b"},
      "table":{"name":"t","filters":{"__proto__":{"condition":"=","metric":1}},"cdc":{"constructor":5}}}`;
    const [table] = parse(text).tables;
    expect(table?.filters[0]?.column).toBe('__proto__');
    expect(table?.cdc[0]?.column).toBe('constructor');
  });

  it.each(['[', '{"a":', '{"table":{"filters":{"a":[['])('survives %s ten thousand times', (open) => {
    expect(faultsOf(open.repeat(10_000))).toEqual([
      expect.objectContaining({ message: expect.stringContaining('more than 50 levels') as string }),
    ]);
  });

  it('shows a megabyte of text in a few words', () => {
    const long = 'x'.repeat(1_000_000);
    for (const text of [specText({ task_name: long }), specText({ [long]: 1 }), specText({ source: long })]) {
      const [fault] = faultsOf(text);
      expect(`${fault!.path}${fault!.message}`.length).toBeLessThan(700);
    }
  });

  it('passes a megabyte through where it is a value', () => {
    const long = 'x'.repeat(1_000_000);
    const { tables } = spec({ table: { name: 't', filters: { a: { condition: '=', metric: long } } } });
    expect(tables[0]?.filters[0]).toEqual({
      column: 'a',
      condition: '=',
      value: { kind: 'string', text: long },
    });
  });

  it('lists no more faults than anybody reads', () => {
    const keys = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 1]));
    const faults = faultsOf(specText(keys));
    expect(faults).toHaveLength(101);
    expect(faults.at(-1)!.message).toMatch(/^and \d+ faults more/);
  });

  it.each([
    ['a\0b', 'found a NUL character in a name'],
    ['a ', 'found a name that ends with a space'],
    ['a\ud800', 'found half of a character'],
  ])('refuses the name %j wherever a name stands', (name, expected) => {
    const places: Record<string, unknown>[] = [
      { name },
      { name: 't', columns: [name] },
      { name: 't', split_order: name },
      { name: 't', split_order: [name] },
      { name: 't', filters: { [name]: { condition: 'is null' } } },
      { name: 't', cdc: { [name]: 1 } },
      { name: 't', cdc: { [name]: { mode: 'watermark' } } },
    ];
    for (const table of places) expect(messages({ table })).toEqual([expect.stringContaining(expected)]);
  });

  it.each(['order', 'a b', 'a`b', 'a"b', "a'b", 'größe', '列', 'a.b', '../a', '%s', 'a;drop'])(
    'takes the name %j',
    (name) => {
      const table = {
        name,
        columns: [name],
        filters: { [name]: { condition: 'is null' } },
        split_order: name,
      };
      expect(spec({ table }).tables[0]).toMatchObject({ name, columns: [name], splitOrder: [name] });
    },
  );

  it.each(['../a', 'a/b', '.a', '-a', 'a b', '', 'a\n', 'ä', 'a\0', 'x'.repeat(129)])(
    'refuses the task name %j',
    (name) => {
      expect(messages({ task_name: name })).toHaveLength(1);
    },
  );

  it('says nothing that could steer a terminal', () => {
    const [fault] = faultsOf(specText({ 'a\u001b[31m\u202e\u009b': 1 }));
    expect(`${fault!.path} ${fault!.message}`).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it('ends in a Spec or in faults, whatever the text', () => {
    const value = fc.anything({ maxDepth: 3, withNullPrototype: true });
    const key = fc.constantFrom(
      'task_name',
      'table',
      'query',
      'owner',
      'source',
      'csv',
      'schedule',
      'key_template',
      'timezone',
      'retries',
      'timeout',
      'catch_up',
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.tuple(key, value)), (made) => {
        const text = typeof made === 'string' ? made : specText({ [made[0]]: jsonSafe(made[1]) });
        try {
          expect(parse(text).file).toBe('specs/a.json');
        } catch (error) {
          if (!(error instanceof FaultsError)) throw error;
          expect(error.faults.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function jsonSafe(value: unknown): unknown {
  const text = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? String(inner) : inner,
  );
  return text === undefined ? null : (JSON.parse(text) as unknown);
}
