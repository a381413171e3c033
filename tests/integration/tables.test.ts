/** Tables of every shape: empty, narrow, wide, strangely named, without key or transactions, and views. */
import { testInstallation, type TestInstallation } from '../support/installation.ts';

let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation();
});
afterAll(() => here.close());

const sql = (text: string) => here.database.connection.query(text);

describe('an empty table', () => {
  beforeAll(() => sql('CREATE TABLE no_rows (id INT PRIMARY KEY, a TEXT)'));

  it('becomes an object with only a header', async () => {
    const { report, manifest, objects } = await here.export({ table: { name: 'no_rows' } });
    expect(objects.map(String)).toEqual(['id,a\n']);
    expect(report).toMatchObject({
      status: 'succeeded',
      tables: [{ name: 'no_rows', rows: 0, bytes: 5, files: 1 }],
    });
    expect(manifest).toMatchObject({
      rows: 0,
      bytes: 5,
      entries: [{ meta: { content_length: 5, record_count: 0 } }],
    });
  });

  it('becomes an object without a byte where there is no header', async () => {
    const { objects } = await here.export({ table: { name: 'no_rows' }, csv: { header: false } });
    expect(objects.map(({ length }) => length)).toEqual([0]);
  });

  it('is skipped where the spec says so', async () => {
    const { report } = await here.run({ task_name: 'skipper', table: { name: 'no_rows' }, on_empty: 'skip' });
    expect(report).toMatchObject({ status: 'succeeded', files: [], manifest: null });
    const { keys } = await here.traces();
    expect(keys.filter((key) => key.startsWith('skipper/'))).toEqual([]);
  });

  it('is skipped beside one that is not', async () => {
    await sql('CREATE TABLE beside (id INT PRIMARY KEY); INSERT INTO beside VALUES (1)');
    const { report, manifest } = await here.export({
      table: [{ name: 'no_rows' }, { name: 'beside' }],
      on_empty: 'skip',
    });
    expect(report.files.map(({ table }) => table)).toEqual(['beside']);
    expect(manifest.tables.map(({ name, rows }) => [name, rows])).toEqual([
      ['no_rows', 0],
      ['beside', 1],
    ]);
  });

  it('fails where the spec says so, and leaves nothing', async () => {
    const { report } = await here.run({ task_name: 'failer', table: { name: 'no_rows' }, on_empty: 'fail' });
    expect(report).toMatchObject({ status: 'failed', error: { code: 'RESULT_EMPTY' }, files: [] });
    const { keys, uploads } = await here.traces();
    expect([...keys, ...uploads].filter((key) => key.startsWith('failer/'))).toEqual([]);
  });
});

describe('width', () => {
  it('of one column, with a warning where a NULL would be an empty line', async () => {
    await sql('CREATE TABLE narrow (a VARCHAR(9)); INSERT INTO narrow VALUES (NULL), (""), ("x")');
    const { objects, report } = await here.export({ table: { name: 'narrow', split_order: 'a' } });
    expect(objects.map(String)).toEqual(['a\n\n""\nx\n']);
    expect(report.warnings).toContain(
      'narrow has one column: a NULL is an empty line, which some readers skip. Set csv.null.',
    );
  });

  it('of 1,000 columns', async () => {
    const names = Array.from({ length: 1000 }, (_, index) => `c${index}`);
    await sql(`CREATE TABLE wide (${names.map((name) => `${name} INT`).join(', ')}, PRIMARY KEY (c0))`);
    const row = (id: number): string =>
      names.map((_, index) => (index === 0 ? id : index % 7 === 3 ? 'NULL' : index)).join(', ');
    await sql(`INSERT INTO wide VALUES (${row(1)}), (${row(2)})`);
    const { header, rows } = (await here.export({ table: { name: 'wide' } })).csv('wide');
    expect(header).toEqual(names);
    expect(rows).toEqual(
      ['1', '2'].map((id) =>
        row(Number(id))
          .split(', ')
          .map((cell) => (cell === 'NULL' ? null : cell)),
      ),
    );
  });
});

