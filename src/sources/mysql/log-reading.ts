/**
 * Where a server's log of changes stands, and whether that tells anything about what its snapshots show.
 *
 * What is relied on (docs/decisions/0017-one-moment.md): MySQL writes a transaction to the binary log, then lets others
 * see it, then adds its GTID to `gtid_executed`. From before the first step until after the last, `gtid_owned` or
 * `Ongoing_anonymous_transaction_count` counts it. MySQL 5.6 adds the GTID in the first step.
 *
 * https://dev.mysql.com/doc/refman/8.4/en/replication-options-gtids.html
 */
import type { RowDataPacket } from 'mysql2';
import type { ServerIdentity } from '../../domain/plan.ts';
import { TidemarkError } from '../../errors.ts';
import type { LogReading, Obstacle } from '../../lane-ports.ts';
import { appliesUnlogged, countsCommits, nameOf } from './begin.ts';
import type { Session } from './connect.ts';
import { grantee } from './errors.ts';
import { replicationSql } from './read-horizon.ts';

const VARIABLES = [
  'log_bin',
  'gtid_mode',
  'log_slave_updates',
  'log_replica_updates',
  'innodb_read_only',
  'wsrep_on',
];

const LOCKED_INSTEAD = '"consistency": "locked" needs no log.';

/** Asks over a session that is in no transaction. @throws TidemarkError of the connection. */
export async function readLog(session: Session, server: ServerIdentity): Promise<LogReading> {
  const name = await nameOf(session);
  const unknown = (obstacle: Obstacle): LogReading => ({
    server: name,
    position: null,
    settled: false,
    obstacle,
  });
  const variables = await variablesOf(session);
  if (!isOn(variables.get('log_bin'))) {
    return unknown({
      why: 'the server writes no binary log',
      remedy: `Start it with log_bin. ${LOCKED_INSTEAD}`,
    });
  }
  const status = await unlessDenied(session, logStatusSql(server));
  const obstacle =
    filterObstacle(status) ?? (await unloggedObstacle(session, server, variables, status !== null));
  if (obstacle !== null) return unknown(obstacle);
  if (server.flavor === 'mariadb') {
    // Each of its snapshots knows by itself what it shows.
    if (countsCommits(server)) return { server: name, position: null, settled: true, obstacle: null };
    return unknown({
      why: 'this version of MariaDB does not let sessions count commits',
      remedy: `Upgrade to 10.1 or newer. ${LOCKED_INSTEAD}`,
    });
  }
  if (variables.get('gtid_mode') === 'ON') return { server: name, ...(await gtids(session)), obstacle: null };
  if (status === null) return unknown(hiddenLog(session));
  const underWay = await session.query("SHOW GLOBAL STATUS LIKE 'Ongoing\\_anonymous\\_transaction\\_count'");
  if (underWay[0] === undefined) {
    return unknown({
      why: 'this version of MySQL does not say whether commits are under way',
      remedy: `Set gtid_mode = ON, or upgrade to 5.7.6 or newer. ${LOCKED_INSTEAD}`,
    });
  }
  // The position was asked for before: whatever was in the log by then is in plain sight by now, or counted here. Where
  // `gtid_mode` is permissive, some have a GTID, and are not among the anonymous ones.
  const [row] = status;
  return {
    server: name,
    position: `${row!['File']}:${row!['Position']}`,
    settled: Number(underWay[0]['Value']) === 0 && !(await ownsGtids(session)),
    obstacle: null,
  };
}

/** Whether commits are under way is looked at before and after, so that none slips through between two questions. */
async function gtids(session: Session): Promise<Pick<LogReading, 'position' | 'settled'>> {
  const before = await ownsGtids(session);
  const [row] = await session.query('SELECT @@global.gtid_executed AS executed');
  const after = await ownsGtids(session);
  return { position: String(row!['executed']).replace(/\s+/g, ''), settled: !before && !after };
}

/** Whether commits with a GTID are under way. */
async function ownsGtids(session: Session): Promise<boolean> {
  const [row] = await session.query('SELECT @@global.gtid_owned AS owned');
  return String(row!['owned']).trim() !== '';
}

async function variablesOf(session: Session): Promise<Map<string, string>> {
  const names = VARIABLES.map((name) => `'${name}'`).join(', ');
  const rows = await session.query(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names})`);
  return new Map(rows.map((row) => [String(row['Variable_name']).toLowerCase(), String(row['Value'])]));
}

function isOn(value: string | undefined): boolean {
  return value === 'ON' || value === '1';
}

/** What asks for the end of the binary log. */
function logStatusSql({ flavor, version }: ServerIdentity): string {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const isNew = flavor === 'mysql' && (major > 8 || (major === 8 && minor >= 4));
  return isNew ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS';
}

function filterObstacle(status: readonly RowDataPacket[] | null): Obstacle | null {
  const row = status?.[0];
  if (row === undefined || (row['Binlog_Do_DB'] === '' && row['Binlog_Ignore_DB'] === '')) return null;
  return {
    why: 'the server keeps some databases out of its binary log (binlog_do_db, binlog_ignore_db)',
    remedy: `Start it without these options. ${LOCKED_INSTEAD}`,
  };
}

/** Changes that come from other servers, and that this one applies without logging them. */
async function unloggedObstacle(
  session: Session,
  server: ServerIdentity,
  variables: ReadonlyMap<string, string>,
  mayAsk: boolean,
): Promise<Obstacle | null> {
  // Readers of Aurora: their rows change with the storage.
  if (isOn(variables.get('innodb_read_only'))) {
    return {
      why: 'the server is read-only and its rows are changed beneath it, without a log',
      remedy: 'Read from the writer, or with "parallelism": 1.',
    };
  }
  const setting = variables.has('log_replica_updates') ? 'log_replica_updates' : 'log_slave_updates';
  if (isOn(variables.get(setting))) return null;
  // A node of Galera applies what the others commit, and that is no replication to be seen.
  const isGalera = isOn(variables.get('wsrep_on'));
  // MySQL counts a GTID as executed whether the transaction is logged or not.
  if (!isGalera && variables.get('gtid_mode') === 'ON') return null;
  if (!isGalera && !(await appliesUnseen(session, server, mayAsk))) return null;
  return {
    why: `the server applies changes of others that it does not log (${setting} is OFF)`,
    remedy: `Start it with ${setting}. ${LOCKED_INSTEAD}`,
  };
}

async function appliesUnseen(session: Session, server: ServerIdentity, mayAsk: boolean): Promise<boolean> {
  if (server.flavor === 'mariadb') return appliesUnlogged(session);
  return mayAsk && (await session.query(replicationSql(server))).length > 0;
}

function hiddenLog(session: Session): Obstacle {
  const grant = `GRANT REPLICATION CLIENT ON *.* TO ${grantee(session.context)};`;
  return {
    why: 'the account may not see the position of the binary log, and the server has no GTIDs',
    remedy: `Run as an administrator: ${grant} or set gtid_mode = ON.`,
    grant,
  };
}

/** Null: the account may not. */
async function unlessDenied(session: Session, sql: string): Promise<RowDataPacket[] | null> {
  try {
    return await session.query(sql);
  } catch (error) {
    if (error instanceof TidemarkError && error.code === 'PRIVILEGE_MISSING') return null;
    throw error;
  }
}
