/**
 * Incremental tasks on a real server while others write: over several runs, every committed row is published exactly
 * once. On a server of its own, as everybody's open transactions hold a window back.
 */
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Installation } from '../../src/execute.ts';
import type { RunOutcome } from '../../src/report.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { readExport, testInstallation, type TestInstallation } from '../support/installation.ts';
import { freshDatabase, grantReader, serverVersion, startMySql, type MySqlServer } from '../support/mysql.ts';
import { byHand } from '../support/runs.ts';

type Fields = Readonly<Record<string, unknown>>;

let own: MySqlServer | null = null;
let here: TestInstallation;
let others: Connection[] = [];
beforeAll(async () => {
  // Where the test run was given a server that cannot be started from here, that one.
  const given = await freshDatabase();
  const { flavor, version } = await serverVersion(given);
  await given.drop();
  if (flavor !== 'mysql' || version[0] < 8) own = await startMySql();
  here = await testInstallation(own === null ? {} : { serverUrl: own.url });
});
afterEach(async () => {
  for (const other of others) await other.end();
  others = [];
});
afterAll(async () => {
  await here.close();
  await own?.stop();
});

const sql = async (text: string): Promise<RowDataPacket[]> =>
  (await here.database.connection.query<RowDataPacket[]>(text))[0];

/** Another session of the database. */
async function session(): Promise<Connection> {
  const other = await mysql.createConnection({ uri: here.database.url, multipleStatements: true });
  others.push(other);
  return other;
}

const watermark = (fields: Fields = {}): object => ({ mode: 'watermark', lag: 0, ...fields });

/** A table of which each run exports the ids. */
const table = (name: string, cdc: object): object => ({ name, columns: ['id'], cdc, split_order: 'id' });

async function attempt(
  task: string,
  fields: Fields,
  changes: Partial<Installation> = {},
): Promise<RunOutcome> {
  return here.runSpec(here.spec({ task_name: task, ...fields }), byHand(), changes);
}

/** Runs a task that is meant to succeed; the ids that it has published, by table. */
async function read(
  task: string,
  fields: Fields,
  changes: Partial<Installation> = {},
): Promise<Record<string, string[]>> {
  const { report, error } = await attempt(task, fields, changes);
  if (error !== null) throw error;
  const { csv } = await readExport(here.s3, here.bucket, report);
  return Object.fromEntries(report.tables.map(({ name }) => [name, csv(name).rows.map(([id]) => id!)]));
}

const ids = async (from: string): Promise<string[]> =>
  (await sql(`SELECT CAST(id AS CHAR) AS id FROM ${from} ORDER BY ${from}.id`)).map(
    (row) => row['id'] as string,
  );

const byNumber = (texts: readonly string[]): string[] => texts.toSorted((a, b) => Number(a) - Number(b));

