/** What is found of specs on a real server: each fault at its place, what is said of the source said once. */
import type { RowDataPacket } from 'mysql2/promise';
import { checkSource } from '../../src/commands/check-source.ts';
import type { PlacedSpec } from '../../src/commands/check-spec.ts';
import type { Finding } from '../../src/check/finding.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { NEVER, testInstallation, type TestInstallation } from '../support/installation.ts';
import { grantReader } from '../support/mysql.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

let here: TestInstallation;
let config: Config;
beforeAll(async () => {
  here = await testInstallation();
  config = loadConfig({ file: here.configFile, env: {} });
  await here.database.connection.query(
    `CREATE TABLE orders (
       id BIGINT PRIMARY KEY, customer INT, total DECIMAL(10,2), updated_at DATETIME NOT NULL, created_at DATETIME,
       KEY by_time (updated_at)
     ) ENGINE=InnoDB;
     CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(20)) ENGINE=InnoDB;
     CREATE TABLE secrets (id INT PRIMARY KEY) ENGINE=InnoDB;
     CREATE VIEW totals AS SELECT customer, total FROM orders;
     INSERT INTO orders SELECT n, n, n, '2026-01-01' + INTERVAL n HOUR, '2026-01-01' FROM
       (SELECT a.d * 10 + b.d AS n FROM ${digits('a')} CROSS JOIN ${digits('b')}) AS numbers;
     ANALYZE TABLE orders`,
  );
});
afterAll(() => here.close());

function digits(name: string): string {
  return `(${Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS d`).join(' UNION ALL ')}) AS ${name}`;
}

/** As a reader of these tables. Places are paths of the spec. */
async function check(
  specs: readonly Readonly<Record<string, unknown>>[],
  tables: readonly string[] = ['orders', 'customers', 'totals'],
  changes: Partial<Config['sources'][string]> = {},
): Promise<Finding[]> {
  const reader = await grantReader(here.database, tables);
  const source = { ...config.sources['mysql']!, ...reader, ...changes };
  const placed = specs.map((fields): PlacedSpec => {
    const spec = here.spec(fields);
    return {
      spec,
      task: spec.taskName,
      at: (...path) => ({ file: 'test.json', line: 1, column: 1, path: path.join('.') }),
    };
  });
  return checkSource({ ...config, sources: { mysql: source } }, 'mysql', placed, NEVER);
}

/** `error TABLE_UNKNOWN table.0.name`, of the specs alone, or of the source with its tasks. */
const saying = (findings: readonly Finding[], scope: Finding['scope'] = 'spec'): string[] =>
  findings
    .filter((finding) => finding.scope === scope)
    .map(({ severity, code, places, tasks }) => `${severity} ${code} ${places[0]?.path ?? tasks.join(',')}`);

it('finds nothing wrong where nothing is', async () => {
  const findings = await check([
    { table: { name: 'orders', cdc: { updated_at: '1 day' }, split_order: ['updated_at', 'id'] } },
    { table: { name: 'customers' } },
  ]);
  expect(saying(findings)).toEqual(['info ROWS_SCANNED table.0.name', 'info ROWS_SCANNED table.0.name']);
});

it('names all that is wrong with several tables at once', async () => {
  const findings = await check([
    {
      table: [
        { name: 'customers' },
        { name: 'orders', columns: ['id', 'sum'] },
        { name: 'totals' },
        { name: 'secrets' },
      ],
    },
  ]);
  expect(saying(findings)).toEqual(['error COLUMN_UNKNOWN table.1', 'error PRIVILEGE_MISSING table.3.name']);
  expect(findings.at(-1)!.remedy).toEqual({
    kind: 'sql',
    text: expect.stringMatching(
      new RegExp(`^GRANT SELECT ON \`${here.database.name}\`\\.\`secrets\` TO 'rd\\w+'@'%';$`),
    ) as string,
  });
});

it('names every table that a custom query may not read, with its GRANT', async () => {
  const custom = `WITH big AS (SELECT customer FROM orders WHERE updated_at > :from AND updated_at <= :to)
    SELECT c.name, EXTRACT(YEAR FROM s.id) AS y FROM big JOIN customers c ON c.id = big.customer, secrets s`;
  const findings = await check([{ query: { custom } }], ['customers']);
  expect(saying(findings)).toEqual([
    'error PRIVILEGE_MISSING query.custom',
    'error PRIVILEGE_MISSING query.custom',
  ]);
  const grants = findings.map(
    ({ remedy }) => /^GRANT SELECT ON `\w+`\.`(\w+)` TO /.exec(remedy?.text ?? '')?.[1],
  );
  expect(grants.filter((table) => table !== undefined).toSorted()).toEqual(['orders', 'secrets']);
});

