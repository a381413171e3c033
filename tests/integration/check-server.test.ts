/** What a server tells an account of itself: users of various grants, indexes of various kinds, on a real server. */
import type { RowDataPacket } from 'mysql2/promise';
import { accountFindings } from '../../src/check/account.ts';
import type { ServerFacts, ServerProbe } from '../../src/check-ports.ts';
import { probeServer } from '../../src/sources/mysql/probe.ts';
import { NEVER } from '../support/installation.ts';
import {
  freshDatabase,
  grantReader,
  serverVersion,
  sourceOptionsOf,
  type TestDatabase,
} from '../support/mysql.ts';

let database: TestDatabase;
let server: Awaited<ReturnType<typeof serverVersion>>;
beforeAll(async () => {
  database = await freshDatabase();
  server = await serverVersion(database);
  await database.connection.query(
    `CREATE TABLE orders (
       id INT PRIMARY KEY, customer INT NOT NULL, note VARCHAR(100), created_at DATETIME,
       UNIQUE KEY by_customer (customer, created_at), KEY by_note (note(10)), FULLTEXT KEY words (note)
     ) ENGINE=InnoDB;
     CREATE VIEW seen AS SELECT * FROM orders;
     INSERT INTO orders VALUES (1, 1, 'a', '2026-01-01'), (2, 1, 'b', '2026-01-02'), (3, 2, 'c', NULL)`,
  );
});
afterAll(() => database.drop());

/** Asks as a new user that may do this, or as the administrator. */
async function asking<T>(
  grants: readonly string[] | null,
  look: (probe: ServerProbe) => Promise<T>,
): Promise<T> {
  const reader = grants === null ? {} : await grantReader(database, []);
  for (const grant of grants ?? []) {
    const account = `'${(reader as { user: string }).user}'@'%'`;
    await database.connection.query(`GRANT ${grant.replace('DB', database.name)} TO ${account}`);
  }
  const probe = await probeServer({ ...sourceOptionsOf(database), ...reader }, NEVER);
  try {
    return await look(probe);
  } finally {
    await probe.close();
  }
}

const factsOf = (...grants: string[]): Promise<ServerFacts> =>
  asking(['SELECT ON DB.*', ...grants], (probe) => probe.facts());

/** Codes and statements of what the account should not have, with its name left out. */
const excessOf = ({ account, ...facts }: ServerFacts): string[] =>
  accountFindings('mysql', { account, ...facts }, false).flatMap(({ code, remedy }) => [
    code,
    ...(remedy?.text ?? '').replaceAll(/[`']rd\w+[`']@[`']%[`']/g, 'USER').split('\n'),
  ]);

describe('an account', () => {
  it('that only reads sees neither transactions nor replication, and has nothing too much', async () => {
    const facts = await factsOf();
    expect(facts).toMatchObject({ seesTransactions: false, replication: 'hidden', readOnly: false });
    expect(facts.account).toMatch(/^'rd\w+'@'%'$/);
    expect(excessOf(facts)).toEqual([]);
  });

  it('with PROCESS sees transactions', async () => {
    const facts = await factsOf('PROCESS ON *.*', 'SHOW VIEW ON DB.*');
    expect(facts.seesTransactions).toBe(true);
    expect(excessOf(facts)).toEqual([]);
  });

  it('that may ask for replication learns that there is none', async () => {
    const isMariaDb = server.flavor === 'mariadb';
    const facts = await factsOf(isMariaDb ? 'SLAVE MONITOR ON *.*' : 'REPLICATION CLIENT ON *.*');
    expect(facts.replication).toBe('none');
    expect(excessOf(facts)).toEqual([]);
  });

  it('is told by the server whether its log can be relied on', async () => {
    const { log } = await factsOf();
    const all = await asking(null, (probe) => probe.facts());
    const [rows] = await database.connection.query<RowDataPacket[]>("SHOW GLOBAL VARIABLES LIKE 'gtid_mode'");
    if (server.flavor === 'mariadb' || rows[0]?.['Value'] === 'ON') return expect(log.obstacle).toBeNull();
    expect(log.obstacle!.grant).toMatch(/^GRANT REPLICATION CLIENT ON \*\.\* TO 'rd\w+'@'%';$/);
    expect(all.log.obstacle === null).toBe(server.version[0] >= 8);
  });

  it('that writes is told which statements take that away, and they do', async () => {
    const facts = await factsOf('INSERT, UPDATE (note) ON DB.orders', 'FILE ON *.*');
    const [finding] = accountFindings('mysql', facts, false);
    expect(finding!.message).toMatch(/FILE on \*\.\*; .*INSERT, UPDATE \(note\) on \w+\.orders/);
    await database.connection.query(finding!.remedy!.text);
    const [rows] = await database.connection.query<RowDataPacket[]>(`SHOW GRANTS FOR ${facts.account}`);
    const grants = rows.map((row) => String(Object.values(row)[0]));
    expect(accountFindings('mysql', { ...facts, grants }, false)).toEqual([]);
  });

  it('with all of its database keeps reading it', async () => {
    const facts = await asking(['ALL PRIVILEGES ON DB.*'], (probe) => probe.facts());
    expect(excessOf(facts)).toEqual([
      'GRANTS_EXCESSIVE',
      `REVOKE ALL PRIVILEGES ON \`${database.name}\`.* FROM USER;`,
      `GRANT SELECT, SHOW VIEW ON \`${database.name}\`.* TO USER;`,
    ]);
  });

  it('that reads every database is told so', async () => {
    const facts = await asking(['SELECT ON *.*'], (probe) => probe.facts());
    expect(excessOf(facts)[0]).toBe('GRANTS_ALL_DATABASES');
  });

  it('that administers the server is to be another one', async () => {
    const facts = await asking(null, (probe) => probe.facts());
    expect(excessOf(facts)[1]).toMatch(/^CREATE USER 'tidemark'@/);
  });

  it('that writes by a role is told to look there', async () => {
    const [major] = server.version;
    const role = `rl${database.name.slice(-10)}`;
    const { connection } = database;
    const made = connection.query(`CREATE ROLE ${role}`);
    if (server.flavor === 'mysql' && major < 8) {
      await expect(made).rejects.toThrow('syntax');
      return;
    }
    await made;
    const facts = await asking(['SELECT ON DB.*'], async (probe) => {
      const { account } = await probe.facts();
      await connection.query(`GRANT DELETE ON ${database.name}.* TO ${role}; GRANT ${role} TO ${account}`);
      await connection.query(
        `SET DEFAULT ROLE ${role} ${server.flavor === 'mariadb' ? 'FOR' : 'TO'} ${account}`,
      );
      const [user] = /rd\w+/.exec(account)!;
      // Roles come into force with the next login.
      await connection.query(
        server.flavor === 'mariadb'
          ? `SET PASSWORD FOR ${account} = PASSWORD('again')`
          : `ALTER USER ${account} IDENTIFIED BY 'again'`,
      );
      const again = await probeServer({ ...sourceOptionsOf(database), user, password: 'again' }, NEVER);
      const found = await again.facts();
      await again.close();
      return found;
    });
    await connection.query(`DROP ROLE ${role}`);
    expect(excessOf(facts).slice(0, 2)).toEqual([
      'GRANTS_EXCESSIVE',
      '-- Revoke from the role what comes through a role.',
    ]);
    expect(excessOf(facts)[2]).toMatch(/^REVOKE DELETE ON /);
  });

  it('without a right to the server is refused at the door', async () => {
    const wrong = { ...sourceOptionsOf(database), user: 'rdnobody', password: 'x' };
    await expect(probeServer(wrong, NEVER)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });
});