describe('names', () => {
  const NAMES = [
    'two words',
    'it\'s "quoted"',
    'back`tick``s',
    'Größe 表 ☃',
    'select',
    'a,b;c',
    'percent%_under',
    'back\\slash',
    'dot.ted',
    '../up',
    'x'.repeat(64),
  ];

  it('of columns', async () => {
    const quoted = NAMES.map((name) => `\`${name.replaceAll('`', '``')}\``);
    await sql(`CREATE TABLE named (id INT PRIMARY KEY, ${quoted.map((name) => `${name} INT`).join(', ')})`);
    await sql(`INSERT INTO named VALUES (1, ${NAMES.map((_, index) => index).join(', ')})`);
    const all = (await here.export({ table: { name: 'named' } })).csv('named');
    expect(all.header).toEqual(['id', ...NAMES]);
    expect(all.rows).toEqual([['1', ...NAMES.map((_, index) => String(index))]]);
    for (const [index, name] of NAMES.entries()) {
      const { csv } = await here.export({
        table: {
          name: 'named',
          columns: [name],
          filters: { [name]: { condition: '=', metric: index } },
          split_order: name,
        },
      });
      expect(csv('named')).toEqual({ header: [name], rows: [[String(index)]] });
    }
  });

  it('of tables, which never leave their folder in the bucket', async () => {
    for (const [index, name] of NAMES.entries()) {
      const quoted = `\`${name.replaceAll('`', '``')}\``;
      await sql(`CREATE TABLE ${quoted} (id INT PRIMARY KEY); INSERT INTO ${quoted} VALUES (${index})`);
      const { report, csv } = await here.export({ task_name: `named-${index}`, table: { name } });
      expect(csv(name).rows).toEqual([[String(index)]]);
      expect(report.files[0]!.key).toMatch(new RegExp(`^named-${index}/[^/]+_\\d{14}\\.csv$`));
      await sql(`DROP TABLE ${quoted}`);
    }
  });

  it('of columns are found whatever their case, and written as the spec has them or as they are', async () => {
    await sql('CREATE TABLE cases (Id INT PRIMARY KEY, CamelCase INT); INSERT INTO cases VALUES (1, 2)');
    const { csv } = await here.export({ table: { name: 'cases', columns: ['camelcase', 'ID'] } });
    expect(csv('cases').rows).toEqual([['2', '1']]);
    expect(csv('cases').header.map((name) => name.toLowerCase())).toEqual(['camelcase', 'id']);
  });
});

describe('what is not an InnoDB table', () => {
  it('a view', async () => {
    await sql(
      'CREATE TABLE viewed (id INT PRIMARY KEY, f FLOAT); INSERT INTO viewed VALUES (1, 0.1), (2, 0.2)',
    );
    await sql('CREATE VIEW a_view AS SELECT id, f, id * 2 AS doubled FROM viewed WHERE id > 1');
    const { csv } = await here.export({ table: { name: 'a_view', split_order: 'id' } });
    expect(csv('a_view')).toEqual({ header: ['id', 'f', 'doubled'], rows: [['2', '0.2', '4']] });
  });

  it('a MyISAM table, with a warning', async () => {
    await sql('CREATE TABLE isam (id INT PRIMARY KEY) ENGINE=MyISAM; INSERT INTO isam VALUES (1)');
    const { csv, report } = await here.export({ table: { name: 'isam' } });
    expect(csv('isam').rows).toEqual([['1']]);
    expect(report.warnings).toEqual([
      'isam is not an InnoDB table: it is read as it is at that moment, not as of the snapshot.',
    ]);
  });

  it('a table without a key', async () => {
    await sql(
      'CREATE TABLE keyless (a INT, b INT); INSERT INTO keyless VALUES (1, NULL), (1, NULL), (NULL, 2)',
    );
    const { csv, report } = await here.export({ table: { name: 'keyless' } });
    expect(csv('keyless').rows.map(String).toSorted()).toEqual([',2', '1,', '1,']);
    expect(report.tables[0]!.sql[0]).not.toContain('ORDER BY');
  });
});
