/** Columns that are computed: by the table, or by a custom query: each cell is held against what the server itself says. */
import { typeTables, type TypeTables } from '../support/type-tables.ts';
import type { Exported } from '../support/installation.ts';

let types: TypeTables;
beforeAll(async () => {
  types = await typeTables();
});
afterAll(() => types.close());

describe('columns of their own kind', () => {
  it('generated ones are read, invisible ones only by name', async () => {
    const { flavor, version } = types.server;
    const generates = flavor === 'mariadb' || version[0] > 5;
    if (!generates) {
      // MySQL 5.6 knows neither: a view computes there.
      await types.sql(
        'CREATE TABLE own_base (id INT PRIMARY KEY, a INT); INSERT INTO own_base VALUES (1, 20)',
      );
      await types.sql('CREATE VIEW own AS SELECT id, a, a * 2 AS v FROM own_base');
      expect((await types.here.export({ table: { name: 'own' } })).csv('own').rows).toEqual([
        ['1', '20', '40'],
      ]);
      return;
    }
    await types.sql(
      'CREATE TABLE own (id INT PRIMARY KEY, a INT, v INT GENERATED ALWAYS AS (a * 2) VIRTUAL, ' +
        `s INT GENERATED ALWAYS AS (a * 3) STORED, h INT ${flavor === 'mariadb' ? 'INVISIBLE DEFAULT 9' : 'DEFAULT 9 INVISIBLE'})`,
    );
    await types.sql('INSERT INTO own (id, a) VALUES (1, 20)');
    expect((await types.here.export({ table: { name: 'own' } })).csv('own')).toEqual({
      header: ['id', 'a', 'v', 's'],
      rows: [['1', '20', '40', '60']],
    });
    const named = await types.here.export({ table: { name: 'own', columns: ['h', 'v'] } });
    expect(named.csv('own')).toEqual({ header: ['h', 'v'], rows: [['9', '40']] });
  });
});

describe('a custom query', () => {
  it('returns each kind as a table does', async () => {
    const table = await types.make({
      i: ['BIGINT UNSIGNED', '18446744073709551615'],
      de: ['DECIMAL(20,5)', '-1.50000'],
      fl: ['FLOAT', '0.1'],
      fd: ['FLOAT(7,2)', '1.10'],
      db: ['DOUBLE', '1e-310'],
      da: ['DATE', "'2024-02-29'"],
      dt: ['DATETIME(6)', "'2024-02-29 01:02:03.000004'"],
      ts: ['TIMESTAMP(3) NULL', "'2024-02-29 01:02:03.004'"],
      ti: ['TIME(2)', "'-01:02:03.04'"],
      ye: ['YEAR', '2024'],
      bi: ['BIT(10)', '1023'],
      tx: ['TEXT', '\'a,"b"\''],
      en: ["ENUM('x','y')", "'y'"],
      se: ["SET('x','y')", "'x,y'"],
      bb: ['BLOB', "x'00FF'"],
      vb: ['VARBINARY(5)', "x'01'"],
      ge: ['POINT', `${types.server.version[0] === 5 ? '' : 'ST_'}GeomFromText('POINT(1 2)')`],
    });
    const asTable: Exported = await types.here.export({
      table: { name: table },
      output_timezone: 'Asia/Kolkata',
    });
    const asQuery: Exported = await types.here.export({
      query: { custom: `SELECT * FROM ${table} ORDER BY id` },
      output_timezone: 'Asia/Kolkata',
    });
    expect(asQuery.objects[0]!.toString()).toBe(asTable.objects[0]!.toString());
    const found = asQuery.manifest.tables[0]!.columns.map(({ type }) => type);
    expect(found.join(' ')).toBe(
      'int bigint unsigned decimal(20,5) float float double date datetime timestamp time ' +
        'year bit text enum set blob varbinary geometry',
    );
  });

  it('returns what it computes', async () => {
    const { csv } = await types.here.export({
      task_name: 'computed',
      query: {
        custom:
          "SELECT 1 + 1 AS i, 1.10 + 1 AS d, 0.1e0 + 0.2e0 AS f, NULL AS n, 'é' AS s, CAST('2024-01-02' AS DATE) AS da, " +
          "CONCAT('a', 1) AS c, x'FF' AS b, CAST('1' AS UNSIGNED) AS u, 1 = 1 AS t, MAX(2) AS m, NOW() IS NULL AS w",
      },
    });
    expect(csv('computed').rows).toEqual([
      ['2', '2.10', '0.30000000000000004', null, 'é', '2024-01-02', 'a1', '/w==', '1', '1', '2', '0'],
    ]);
  });
});