describe('times, while others write', () => {
  const TYPES = {
    ts0: 'TIMESTAMP',
    ts3: 'TIMESTAMP(3)',
    ts6: 'TIMESTAMP(6)',
    dt0: 'DATETIME',
    dt6: 'DATETIME(6)',
  };
  const names = Object.keys(TYPES) as (keyof typeof TYPES)[];

  beforeAll(async () => {
    for (const name of names) {
      await sql(
        `CREATE TABLE ${name} (id INT AUTO_INCREMENT PRIMARY KEY, at ${TYPES[name]} NOT NULL) ENGINE=InnoDB`,
      );
    }
  });

  /** Transactions of one to three rows in every table, some committed late, some not at all, until told to stop. */
  async function write(goingOn: () => boolean): Promise<void> {
    const other = await session();
    for (let count = 0; goingOn(); count++) {
      await other.query('BEGIN');
      for (let row = 0; row <= count % 3; row++) {
        for (const name of names) await other.query(`INSERT INTO ${name} (at) VALUES (NOW(6))`);
        await sleep(count % 5 === 0 ? 150 : 5);
      }
      await other.query(count % 7 === 3 ? 'ROLLBACK' : 'COMMIT');
    }
  }

  it('delivers every committed row exactly once, and moves all tables together', async () => {
    const fields = { table: names.map((name) => table(name, { at: watermark() })) };
    const published = Object.fromEntries(names.map((name): [string, string[]] => [name, []]));
    const collect = async (): Promise<number> => {
      const found = await read('written', fields);
      for (const name of names) published[name]!.push(...found[name]!);
      return names.reduce((sum, name) => sum + found[name]!.length, 0);
    };
    let writing = true;
    const writers = [write(() => writing), write(() => writing)];
    // Six runs that find something, each while others write.
    for (let fruitful = 0; fruitful < 6;) if ((await collect()) > 0) fruitful++;
    writing = false;
    await Promise.all(writers);
    // What is left of the last second.
    const total = (await ids(names[0]!)).length;
    while (names.some((name) => published[name]!.length < total)) await collect();
    expect(await collect()).toBe(0);
    for (const name of names) expect([name, byNumber(published[name]!)]).toEqual([name, await ids(name)]);
    expect(Object.keys(here.watermarks('written'))).toEqual(names.toSorted());
    expect(here.watermarks('written')['ts6']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    expect(here.watermarks('written')['dt0']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  });

  it('delivers a row that was committed late with the next run, and holds back what came after it until then', async () => {
    const fields = { table: table('ts6', { at: watermark() }) };
    await read('late', fields);
    const other = await session();
    await other.query('BEGIN; INSERT INTO ts6 (id, at) VALUES (1000001, NOW(6))');
    await sql('INSERT INTO ts6 (id, at) VALUES (1000002, NOW(6))');
    expect((await read('late', fields))['ts6']).toEqual([]);
    await other.query('COMMIT');
    const found: string[] = [];
    while (found.length < 2) found.push(...(await read('late', fields))['ts6']!);
    expect(byNumber(found)).toEqual(['1000001', '1000002']);
    expect((await read('late', fields))['ts6']).toEqual([]);
  });

  it('counts the lag from the beginning of an open transaction, too: its rows may be older than it is', async () => {
    const fields = { table: table('ts6', { at: watermark({ lag: '5 seconds' }) }) };
    await read('older', fields);
    const other = await session();
    // The clock of this program is four seconds behind. A statement that waited for its table is as old.
    await other.query(
      'SET timestamp = UNIX_TIMESTAMP() - 4; BEGIN; INSERT INTO ts6 (id, at) VALUES (1000003, NOW(6))',
    );
    await sleep(3000);
    expect((await read('older', fields))['ts6']).not.toContain('1000003');
    await other.query('COMMIT');
    expect((await read('older', fields))['ts6']).toContain('1000003');
  });

  it('where transactions cannot be seen says so, and leaves it to the lag', async () => {
    const reader = await grantReader(here.database);
    const source = mysqlSource({ ...here.source, ...reader });
    const blind = { source: () => source, said: new Set<string>() };
    const of = (lag: string | number): Fields => ({ table: table('ts3', { at: watermark({ lag }) }) });
    await read('blind', of('1 hour'), blind);
    const other = await session();
    await other.query('BEGIN; INSERT INTO ts3 (id, at) VALUES (1000001, NOW(6))');
    await sql('INSERT INTO ts3 (id, at) VALUES (1000002, NOW(6))');
    expect((await read('blind', of('1 hour'), blind))['ts3']).toEqual([]);
    await other.query('COMMIT');
    const rest: string[] = [];
    while (!rest.includes('1000001')) rest.push(...(await read('blind', of(0), blind))['ts3']!);
    expect(new Set(rest).size).toBe(rest.length);
    expect(rest).toContain('1000002');
    expect([...blind.said]).toEqual([expect.stringContaining('GRANT PROCESS ON *.* TO')]);
    // Who may see them has nothing to say.
    const seeing = { said: new Set<string>() };
    await read('seeing', of(0), seeing);
    expect([...seeing.said]).toEqual([]);
  });

  it('begins where the spec says, the first time', async () => {
    await sql(
      "CREATE TABLE old (id INT PRIMARY KEY, at DATETIME NOT NULL) ENGINE=InnoDB; INSERT INTO old VALUES (1, '2020-01-01'), (2, '2020-01-01 00:00:01'), (3, '2021-01-01')",
    );
    const from = (initial: string): Fields => ({ table: table('old', { at: watermark({ initial }) }) });
    expect(await read('begun', from('2020-01-01'))).toEqual({ old: ['2', '3'] });
    expect(await read('begun', from('2019-01-01'))).toEqual({ old: [] });
  });

  it('tells its window as it stood', async () => {
    const { report } = await attempt('told', { table: table('dt6', { at: watermark({ lag: '1 hour' }) }) });
    const [first] = report.windows;
    expect(report.windows).toEqual([
      { table: 'dt6', column: 'at', mode: 'watermark', from: null, to: expect.any(String), nulls: false },
    ]);
    expect(report.tables[0]!.sql[0]).toContain(`WHERE \`at\` <= '${first!.to}'`);
    expect(here.watermarks('told')).toEqual({ dt6: first!.to });
    const next = await attempt('told', { table: table('dt6', { at: watermark({ lag: '2 hours' }) }) });
    // A longer lag must not set it back.
    expect(next.report.windows[0]).toMatchObject({ from: first!.to, to: first!.to });
  });
});

it('reads a day when it is over', async () => {
  // On either side of the date line it is always another day, so the next one comes with the zone. Midnight there is at
  // a full hour of UTC, and must not come meanwhile.
  while (new Date().getUTCMinutes() === 59) await sleep(500);
  const today = (zone: string): string =>
    new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(new Date());
  const [west, east] = ['Etc/GMT+12', 'Pacific/Kiritimati'];
  const dayIn = (zone: string, days: number): string => `DATE'${today(zone)}' + INTERVAL ${days} DAY`;
  await sql(`CREATE TABLE days (id INT PRIMARY KEY, day DATE) ENGINE=InnoDB; INSERT INTO days VALUES
    (1, ${dayIn(west, -1)}), (2, ${dayIn(west, 0)}), (3, ${dayIn(east, 0)}), (4, ${dayIn(east, 1)})`);
  const at = (timezone: string): Fields => ({ table: table('days', { day: watermark({ timezone }) }) });
  expect(await read('daily', at(west))).toEqual({ days: ['1'] });
  expect(await read('daily', at(west))).toEqual({ days: [] });
  await sql(`INSERT INTO days VALUES (5, ${dayIn(west, 0)})`);
  expect(await read('daily', at(east))).toEqual({ days: ['2', '5'] });
});

describe('integers', () => {
  it('are read by every digit, up to the last that BIGINT UNSIGNED has', async () => {
    await sql(`CREATE TABLE big (id BIGINT UNSIGNED PRIMARY KEY) ENGINE=InnoDB;
      INSERT INTO big VALUES (1), (9007199254740993), (9223372036854775807), (9223372036854775808)`);
    const fields = { table: table('big', { id: watermark() }) };
    expect((await read('counted', fields))['big']).toHaveLength(4);
    expect(here.watermarks('counted')).toEqual({ big: '9223372036854775808' });
    expect(await read('counted', fields)).toEqual({ big: [] });
    await sql('INSERT INTO big VALUES (9223372036854775809), (18446744073709551614)');
    expect(await read('counted', fields)).toEqual({ big: ['9223372036854775809', '18446744073709551614'] });
    await sql('INSERT INTO big VALUES (18446744073709551615)');
    expect(await read('counted', fields)).toEqual({ big: ['18446744073709551615'] });
    expect(here.watermarks('counted')).toEqual({ big: '18446744073709551615' });
  });

  it('below zero, and where there is no row at first', async () => {
    await sql('CREATE TABLE signed (id INT PRIMARY KEY) ENGINE=InnoDB');
    const fields = { table: table('signed', { id: watermark() }) };
    expect(await read('below', fields)).toEqual({ signed: [] });
    expect(here.watermarks('below')).toEqual({});
    await sql('INSERT INTO signed VALUES (-2147483648), (-5)');
    expect(await read('below', fields)).toEqual({ signed: ['-2147483648', '-5'] });
    await sql('INSERT INTO signed VALUES (-4), (2147483647)');
    expect(await read('below', fields)).toEqual({ signed: ['-4', '2147483647'] });
    await sql('DELETE FROM signed');
    expect(await read('below', fields)).toEqual({ signed: [] });
    expect(here.watermarks('below')).toEqual({ signed: '2147483647' });
  });

  it('of which all are NULL are read once, and no smaller number is lost for it', async () => {
    await sql(
      'CREATE TABLE unnumbered (id INT PRIMARY KEY, n BIGINT) ENGINE=InnoDB; INSERT INTO unnumbered VALUES (1, NULL)',
    );
    const fields = { table: table('unnumbered', { n: watermark() }) };
    expect(await read('unnumbered', fields)).toEqual({ unnumbered: ['1'] });
    expect(await read('unnumbered', fields)).toEqual({ unnumbered: [] });
    await sql('INSERT INTO unnumbered VALUES (2, -9223372036854775808), (3, NULL)');
    expect(await read('unnumbered', fields)).toEqual({ unnumbered: ['2'] });
  });
});

describe('rows with NULL in the column', () => {
  it.each([
    ['first_run', ['1', '2'], ['4']],
    ['always', ['1', '2'], ['2', '3', '4']],
    ['never', ['1'], ['4']],
  ])('are read as the policy %s says', async (nulls, first, second) => {
    const name = `nulls_${nulls}`;
    await sql(`CREATE TABLE ${name} (id INT PRIMARY KEY, at DATETIME NULL) ENGINE=InnoDB;
      INSERT INTO ${name} VALUES (1, '2020-01-01'), (2, NULL)`);
    // The lag stands for the time between the runs, so that nobody has to wait for it.
    const fields = (lag: string): Fields => ({
      table: table(name, { at: watermark({ null_watermark: nulls, lag }) }),
    });
    expect((await read(name, fields('1 day')))[name]).toEqual(first);
    await sql(`INSERT INTO ${name} VALUES (3, NULL), (4, NOW() - INTERVAL 12 HOUR)`);
    expect((await read(name, fields('1 hour')))[name]).toEqual(second);
  });

  it('are not the zero dates of a NOT NULL column: those are read once', async () => {
    await sql(`SET SESSION sql_mode = '';
      CREATE TABLE zeroes (id INT PRIMARY KEY, at DATETIME NOT NULL) ENGINE=InnoDB;
      INSERT INTO zeroes VALUES (1, '0000-00-00 00:00:00'), (2, '2020-01-01')`);
    const fields = { table: table('zeroes', { at: watermark({ null_watermark: 'always' }) }) };
    expect(await read('zeroes', fields)).toEqual({ zeroes: ['1', '2'] });
    expect(await read('zeroes', fields)).toEqual({ zeroes: [] });
  });
});

describe('two tables', () => {
  const fields = {
    table: [
      { ...table('first', { id: watermark() }) },
      { name: 'second', cdc: { id: watermark() }, split_order: 'id' },
    ],
    zero_dates: 'fail',
  };

  beforeAll(async () => {
    await sql(`SET SESSION sql_mode = '';
      CREATE TABLE first (id INT PRIMARY KEY) ENGINE=InnoDB;
      CREATE TABLE second (id INT PRIMARY KEY, day DATE NOT NULL) ENGINE=InnoDB;
      INSERT INTO first VALUES (1); INSERT INTO second VALUES (1, '2020-01-01')`);
    await read('pair', fields);
    await sql("INSERT INTO first VALUES (2); INSERT INTO second VALUES (2, '0000-00-00')");
  });

  it('both stay where they were when the second cannot be read', async () => {
    const { report } = await attempt('pair', fields);
    expect(report).toMatchObject({
      status: 'failed',
      tables: [{ name: 'first', rows: 1 }, { name: 'second' }],
    });
    expect(here.watermarks('pair')).toEqual({ first: '1', second: '1' });
  });

  it('both stay where they were when the run cannot be published', async () => {
    await sql("UPDATE second SET day = '2020-01-02' WHERE id = 2");
    const sink = here.installation.sink('s3');
    const broken = { ...sink, put: () => Promise.reject(new Error('the manifest cannot be written')) };
    const { report } = await attempt('pair', fields, { sink: () => broken });
    expect(report.status).toBe('failed');
    expect(here.watermarks('pair')).toEqual({ first: '1', second: '1' });
  });

  it('both move with the next success, which reads what the failures had not published', async () => {
    expect(await read('pair', fields)).toEqual({ first: ['2'], second: ['2'] });
    expect(here.watermarks('pair')).toEqual({ first: '2', second: '2' });
    expect(here.past('pair').map(({ status }) => status)).toEqual([
      'succeeded',
      'failed',
      'failed',
      'succeeded',
    ]);
  });
});

it('a custom query reads on with :from and :to, in whole seconds', async () => {
  await sql(`CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, at TIMESTAMP(6) NOT NULL) ENGINE=InnoDB;
    CREATE TABLE items (order_id INT PRIMARY KEY, what VARCHAR(9)) ENGINE=InnoDB`);
  const custom =
    'SELECT o.id FROM orders o JOIN items i ON i.order_id = o.id WHERE o.at > :from AND o.at <= :to ORDER BY o.id';
  const fields = { query: { custom, watermark: { lag: 0 } } };
  const found: string[] = [];
  for (let run = 0; run < 3; run++) {
    await sql(`INSERT INTO orders (at) VALUES (NOW(6)), (NOW(6));
      INSERT INTO items SELECT id, 'thing' FROM orders ON DUPLICATE KEY UPDATE what = 'thing'`);
    found.push(...(await read('joined', fields))['joined']!);
    await sleep(400);
  }
  while (found.length < 6) found.push(...(await read('joined', fields))['joined']!);
  expect(await read('joined', fields)).toEqual({ joined: [] });
  expect(byNumber(found)).toEqual(await ids('orders'));
  expect(here.watermarks('joined')).toEqual({
    joined: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
  });
});

it('another column than before is refused, and nothing is read by it', async () => {
  await sql(
    'CREATE TABLE changed (id INT PRIMARY KEY, n INT) ENGINE=InnoDB; INSERT INTO changed VALUES (1, 10)',
  );
  await read('changed', { table: table('changed', { id: watermark() }) });
  const { report } = await attempt('changed', { table: table('changed', { n: watermark() }) });
  expect(report.error).toMatchObject({
    code: 'WATERMARK_MISMATCH',
    message: expect.stringContaining('id = 1'),
  });
  expect(here.watermarks('changed')).toEqual({ changed: '1' });
});
