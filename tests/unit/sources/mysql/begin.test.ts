/** What a snapshot is marked with, by answers that a real server gives seldom. The real ones: integration/agree. */
import { beginSnapshot, countsCommits } from '../../../../src/sources/mysql/begin.ts';
import type { Session } from '../../../../src/sources/mysql/connect.ts';
import { NEVER } from '../../../support/installation.ts';

const AT = { host: 'db', port: 3306, database: 'shop' };
const MARIADB = { ...AT, flavor: 'mariadb', version: '10.11.19-MariaDB' } as const;

interface Answers {
  /** Of SHOW STATUS, one after the other; the last is repeated. */
  readonly places: readonly string[];
  readonly commits?: string | null;
  readonly settings?: Readonly<Record<string, string>>;
}

function sessionOf({ places, commits = '7', settings = { log_slave_updates: 'ON' } }: Answers) {
  const asked: string[] = [];
  let looks = 0;
  const query = async (sql: string) => {
    asked.push(sql);
    if (sql.includes('server\\_uuid')) return [{ Value: 'here' }];
    if (sql.includes('@tidemark_commits AS')) return [{ commits }];
    if (sql.includes('log_slave_updates'))
      return Object.entries(settings).map(([name, Value]) => ({ Variable_name: name, Value }));
    if (sql.includes('Slaves')) return [{ Value: settings['replicas'] ?? '0' }];
    if (!sql.includes('snapshot')) return [];
    const [file, position] = places[Math.min(looks++, places.length - 1)]!.split(':');
    return [
      { Variable_name: 'Binlog_snapshot_file', Value: file },
      { Variable_name: 'Binlog_snapshot_position', Value: position },
    ];
  };
  return { asked, session: { query, broken: false } as unknown as Session };
}

const marked = (answers: Answers) => beginSnapshot(sessionOf(answers).session, MARIADB, NEVER);

it('takes the place that is told twice in a row', async () => {
  const places = ['log.1:10', 'log.1:99', 'log.1:10', 'log.1:10', 'log.1:99'];
  expect(await marked({ places })).toEqual({ server: 'here', commits: '7', position: 'log.1:10' });
});

it('knows nothing where it is told another place each time', async () => {
  const places = Array.from({ length: 100 }, (_, index) => `log.1:${index}`);
  expect(await marked({ places })).toEqual({ server: 'here', commits: null, position: null });
});

it('does not count on commits of a server without a log, or that applies what is not in its log', async () => {
  const nothing = { server: 'here', commits: null, position: null };
  expect(await marked({ places: [':0'], commits: '0' })).toEqual(nothing);
  const galera = { log_slave_updates: 'OFF', wsrep_on: 'ON' };
  expect(await marked({ places: ['log.1:10'], settings: galera })).toEqual(nothing);
  const replica = { log_slave_updates: 'OFF', replicas: '1' };
  expect(await marked({ places: ['log.1:10'], settings: replica })).toEqual(nothing);
});

it('says that it does not know how many commits the snapshot shows where none was without some around', async () => {
  expect(await marked({ places: ['log.1:10'], commits: null })).toMatchObject({
    commits: null,
    position: 'log.1:10',
  });
});

it.each([
  ['mariadb', '10.11.19-MariaDB-log', true],
  ['mariadb', '10.1.0', true],
  ['mariadb', '10.0.38-MariaDB', false],
  ['mariadb', '5.5.68-MariaDB', false],
  ['mariadb', '12.0.2-MariaDB', true],
  ['mysql', '10.1.0', false],
] as const)('has a %s %s count its commits, or not', async (flavor, version, expected) => {
  expect(countsCommits({ ...AT, flavor, version })).toBe(expected);
  const { session, asked } = sessionOf({ places: ['log.1:10'] });
  const { commits } = await beginSnapshot(session, { ...AT, flavor, version }, NEVER);
  expect(commits).toBe(expected ? '7' : null);
  expect(asked.includes('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')).toBe(!expected);
});
