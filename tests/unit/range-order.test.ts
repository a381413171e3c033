/** Borders that came in any order leave in order, and those that already were all stay. */
import fc from 'fast-check';
import type { KeyQuestions } from '../../src/key-ports.ts';
import type { KeyType } from '../../src/plan/ranges/key-type.ts';
import { inOrder } from '../../src/range-order.ts';

const unasked = async (): Promise<never> => {
  throw new Error('not to be asked');
};

/** A server that compares texts letter by letter, as many as it is given at a time. */
function comparing(asked: string[]): KeyQuestions {
  return {
    indexes: unasked,
    estimates: unasked,
    sortedTexts: unasked,
    texts: async (sql) => {
      asked.push(sql);
      const pairs = [...sql.matchAll(/CONVERT\('(\w*)' USING \w+\) COLLATE \w+ < CONVERT\('(\w*)'/g)];
      return [[pairs.map(([, one, other]) => (one! < other! ? '1' : '0')).join('')]];
    },
  };
}

async function kept(type: KeyType, keys: readonly string[], asked: string[] = []): Promise<string[]> {
  const borders = keys.map((key, at) => ({ key, rowsBefore: at }));
  const found = await inOrder(type, borders, comparing(asked), new AbortController().signal);
  return found.map(({ key }) => key);
}

const TEXT: KeyType = { is: 'text', charset: 'sjis', collation: 'sjis_japanese_ci' };

it('keeps whatever ascends, and asks a server once for many pairs', async () => {
  const keys = Array.from({ length: 1201 }, (_, at) => `k${String(at).padStart(5, '0')}`);
  const asked: string[] = [];
  expect(await kept(TEXT, keys, asked)).toEqual(keys);
  expect(asked).toHaveLength(3);
  expect(await kept({ is: 'number', scale: 1 }, ['-10.5', '-9.0', '2.0', '10.0'])).toHaveLength(4);
  expect(await kept({ is: 'bytes' }, ['', '00', '0001', 'FF'])).toHaveLength(4);
  expect(await kept({ is: 'time', digits: 'date' }, ['0000-00-00', '2024-00-15', '2024-01-01'])).toHaveLength(
    3,
  );
});

it('leaves out those that do not fit, the fewer of two neighbours', async () => {
  expect(await kept(TEXT, ['b', 'c', 'd', 'a', 'e'])).toEqual(['b', 'c', 'd']);
  expect(await kept(TEXT, ['z', 'a', 'b', 'c', 'c', 'd'])).toEqual(['a', 'b', 'c']);
  expect(await kept({ is: 'time', digits: 'date' }, ['2024-01-02', '2024-01-03', '2024-00-05'])).toEqual([
    '2024-01-02',
    '2024-01-03',
  ]);
  expect(await kept({ is: 'bytes' }, ['01', 'FF', '02', '03', '04'])).toEqual(['02', '03', '04']);
  expect(await kept(TEXT, ['b', 'a'])).toHaveLength(1);
  expect(await kept(TEXT, [])).toEqual([]);
});

it('gives strictly ascending borders of any', async () => {
  const number = fc.integer({ min: -50, max: 50 }).map(String);
  await fc.assert(
    fc.asyncProperty(fc.array(number, { minLength: 1, maxLength: 60 }), async (keys) => {
      const found = (await kept({ is: 'number', scale: 0 }, keys)).map(Number);
      expect(found.length).toBeGreaterThan(0);
      expect(found.slice(1).every((key, at) => key > found[at]!)).toBe(true);
    }),
  );
});
