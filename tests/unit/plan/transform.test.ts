/** Transformations as SQL, per server, and what is left to be done here. */
import type { OutputColumn, RowMapping, ServerIdentity } from '../../../src/domain/plan.ts';
import { tableSource } from '../../../src/plan/columns.ts';
import { transformColumns, type TransformedColumns } from '../../../src/plan/transform.ts';
import { assignTransformations } from '../../../src/spec/transformation-names.ts';
import { column, SERVER, specOf } from './sample.ts';

const MYSQL = SERVER;
const MARIADB: ServerIdentity = { ...SERVER, version: '10.11.6-MariaDB', flavor: 'mariadb' };
const MYSQL56: ServerIdentity = { ...SERVER, version: '5.6.24' };

const COLUMNS = [
  column('id', 'int(11)', { nullable: false }),
  column('doc', 'json'),
  column('note', 'longtext'),
  column('mail', 'varchar(40)'),
  column('price', 'decimal(8,2)'),
  column('rate', 'float'),
  column('flags', 'bit(4)'),
  column('raw', 'blob'),
  column('place', 'point'),
];

function transformed(
  column_transformation: Record<string, unknown>,
  server: ServerIdentity = MYSQL,
  described: Omit<OutputColumn, 'name'> = { mysqlType: 'varchar', kind: 'text', nullable: true },
): TransformedColumns {
  const { transformations } = specOf({ column_transformation });
  const names = Object.keys(column_transformation);
  const assigned = assignTransformations(transformations, 'employees', true, names);
  const types = new Map(transformations.map((one) => [one, { name: one.column, ...described }]));
  const sourceOf = (name: string): ReturnType<typeof tableSource> | undefined => {
    const found = COLUMNS.find((one) => one.name === name);
    return found === undefined ? undefined : tableSource(found);
  };
  return transformColumns(assigned, sourceOf, types, server);
}

/** The one expression that one transformation becomes. */
const sqlOf = (name: string, operations: unknown, server?: ServerIdentity): string => {
  const { expressions } = transformed({ [name]: operations }, server);
  expect(expressions).toHaveLength(1);
  return expressions[0]!;
};

describe('the SELECT list', () => {
  it.each<[string, unknown, string]>([
    ['mail', { rename: 'e' }, '`mail` AS `e`'],
    ['rate', { rename: 'r' }, '`rate` * 1e0 AS `r`'],
    ['place', { rename: 'p' }, 'ST_AsText(`place`) AS `p`'],
    ['flags', { rename: 'f' }, '`flags` AS `f`'],
    ['flags', { default: 0 }, 'COALESCE((`flags` + 0), 0) AS `flags`'],
    ['price', { cast: 'double' }, '`price` * 1e0 AS `price`'],
    ['price', { cast: 'char(9)' }, 'CAST(`price` AS CHAR(9)) AS `price`'],
    ['rate', { cast: 'char' }, 'CAST(`rate` * 1e0 AS CHAR) AS `rate`'],
    ['mail', { trim: true }, 'TRIM(`mail`) AS `mail`'],
    ['mail', { default: "it's" }, "COALESCE(`mail`, 'it\\'s') AS `mail`"],
    ['price', { default: 0 }, 'COALESCE(`price`, CAST(0 AS DECIMAL(8,2))) AS `price`'],
    ['doc', { default: '{}' }, "COALESCE(CAST(`doc` AS CHAR), '{}') AS `doc`"],
    ['mail', { mask: 'null' }, 'NULL AS `mail`'],
    ['mail', { mask: 'redact' }, "IF(`mail` IS NULL, NULL, 'REDACTED') AS `mail`"],
    ['mail', { mask: 'sha256' }, 'SHA2(CONVERT(`mail` USING utf8mb4), 256) AS `mail`'],
    ['price', { mask: 'sha256' }, 'SHA2(CAST(`price` AS CHAR), 256) AS `price`'],
    ['raw', { mask: 'sha256' }, 'SHA2(`raw`, 256) AS `raw`'],
    [
      'mail',
      { mask: 'last4' },
      "CONCAT(REPEAT('*', CHAR_LENGTH(CONVERT(`mail` USING utf8mb4)) - 4), RIGHT(CONVERT(`mail` USING utf8mb4), 4)) AS `mail`",
    ],
    [
      'mail',
      { mask: 'hmac' },
      'SHA2(CONCAT(@tidemark_hmac_outer, UNHEX(SHA2(CONCAT(@tidemark_hmac_inner, CONVERT(`mail` USING utf8mb4)), 256))), 256) AS `mail`',
    ],
    [
      'mail',
      { sql: 'LOWER(mail)', cast: 'char', trim: true, default: 'x', mask: 'redact', rename: 'm' },
      "IF(COALESCE(TRIM(CAST((LOWER(mail)) AS CHAR)), 'x') IS NULL, NULL, 'REDACTED') AS `m`",
    ],
  ])('%s with %j', (name, operations, sql) => {
    expect(sqlOf(name, operations)).toBe(sql);
  });

  it('quotes the names of fields', () => {
    expect(sqlOf('doc', { json: { 'a`b': '$' } })).toMatch(/ AS `a``b`$/);
  });
});