it('goes on behind a spec that fails, also where its session is given up', async () => {
  const watermark = { id: { mode: 'watermark', initial: '2026-01-01' } };
  const findings = await check(
    [
      { table: { name: 'orders', cdc: watermark } },
      { table: { name: 'orders', cdc: { id: { mode: 'watermark', initial: 7 } } } },
      { table: { name: 'nowhere' } },
      { table: { name: 'customers' } },
    ],
    ['*'],
  );
  expect(saying(findings).toSorted()).toEqual([
    'error TABLE_UNKNOWN table.0.name',
    'error WATERMARK_VALUE table.0.cdc',
    'info ROWS_SCANNED table.0.name',
    'info ROWS_SCANNED table.0.name',
    'warning WATERMARK_INTEGER table.0.cdc.id',
  ]);
});

it('says of windows and orders without an index what each run looks at', async () => {
  const findings = await check([
    {
      table: {
        name: 'orders',
        cdc: { created_at: { mode: 'watermark' } },
        split_order: 'total',
      },
    },
  ]);
  expect(saying(findings).slice(0, 2)).toEqual([
    'warning WINDOW_UNINDEXED table.0.cdc.created_at',
    'warning SPLIT_UNINDEXED table.0.split_order',
  ]);
  const [window, order] = findings.filter(({ scope }) => scope === 'spec');
  expect(window!.message).toContain('about 100 rows of orders');
  // What is to be pasted is a statement that this server takes, and then there is nothing to say any more.
  await here.database.connection.query(`${window!.remedy!.text} ${order!.remedy!.text}`);
  const again = await check([
    { table: { name: 'orders', cdc: { created_at: { mode: 'watermark' } }, split_order: 'total' } },
  ]);
  expect(saying(again)).toEqual(['info ROWS_SCANNED table.0.name']);
});

it('says once what the account lacks for all watermarks', async () => {
  const table = { name: 'orders', cdc: { updated_at: { mode: 'watermark' } } };
  const findings = await check([
    { task_name: 'one', table },
    { task_name: 'two', table },
    { task_name: 'three', table: { name: 'customers' } },
  ]);
  const [hidden, ...others] = findings.filter(({ code }) => code === 'TRANSACTIONS_HIDDEN');
  expect(hidden).toMatchObject({ severity: 'warning', scope: 'source', tasks: ['one', 'two'] });
  expect(others).toEqual([]);
  expect(saying(findings).filter((said) => !said.startsWith('info'))).toEqual([]);
  await here.database.connection.query(hidden!.remedy!.text);
});

it('says that replica_lag needs a privilege, whose GRANT helps', async () => {
  const gentle = { task_name: 'gentle', table: { name: 'customers' }, max_load: { replica_lag: '30s' } };
  const ofReplication = (findings: readonly Finding[]) =>
    findings.find(({ code }) => code === 'REPLICATION_HIDDEN');
  const hidden = ofReplication(await check([gentle]));
  expect(hidden).toMatchObject({ severity: 'error', scope: 'source', tasks: ['gentle'] });
  const [account] = /'rd.*'/.exec(hidden!.remedy!.text)!;
  await here.database.connection.query(hidden!.remedy!.text);
  const [rows] = await here.database.connection.query<RowDataPacket[]>(`SHOW GRANTS FOR ${account}`);
  expect(JSON.stringify(rows)).toMatch(/SLAVE MONITOR|REPLICATION CLIENT/);
});

it('looks at custom queries and views as the server plans them', async () => {
  const query = (where: string) => ({
    query: {
      custom: `SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer WHERE ${where}`,
    },
  });
  const findings = await check([
    query('o.updated_at + INTERVAL 0 DAY > :from AND o.updated_at <= :to AND o.total <> 17'),
    query('o.nothing = 1'),
    { table: { name: 'totals' } },
  ]);
  const said = saying(findings);
  expect(said).toContain('error COLUMN_UNKNOWN query.custom');
  expect(said.some((one) => /^(warning QUERY_SCANS|info ROWS_SCANNED) query\.custom$/.test(one))).toBe(true);
  const refused = findings.find(({ code }) => code === 'EXPLAIN_REFUSED');
  expect(refused).toMatchObject({
    severity: 'warning',
    remedy: { kind: 'sql', text: expect.stringMatching(/^GRANT SELECT, SHOW VIEW ON /) as string },
  });
});

it('says once that a server is gone, with the tasks that could not be looked at', async () => {
  const proxy = await startTcpProxy({ host: here.database.host, port: here.database.port });
  proxy.onBytes(6000, () => proxy.cut());
  const specs = Array.from({ length: 20 }, (_, n) => ({ task_name: `t${n}`, table: { name: 'orders' } }));
  const findings = await check(specs, ['*'], { port: proxy.port, tls: 'disabled' });
  await proxy.stop();
  const [lost, ...others] = findings.filter(({ severity }) => severity === 'error');
  expect(lost).toMatchObject({ scope: 'source', name: 'mysql' });
  // The second, where the cut hits a connection that is being made.
  expect(['CONNECTION_LOST', 'SERVER_UNREACHABLE']).toContain(lost!.code);
  expect(lost!.tasks.length).toBeGreaterThan(0);
  expect(others).toEqual([]);
});