it('tells which server it is and how the connection is encrypted', async () => {
  const facts = await factsOf();
  expect(facts.server).toMatchObject({ flavor: server.flavor, database: database.name });
  expect(facts.loopback).toBe(true);
  const [rows] = await database.connection.query<RowDataPacket[]>(
    "SELECT CONVERT_TZ('2026-01-01', 'UTC', 'Europe/Berlin') AS zoned",
  );
  expect(facts.namedZones).toBe(rows[0]!['zoned'] !== null);
  const plain = await probeServer({ ...sourceOptionsOf(database), tls: 'disabled' }, NEVER);
  expect((await plain.facts()).tls).toBeNull();
  await plain.close();
  if (server.flavor === 'mysql' && server.version[0] < 8) expect(facts.tls).toBeNull();
  else
    expect(facts.tls).toEqual({
      protocol: expect.stringMatching(/^TLSv1\.[23]$/) as string,
      cipher: expect.stringMatching(/./) as string,
    });
});

describe('indexes', () => {
  it('are those that keep an order, with their columns', async () => {
    await asking(['SELECT ON DB.*'], async (probe) => {
      expect(await probe.indexes('orders')).toEqual([
        { name: 'PRIMARY', unique: true, columns: [{ name: 'id', whole: true }] },
        {
          name: 'by_customer',
          unique: true,
          columns: [
            { name: 'customer', whole: true },
            { name: 'created_at', whole: true },
          ],
        },
        { name: 'by_note', unique: false, columns: [{ name: 'note', whole: false }] },
      ]);
    });
  });

  it('of a view are none', async () => {
    await asking(['SELECT ON DB.*'], async (probe) => expect(await probe.indexes('seen')).toEqual([]));
  });

  it('that the optimizer does not see are none', async () => {
    const [major, minor] = server.version;
    const hide =
      server.flavor === 'mariadb'
        ? major > 10 || minor >= 6
          ? 'IGNORED'
          : null
        : major >= 8
          ? 'INVISIBLE'
          : null;
    await database.connection.query(`CREATE TABLE hidden (id INT, KEY k (id) ${hide ?? ''})`);
    const found = await asking(['SELECT ON DB.*'], (probe) => probe.indexes('hidden'));
    expect(found.map(({ name }) => name)).toEqual(hide === null ? ['k'] : []);
  });
});

describe('EXPLAIN', () => {
  it('names each table that is read, how, and how many rows are looked at', async () => {
    await asking(['SELECT ON DB.*'], async (probe) => {
      expect(await probe.scan('SELECT * FROM orders WHERE note LIKE "%x"')).toEqual([
        { table: 'orders', access: 'ALL', index: null, rows: 3 },
      ]);
      const joined = await probe.scan(
        'SELECT * FROM (SELECT customer, COUNT(*) AS n FROM orders o GROUP BY customer) AS q',
      );
      expect(joined!.map(({ table }) => table)).toEqual(['o']);
    });
  });

  it('of a view is refused without SHOW VIEW', async () => {
    const scan = (probe: ServerProbe) => probe.scan('SELECT * FROM seen');
    expect(await asking(['SELECT ON DB.*'], scan)).toBeNull();
    expect(await asking(['SELECT, SHOW VIEW ON DB.*'], scan)).toHaveLength(1);
  });
});
