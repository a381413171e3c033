import { parseSpec } from '../../../src/spec/parse.ts';
import { faultsOf, KNOWN, messages, spec, specText } from './documents.ts';

const PEOPLE = { name: 'people', columns: ['id', 'email', 'profile', 'salary'] };

/** The faults of transformations of one table whose columns are listed. */
function faults(column_transformation: unknown, more: Readonly<Record<string, unknown>> = {}): string[] {
  return messages({ table: PEOPLE, column_transformation, ...more });
}

const read = (column_transformation: unknown, more: Readonly<Record<string, unknown>> = {}) =>
  spec({ table: PEOPLE, column_transformation, ...more }).transformations;

describe('column_transformation', () => {
  it('is nothing by default', () => {
    expect([read({}), read(null), spec().transformations]).toEqual([[], [], []]);
  });

  it('is read whole, fields in their order and numbers as they stand', () => {
    const text = specText({ table: PEOPLE, column_transformation: 'HERE' }).replace(
      '"HERE"',
      '{"profile": {"json": {"7": "$.x", "city": {"path": "$.a[0]", "type": "decimal(10, 2)"}}, "keep": true, "default": 1.50},' +
        '"people.email": {"sql": "LOWER(email)", "cast": "char(20)", "trim": true, "mask": "sha256", "rename": "mail"}}',
    );
    expect(parseSpec(text, 'a.json').transformations).toEqual([
      {
        table: null,
        column: 'profile',
        sql: null,
        json: [
          { name: '7', path: ['x'], type: { is: 'text' } },
          { name: 'city', path: ['a', 0], type: { is: 'decimal', precision: 10, scale: 2 } },
        ],
        keep: true,
        cast: null,
        trim: false,
        default: { kind: 'number', text: '1.50' },
        mask: null,
        rename: null,
      },
      {
        table: 'people',
        column: 'email',
        sql: 'LOWER(email)',
        json: null,
        keep: false,
        cast: { target: 'CHAR(20)', mysqlType: 'varchar(20)', kind: 'text' },
        trim: true,
        default: null,
        mask: 'sha256',
        rename: 'mail',
      },
    ]);
  });

  it('has every fault of it listed at once, where it stands', () => {
    const found = faultsOf(
      specText({
        table: PEOPLE,
        column_transformation: {
          emial: { mask: 'sha265' },
          salary: { cast: 'dezimal(10,2)', msk: 'null' },
          profile: { json: { city: '$.a.*', zip: { path: 'zip', type: 'itn' } } },
        },
      }),
    );
    expect(found.map(({ path }) => path)).toEqual([
      'column_transformation.emial',
      'column_transformation.emial.mask',
      'column_transformation.salary.cast',
      'column_transformation.salary.msk',
      'column_transformation.profile.json.city',
      'column_transformation.profile.json.zip.path',
      'column_transformation.profile.json.zip.type',
    ]);
    expect(new Set(found.map(({ column }) => column)).size).toBe(7);
    for (const word of ['email', 'sha256', 'decimal(p,s)', 'mask', 'int'])
      expect(found.map(({ message }) => message)).toContainEqual(
        expect.stringContaining(`Did you mean "${word}"?`),
      );
  });

  it.each<[string, unknown, string[]]>([
    [
      'an empty one',
      { id: {} },
      ['column_transformation.id: found an empty object. Allowed: an object of at least one'],
    ],
    ['no object', { id: 1 }, ['column_transformation.id: found 1. Allowed: an object of at least one']],
    [
      'mask null, which might be meant',
      { id: { mask: null } },
      ['column_transformation.id.mask: found null. Allowed: "sha256"'],
    ],
    [
      'no JSON field',
      { profile: { json: {} } },
      ['column_transformation.profile.json: found an empty object.'],
    ],
    [
      'keep without json',
      { id: { keep: true, trim: true } },
      ['column_transformation.id.keep: found true without "json"'],
    ],
    [
      'cast beside json',
      { profile: { json: { a: '$' }, cast: 'char' } },
      ['column_transformation.profile.cast: found a cast beside "json"'],
    ],
    [
      'rename of what does not stay',
      { profile: { json: { a: '$' }, rename: 'b' } },
      ['column_transformation.profile.rename: found a new name'],
    ],
    [
      'a cast to JSON',
      { profile: { cast: 'json' } },
      ['column_transformation.profile.cast: found "json". Allowed: char, char(n)'],
    ],
    ['wrong SQL', { id: { sql: 'SUM(id)' } }, ['column_transformation.id.sql: found SUM']],
    [
      'a default that is none of the cast',
      { id: { cast: 'signed', default: 'x' } },
      [
        'column_transformation.id.default: found "x" for the cast. Allowed: a whole number that bigint holds.',
      ],
    ],
    [
      'a default that is none of a field',
      { profile: { json: { d: { path: '$', type: 'date' } }, default: '2024-02-30' } },
      [
        'column_transformation.profile.default: found "2024-02-30" for the field "d". Allowed: a date such as "1970-01-01".',
      ],
    ],
    [
      'a name twice',
      { id: { rename: 'Email' } },
      ['column_transformation.id: makes the output column "Email", which "people" has already.'],
    ],
    [
      'a field like a column',
      { profile: { json: { id: '$.id' } } },
      ['column_transformation.profile: makes the output column "id"'],
    ],
    [
      'a column twice',
      { id: { trim: true }, ID: { trim: true } },
      ['column_transformation.ID: found a second transformation'],
    ],
    [
      'a column that is not exported',
      { boss: { trim: true } },
      [
        'column_transformation.boss: found the column "boss", which the spec does not export. Allowed: id, email, profile, salary.',
      ],
    ],
    [
      'another table',
      { 'poeple.id': { trim: true } },
      [
        'column_transformation["poeple.id"]: found the table "poeple", which the spec does not export. Did you mean "people"?',
      ],
    ],
    [
      'a name that servers cut off',
      { id: { rename: ' a' } },
      ['column_transformation.id.rename: found a name that begins with a space'],
    ],
    [
      'a name that servers cannot write',
      { profile: { json: { '😀': '$' } } },
      ['found a character such as an emoji'],
    ],
    ['a new name that servers cut off', { '\ta': { sql: '1' } }, ['found a name that begins with a space']],
    [
      'a name that is too long',
      { profile: { json: { ['x'.repeat(65)]: '$' } } },
      ['found a name of 65 characters'],
    ],
    ['a field without a name', { profile: { json: { '': '$' } } }, ['found an empty name']],
    [
      'half a character in SQL',
      { id: { sql: "'\ud800'" } },
      ['column_transformation.id.sql: found half of a character'],
    ],
    [
      'half a character in a path',
      { profile: { json: { a: '$."\\ud800"' } } },
      ['column_transformation.profile.json.a: found half of a character'],
    ],
    ['a name with a NUL', { id: { rename: 'a\0' } }, ['column_transformation.id.rename: found a NUL']],
  ])('%s is a fault', (_, transformation, expected) => {
    const found = faults(transformation);
    expect(found).toEqual(expected.map((message) => expect.stringContaining(message)));
  });

  it('knows a table and a column with dots in their names', () => {
    const tables = [
      { name: 'a.b', columns: ['c.d'] },
      { name: 'a', columns: ['x.y'] },
    ];
    const targets = read(
      { 'a.b.c.d': { trim: true }, 'a.x.y': { trim: true }, 'c.d': { trim: true } },
      { table: tables },
    ).map(({ table, column }) => [table, column]);
    expect(targets).toEqual([
      ['a.b', 'c.d'],
      ['a', 'x.y'],
      [null, 'c.d'],
    ]);
  });

  it('may make a column, which of several tables needs its table', () => {
    expect(read({ twice: { sql: 'id * 2' } })).toHaveLength(1);
    const table = [PEOPLE, { name: 'other', columns: ['id'] }];
    expect(read({ 'people.twice': { sql: 'id * 2' } }, { table })).toHaveLength(1);
    expect(faults({ twice: { sql: 'id * 2' } }, { table })).toEqual([
      expect.stringContaining('found a new column, and several tables. Write "table.twice".'),
    ]);
  });

  it('of a custom query takes the whole key as the name', () => {
    const query = { custom: 'SELECT 1 AS `a.b`' };
    expect(read({ 'a.b': { trim: true } }, { table: null, query })[0]).toMatchObject({
      table: null,
      column: 'a.b',
    });
  });
});

