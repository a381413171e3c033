/** What is said of the moment that several connections read as of. */
import { accountFindings } from '../../../src/check/account.ts';
import { ALL_ALONE, momentFindings, type MomentNeeds } from '../../../src/check/moment.ts';
import type { ServerFacts } from '../../../src/check-ports.ts';
import { serverFacts } from './sample.ts';

const found = (facts: Partial<ServerFacts>, needs: Partial<MomentNeeds>) =>
  momentFindings('mysql', serverFacts(facts), { ...ALL_ALONE, ...needs });
const brief = (facts: Partial<ServerFacts>, needs: Partial<MomentNeeds>) =>
  found(facts, needs).map(({ severity, code, tasks, remedy }) => [severity, code, tasks, remedy]);

const log = (obstacle: ServerFacts['log']['obstacle']): Pick<ServerFacts, 'log'> => ({
  log: { server: 'db', position: null, settled: false, obstacle },
});
const NO_LOG = log({ why: 'the server writes no binary log', remedy: 'Start it with log_bin.' });
const GRANT = "GRANT REPLICATION CLIENT ON *.* TO 'tm'@'%';";
const HIDDEN = log({ why: 'the account may not see it', remedy: `Run: ${GRANT}`, grant: GRANT });

it('says nothing where every task reads with one connection', () => {
  expect(found({}, {})).toEqual([]);
  expect(found(NO_LOG, {})).toEqual([]);
});

it('says what can be proved', () => {
  expect(brief({}, { best: ['a'], snapshot: ['b'] })).toEqual([['info', 'MOMENT', ['a', 'b'], null]]);
  expect(found({}, { best: ['a'] })[0]!.message).toContain('wherever nothing is committed');
  const server = { ...serverFacts().server, flavor: 'mariadb', version: '10.11.6' } as const;
  expect(found({ server }, { best: ['a'] })[0]!.message).toBe(
    'Several connections can prove that they read as of one moment.',
  );
});

it('is an error where a snapshot is asked for and cannot be proved, and else a warning', () => {
  const words = { kind: 'words', text: 'Start it with log_bin.' };
  expect(brief(NO_LOG, { best: ['a'], snapshot: ['b'] })).toEqual([
    ['error', 'MOMENT_UNPROVEN', ['b'], words],
    ['warning', 'MOMENT_UNPROVEN', ['a'], words],
  ]);
  expect(found(NO_LOG, { best: ['a'] })[0]!.message).toBe(
    'Several connections cannot prove that they read as of one moment: the server writes no binary log. Each then reads as of a moment of its own.',
  );
});

it('has the GRANT to paste', () => {
  expect(brief(HIDDEN, { best: ['a'] })).toEqual([
    ['warning', 'MOMENT_UNPROVEN', ['a'], { kind: 'sql', text: GRANT }],
  ]);
});

describe('a lock', () => {
  const may = (...grants: string[]): Partial<ServerFacts> => ({
    grants: grants.map((grant) => `GRANT ${grant} TO \`tm\`@\`%\``),
  });
  const refused = (facts: Partial<ServerFacts>): unknown[] =>
    brief(facts, { locked: ['a'], lockedQueries: ['q'] }).map(([severity, , tasks, remedy]) => [
      severity,
      tasks,
      (remedy as { text: string }).text,
    ]);
  const TABLES = ['error', ['a'], "GRANT LOCK TABLES ON `hr`.* TO 'tm'@'%';"];
  const ALL = ['error', ['q'], "GRANT RELOAD, PROCESS ON *.* TO 'tm'@'%';"];

  it.each<[string, Partial<ServerFacts>, unknown[]]>([
    ['nothing', {}, [TABLES, ALL]],
    ['its tables', may('LOCK TABLES, SELECT ON `hr`.*'), [ALL]],
    ['tables of another database', may('LOCK TABLES ON `sales`.*'), [TABLES, ALL]],
    ['its tables, the name written as a pattern', may('LOCK TABLES ON `h%`.*'), [TABLES, ALL]],
    ['all of the database', may('ALL PRIVILEGES ON `hr`.*'), [ALL]],
    ['all tables', may('LOCK TABLES ON *.*'), [ALL]],
    ['all, and may see what runs', may('RELOAD, PROCESS ON *.*'), []],
    ['all, by the newer privilege', may('FLUSH_TABLES, PROCESS ON *.*'), []],
    ['all, and may not see what runs', { ...may('RELOAD ON *.*'), seesTransactions: false }, [TABLES, ALL]],
    ['what comes by a role', may('`reader`@`%`'), []],
  ])('is tried on no server: the grants tell whether the account may lock %s', (_, facts, expected) => {
    expect(refused(facts)).toEqual(expected);
  });

  it('needs no more than RELOAD on a MariaDB', () => {
    const server = { ...serverFacts().server, flavor: 'mariadb', version: '10.11.6' } as const;
    expect(refused({ ...may('RELOAD ON *.*'), seesTransactions: false, server })).toEqual([]);
  });

  it('is nothing too much for the account of a task that asks for it', () => {
    const facts = serverFacts(may('SELECT, LOCK TABLES ON `hr`.*', 'RELOAD ON *.*'));
    expect(accountFindings('mysql', facts, false, true)).toEqual([]);
    expect(accountFindings('mysql', facts, false)).toHaveLength(1);
  });
});