describe('JSON', () => {
  it('is read by MySQL where the column has that type', () => {
    expect(sqlOf('doc', { json: { a: '$.it_s[0]' } })).toBe(
      String.raw`JSON_UNQUOTE(NULLIF(CONCAT(JSON_EXTRACT(${'`doc`'}, '$.\"it_s\"[0]')), 'null')) AS ${'`a`'}`,
    );
  });

  it('is read by MariaDB in any text, which may be no document', () => {
    expect(sqlOf('note', { json: { a: '$.a' } }, MARIADB)).toBe(
      String.raw`JSON_UNQUOTE(NULLIF(CONCAT(JSON_EXTRACT(IF(JSON_VALID(${'`note`'}), ${'`note`'}, NULL), '$.\"a\"')), 'null')) AS ${'`a`'}`,
    );
  });

  const json = { a: '$.a', b: { path: '$.b', type: 'int' } };
  const left = (found: TransformedColumns): RowMapping['cells'] => found.mapping?.cells ?? [];

  it.each<[string, ServerIdentity]>([
    ['MySQL, in a text column', MYSQL],
    ['MySQL 5.6', MYSQL56],
    ['MariaDB 10.1', { ...MARIADB, version: '10.1.48-MariaDB' }],
  ])('is read here of %s: the document is selected once', (_, server) => {
    const found = transformed({ id: { rename: 'n' }, note: { json, mask: 'last4' } }, server);
    expect(found.expressions).toEqual(['`id` AS `n`', '`note`']);
    expect(found.columns.map(({ name, mysqlType, nullable }) => [name, mysqlType, nullable])).toEqual([
      ['n', 'int(11)', false],
      ['a', 'longtext', true],
      ['b', 'longtext', true],
    ]);
    expect(found.mapping?.columns.map(({ name }) => name)).toEqual(['n', 'note']);
    expect(left(found)).toEqual([
      { from: 0, field: null },
      { from: 1, field: expect.objectContaining({ name: 'a', path: ['a'], mask: 'last4' }) },
      { from: 1, field: expect.objectContaining({ name: 'b', type: { is: 'integer' } }) },
    ]);
  });

  it('is read here of MariaDB where a key may be written in several ways', () => {
    const found = transformed(
      { note: { json: { plain: '$.a', accented: '$.é', slash: '$."a/b"' } } },
      MARIADB,
    );
    expect(left(found).map(({ field }) => field?.name)).toEqual([undefined, 'accented', 'slash']);
  });

  it.each<[string, ServerIdentity]>([
    ['MariaDB 10.2.3', { ...MARIADB, version: '10.2.3-MariaDB-log' }],
    ['MariaDB 11', { ...MARIADB, version: '11.4.2-MariaDB' }],
  ])('is read by %s', (_, server) => {
    expect(transformed({ note: { json } }, server).mapping).toBeNull();
  });

  it('that is kept is masked like its fields', () => {
    const found = transformed({ doc: { json: { a: '$.a' }, keep: true, mask: 'sha256', rename: 'd' } });
    expect(found.expressions).toEqual([
      'SHA2(CAST(`doc` AS CHAR), 256) AS `d`',
      expect.stringMatching(/^SHA2\(CONVERT\(JSON_UNQUOTE\(.* AS `a`$/),
    ]);
  });
});

describe('types', () => {
  const typeOf = (name: string, operations: unknown, described?: Omit<OutputColumn, 'name'>): unknown => {
    const { mysqlType, kind, nullable } = transformed({ [name]: operations }, MYSQL, described).columns[0]!;
    return [mysqlType, kind, nullable];
  };

  it.each<[string, unknown, unknown[]]>([
    ['price', { rename: 'p' }, ['decimal(8,2)', 'number', true]],
    ['rate', { default: 0 }, ['float', 'float32', false]],
    ['flags', { default: 0 }, ['bigint unsigned', 'number', false]],
    ['mail', { default: 'x'.repeat(50) }, ['varchar(50)', 'text', false]],
    ['mail', { trim: true }, ['varchar(40)', 'text', true]],
    ['place', { default: 'none' }, ['longtext', 'text', false]],
    ['price', { mask: 'null', default: 0 }, ['decimal(8,2)', 'number', true]],
    ['id', { mask: 'last4' }, ['longtext', 'text', false]],
    ['id', { mask: 'sha256' }, ['char(64)', 'text', false]],
    ['id', { mask: 'redact' }, ['varchar(8)', 'text', false]],
    ['id', { cast: 'date' }, ['date', 'date', true]],
    ['id', { cast: 'char' }, ['longtext', 'text', false]],
  ])('%s with %j', (name, operations, type) => {
    expect(typeOf(name, operations)).toEqual(type);
  });

  it('of an expression are what the server says', () => {
    const described = { mysqlType: 'float', kind: 'float32', nullable: false } as const;
    expect(typeOf('x', { sql: 'rate' }, described)).toEqual(['float', 'float32', false]);
    expect(transformed({ x: { sql: 'rate' } }, MYSQL, described).expressions).toEqual([
      '(rate) * 1e0 AS `x`',
    ]);
  });
});