describe('the mask hmac', () => {
  const text = specText({ table: PEOPLE, column_transformation: { id: { mask: 'hmac' } } });
  const withKey = (hmacKey: boolean | undefined) => () =>
    parseSpec(text, 'a.json', { ...KNOWN, ...(hmacKey === undefined ? {} : { hmacKey }) });

  it('needs a key in the config', () => {
    expect(withKey(false)).toThrow(/column_transformation\.id\.mask: found "hmac".*masking\.hmac_key/);
    expect([withKey(true)().transformations, withKey(undefined)().transformations]).toEqual([
      [expect.objectContaining({ mask: 'hmac' })],
      [expect.objectContaining({ mask: 'hmac' })],
    ]);
  });

  it.each([
    'SELECT @tidemark_hmac_inner AS id',
    'SELECT @`tidemark_hmac_inner` AS id',
    'SELECT VARIABLE_VALUE AS id FROM information_schema.`USER_VARIABLES`',
    'SELECT VARIABLE_VALUE AS id FROM performance_schema.user_variables_by_thread',
  ])('lets no query read it: %s', (custom) => {
    const document = { table: null, query: { custom } };
    expect(messages({ ...document, column_transformation: { id: { mask: 'hmac' } } })).toEqual([
      expect.stringContaining('beside the mask "hmac"'),
    ]);
    expect(spec({ ...document, column_transformation: { id: { mask: 'sha256' } } }).customQuery).toBe(custom);
  });
});
