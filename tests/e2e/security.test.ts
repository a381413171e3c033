/** Hostile input: what a spec says reaches no other path, no other statement, no other bucket prefix, no other inbox. */
import { readdirSync } from 'node:fs';
import type { RowDataPacket } from 'mysql2';
import { reportOf } from './report.ts';
import { NOTHING, openSite, type Place, type Site } from './site.ts';
import { regionsSpec } from './specs.ts';
import { mailAbout } from './mail.ts';

const PREFIX = 'safe/place/';
const DROP = '; DROP TABLE regions; -- x';

let site: Site;
let place: Place;
beforeAll(async () => {
  site = await openSite();
  place = await site.place({ sink: { prefix: PREFIX } });
});
afterAll(() => site.stop());
afterEach(async () => {
  // Whatever was tried: the data is as it was, and nothing stands outside the prefix.
  const [rows] = await site.database.connection.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM regions');
  expect(Number(rows[0]!['n'])).toBe(4);
  expect((await place.keys()).filter((key) => !key.startsWith(PREFIX))).toEqual([]);
  expect(readdirSync(place.folder).toSorted()).toEqual(['config.json', 'logs', 'specs', 'state']);
});

async function run(spec: Record<string, unknown>) {
  return place.tidemark('run', '-s', place.writeSpec('hostile', spec), '--json');
}

/** Rows of the header-and-rows object that the run wrote. */
async function rowsOf(spec: Record<string, unknown>): Promise<string[]> {
  const result = await run(spec);
  const report = reportOf(result);
  expect(report.error).toBeNull();
  return (await place.text(report.files[0]!.key)).trimEnd().split('\n').slice(1);
}

describe('what is refused before anything is asked of a server', () => {
  const refused: Readonly<Record<string, readonly (readonly [field: string, value: unknown])[]>> = {
    'task names': [
      '../../etc/passwd',
      'a/b',
      'a\\b',
      '',
      '.',
      '..',
      '.hidden',
      '-x',
      'a b',
      'a\nb',
      'a\u0000b',
      'ü',
      '%2e%2e',
      'x'.repeat(129),
    ].map((name) => ['task_name', name] as const),
    'key templates': [
      '../{table}.csv',
      'a/../../{table}',
      '/etc/{table}',
      'a//{table}',
      './{table}',
      '{table}/',
      '{task',
      '{__proto__}',
      'a\\..\\b',
      'a\u0000b',
      'a\r\nb',
      '',
    ].map((template) => ['key_template', template] as const),
    queries: [
      `DELETE FROM regions`,
      `SELECT 1${DROP}`,
      `SELECT 1; SELECT 2`,
      `SELECT * FROM regions INTO OUTFILE '/tmp/tidemark-hostile'`,
      `SELECT * FROM regions FOR UPDATE`,
      `/*! DROP TABLE regions */`,
      `SELECT 1 /*!50000 INTO OUTFILE '/tmp/tidemark-hostile' */`,
      `CALL something()`,
      `SELECT 'unclosed`,
    ].map((custom) => ['query', { custom }] as const),
    'owner addresses': [
      'a@example.com\r\nBcc: victim@example.com',
      'a@example.com, victim@example.com',
      'A <a@example.com>',
      '"a\\"@evil"@example.com',
      '',
    ].map((email) => ['owner', { name: null, email }] as const),
    'owner names': ['Eve\r\nBcc: victim@example.com', 'Eve\u0000', 'E'.repeat(1000)].map(
      (name) => ['owner', { name, email: 'eve@example.com' }] as const,
    ),
    'sources and sinks': [
      ['source', '__proto__'],
      ['sink', 'constructor'],
      ['source', '../mysql'],
    ],
  };
  it.each(Object.entries(refused))('%s', async (_what, changes) => {
    const cautious = await site.place();
    const files = changes.map(([field, value], n) => {
      const tables = field === 'query' ? { table: null } : {};
      return cautious.writeSpec(
        `spec${n}`,
        regionsSpec({ task_name: `task${n}`, ...tables, [field]: value }),
      );
    });
    const result = await cautious.tidemark('check', ...files, '--json');
    expect(result.code).toBe(2);
    const { faults } = JSON.parse(result.stdout) as { faults: { file: string; path: string }[] };
    changes.forEach(([field], n) => {
      const found = faults.filter(({ file }) => file === files[n]).map(({ path }) => path.split('.')[0]);
      expect([changes[n], found]).toEqual([changes[n], expect.arrayContaining([field])]);
    });
    // A run refuses the same.
    expect((await cautious.tidemark('run', '-s', files[0]!)).code).toBe(2);
    expect(await cautious.remains()).toEqual(NOTHING);
  });
});

