/** What a server is asked for its horizon, and what becomes of answers that a server of the tests does not give. */
import type { ServerIdentity } from '../../../../src/domain/plan.ts';
import { TidemarkError } from '../../../../src/errors.ts';
import type { Session } from '../../../../src/sources/mysql/connect.ts';
import { readHorizon } from '../../../../src/sources/mysql/read-horizon.ts';

const NEVER = new AbortController().signal;
const CONTEXT = { host: 'db', port: 3306, user: 'u', database: 'hr', account: 'tide@10.0.0.%' };
const REFUSED = new TidemarkError('PRIVILEGE_MISSING', 'Access denied');
const OURS = { thread: '9', ours: 1, started: '1800000000', modified: '0', read_only: 1, text: null };
const PREPARED = { thread: '0', ours: 0, started: '1799999000', modified: '1', read_only: 0, text: null };

type Answer = readonly object[] | Error;

/** A session whose server answers a statement by how it begins, or by what it reads; to all others, with nothing. */
function sessionOn(answers: Readonly<Record<string, Answer>>): { session: Session; asked: string[] } {
  const asked: string[] = [];
  const query = async (sql: string): Promise<object[]> => {
    asked.push(sql);
    const known = { 'SELECT UNIX_TIMESTAMP': [{ now: '1800000000.000042' }], INNODB_TRX: [OURS], ...answers };
    const [, answer = []] = Object.entries(known).find(([part]) => sql.includes(part)) ?? [];
    if (answer instanceof Error) throw answer;
    return [...answer];
  };
  return { session: { context: CONTEXT, broken: false, query } as unknown as Session, asked };
}

const server = (version: string, flavor: ServerIdentity['flavor'] = 'mysql'): ServerIdentity => ({
  host: 'db',
  port: 3306,
  database: 'hr',
  version,
  flavor,
});

it('asks for clock, statements and transactions in this order, and leaves the session as it was', async () => {
  const { session, asked } = sessionOn({});
  expect(await readHorizon(session, server('8.4.0'), NEVER)).toEqual({
    now: 1_800_000_000_000_042n,
    oldestWrite: null,
    blind: null,
  });
  expect(
    asked.map((sql) => /NOW\(6\)|PROCESSLIST|INNODB_TRX|^(SET|START|COMMIT|SHOW).*/.exec(sql)?.[0]),
  ).toEqual([
    'NOW(6)',
    'PROCESSLIST',
    "SET time_zone = 'SYSTEM'",
    'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
    'INNODB_TRX',
    'COMMIT',
    "SET time_zone = '+00:00'",
    'SHOW REPLICA STATUS',
  ]);
});

it.each([
  ['5.6.24-log', 'mysql', 'SHOW SLAVE STATUS', 'Seconds_Behind_Master'],
  ['8.0.36', 'mysql', 'SHOW SLAVE STATUS', 'Seconds_Behind_Master'],
  ['8.4.0', 'mysql', 'SHOW REPLICA STATUS', 'Seconds_Behind_Source'],
  ['9.7.4', 'mysql', 'SHOW REPLICA STATUS', 'Seconds_Behind_Source'],
  ['10.11.19-MariaDB', 'mariadb', 'SHOW ALL SLAVES STATUS', 'Seconds_Behind_Master'],
] as const)('asks %s how far its replication is behind', async (version, flavor, sql, column) => {
  const { session } = sessionOn({ [sql]: [{ [column]: '3' }, { [column]: 90 }] });
  const { oldestWrite, blind } = await readHorizon(session, server(version, flavor), NEVER);
  expect(oldestWrite).toBe(1_799_999_909_000_042n);
  expect(blind).toMatch(/^The server is a replica/);
  const stopped = sessionOn({ [sql]: [{ [column]: null }] }).session;
  await expect(readHorizon(stopped, server(version, flavor), NEVER)).rejects.toMatchObject({
    code: 'REPLICATION_STOPPED',
    retryable: true,
  });
});

it('needs no privilege to ask for replication', async () => {
  const { session } = sessionOn({ 'SHOW REPLICA STATUS': REFUSED });
  expect((await readHorizon(session, server('9.7.4'), NEVER)).blind).toBeNull();
});

it('names the account in the GRANT, and puts the zone back', async () => {
  const { session, asked } = sessionOn({ INNODB_TRX: REFUSED });
  const { blind } = await readHorizon(session, server('9.7.4'), NEVER);
  expect(blind).toMatch(/: GRANT PROCESS ON \*\.\* TO 'tide'@'10\.0\.0\.%';$/);
  expect(asked).toContain("SET time_zone = '+00:00'");
});

it.each(['INNODB_TRX', 'PROCESSLIST', 'SHOW REPLICA STATUS'])(
  'fails where %s fails otherwise',
  async (part) => {
    const lost = new TidemarkError('CONNECTION_LOST', 'gone');
    const { session } = sessionOn({ [part]: lost });
    await expect(readHorizon(session, server('9.7.4'), NEVER)).rejects.toBe(lost);
  },
);

it('ends with the run while it waits for InnoDB to show the present', async () => {
  const { session, asked } = sessionOn({ INNODB_TRX: [] });
  const reading = readHorizon(session, server('9.7.4'), AbortSignal.abort());
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  expect(asked.at(-1)).toBe("SET time_zone = '+00:00'");
});

it.each([
  // Up for 1000 seconds: since just when the transaction is said to have begun.
  ['is older than the server', '1000', /^A prepared XA transaction is older than the last start/],
  ['is younger', '100000', null],
])('says so where a prepared transaction %s', async (_, uptime, said) => {
  const { session } = sessionOn({ INNODB_TRX: [OURS, PREPARED], Uptime: [{ Value: uptime }] });
  const { oldestWrite, blind } = await readHorizon(session, server('9.7.4'), NEVER);
  expect(oldestWrite).toBe(1_799_998_999_000_000n);
  if (said === null) expect(blind).toBeNull();
  else expect(blind).toMatch(said);
});