it('refuses a query that writes by way of a function', async () => {
  await site.database.connection.query(
    `CREATE FUNCTION empty_regions() RETURNS INT DETERMINISTIC MODIFIES SQL DATA
     BEGIN DELETE FROM dependents; DELETE FROM regions; RETURN 1; END`,
  );
  const result = await run(regionsSpec({ table: null, query: { custom: 'SELECT empty_regions() AS gone' } }));
  expect([result.code, reportOf(result).error?.code]).toEqual([1, 'QUERY_WRITES']);
  expect((await place.remains()).uploads).toEqual([]);
});

it('knows no column of a hostile name', async () => {
  const columns = [`region_id\`${DROP}`, `*${DROP}`, '`region_id`', "region_id' OR '1'='1", '__proto__'];
  const result = await run(regionsSpec({ table: { name: 'regions', columns } }));
  const { error } = reportOf(result);
  expect([result.code, error?.code]).toEqual([1, 'COLUMN_UNKNOWN']);
  for (const column of columns) expect(error?.message).toContain(column);
});

it.each([`regions\`${DROP}`, 'mysql.user', '`regions`', '../regions', "regions' OR '1'='1"])(
  'knows no table %j',
  async (name) => {
    const result = await run(regionsSpec({ table: { name } }));
    expect([result.code, reportOf(result).error?.code]).toEqual([1, 'TABLE_UNKNOWN']);
  },
);

describe('a filter value is a value', () => {
  const values = [
    `' OR 1=1 -- `,
    `\\' OR 1=1 -- `,
    `" OR ""="`,
    `1'${DROP}`,
    `\\`,
    `'`,
    '%',
    `\u0000' OR 1=1`,
    '${PATH}',
  ];
  it.each(values)('%j', async (metric) => {
    const table = [
      { name: 'regions', filters: { region_name: { condition: '=', metric } } },
      { name: 'countries', filters: { country_name: { condition: 'in', metric: [metric, 'x'] } } },
      { name: 'locations', filters: { city: { condition: 'between', metric: [metric, metric] } } },
      { name: 'jobs', filters: { job_title: { condition: 'like', metric: `x${metric}` } } },
      { name: 'departments', cdc: { department_name: `~${metric}` } },
    ];
    const result = await run(regionsSpec({ table }));
    const { error, tables } = reportOf(result);
    expect([error, tables.map(({ rows }) => rows)]).toEqual([null, [0, 0, 0, 0, 0]]);
  });

  it('also where the name of its column is hostile', async () => {
    const name = 'odd` = 1; DROP TABLE regions; -- \'"';
    const quoted = `\`${name.replaceAll('`', '``')}\``;
    await site.database.connection.query(
      `CREATE TABLE odd (${quoted} INT PRIMARY KEY); INSERT INTO odd VALUES (1), (2)`,
    );
    const table = {
      name: 'odd',
      columns: [name],
      filters: { [name]: { condition: '>', metric: 1 } },
      split_order: name,
    };
    expect(await rowsOf(regionsSpec({ table }))).toEqual(['2']);
  });
});

it('keeps a table with a climbing name in its place', async () => {
  const name = '../../../evil`; DROP TABLE regions; -- /x';
  await site.database.connection.query(
    `CREATE TABLE \`${name.replaceAll('`', '``')}\` (id INT PRIMARY KEY); INSERT INTO \`${name.replaceAll('`', '``')}\` VALUES (7)`,
  );
  const result = await run(regionsSpec({ table: { name } }));
  const [file] = reportOf(result).files;
  expect(result.code).toBe(0);
  expect(file!.key.slice(PREFIX.length).split('/')).toEqual([
    'regions',
    expect.stringMatching(/^[^/]+_\d{14}\.csv$/),
  ]);
  expect(await place.text(file!.key)).toBe('id\n7\n');
});

it('lets no owner name add a recipient', async () => {
  const owner = { name: 'Eve" <victim@example.com>, "Mallory', email: 'eve@example.com' };
  await run(regionsSpec({ task_name: 'recipients', owner, table: { name: 'missing' } }));
  const mail = await mailAbout(site.mailbox, 'recipients failed');
  const { to } = mail;
  const addresses = (Array.isArray(to) ? to : [to]).flatMap((one) =>
    one?.value.map(({ address }) => address),
  );
  expect(addresses).toEqual(['eve@example.com']);
  expect([mail.cc, mail.bcc]).toEqual([undefined, undefined]);
});

it('writes text from a spec into HTML as text', async () => {
  const table = { name: '<img src=x onerror=alert(1)>' };
  await run(regionsSpec({ task_name: 'markup', table }));
  const mail = await mailAbout(site.mailbox, 'markup failed');
  expect(String(mail.html)).not.toContain('<img');
  expect(String(mail.html)).toContain('&lt;img');
});

it('leaves no upload behind', async () => {
  expect((await place.remains()).uploads).toEqual([]);
});
