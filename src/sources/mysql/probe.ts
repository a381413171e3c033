/** What `check --connect` asks a server about itself and about an account. Reads no table. */
import type { RowDataPacket } from 'mysql2';
import type { ScanStep, ServerFacts, ServerProbe } from '../../check-ports.ts';
import type { ServerIdentity } from '../../domain/plan.ts';
import { TidemarkError } from '../../errors.ts';
import { connect, endSession, type MysqlSourceOptions, type Session } from './connect.ts';
import { grantee } from './errors.ts';
import { identify } from './identify.ts';
import { indexesOf } from './key-questions.ts';
import { readLog } from './log-reading.ts';
import { explainedSteps } from './metadata.ts';
import { replicationSql } from './read-horizon.ts';

/** @throws TidemarkError SERVER_UNREACHABLE, ACCESS_DENIED, DATABASE_UNKNOWN, TLS_FAILED … */
export async function probeServer(options: MysqlSourceOptions, signal: AbortSignal): Promise<ServerProbe> {
  const session = await connect(options, signal);
  try {
    const server = await identify(session);
    return {
      facts: () => serverFacts(session, server),
      indexes: (table) => indexesOf(session, table),
      scan: (sql) => scanOf(session, server, sql),
      close: () => endSession(session),
    };
  } catch (error) {
    session.connection.destroy();
    throw error;
  }
}

async function serverFacts(session: Session, server: ServerIdentity): Promise<ServerFacts> {
  const status = await session.query(
    "SHOW SESSION STATUS WHERE Variable_name IN ('Ssl_version', 'Ssl_cipher')",
  );
  const said = new Map(status.map((row) => [row['Variable_name'], String(row['Value'])]));
  const cipher = said.get('Ssl_cipher') ?? '';
  const grants = await session.query('SHOW GRANTS');
  const [row] = await session.query(
    "SELECT CONVERT_TZ('2026-01-01 00:00:00', 'UTC', 'Europe/Berlin') AS zoned, @@global.read_only AS read_only",
  );
  return {
    server,
    account: grantee(session.context),
    tls: cipher === '' ? null : { protocol: said.get('Ssl_version') ?? '', cipher },
    loopback: isLoopback(session),
    grants: grants.map((line) => String(Object.values(line)[0])),
    namedZones: row!['zoned'] !== null,
    // Not LIMIT 0: MariaDB then answers without looking at the privilege.
    seesTransactions:
      (await unlessDenied(session, 'SELECT 1 FROM information_schema.INNODB_TRX LIMIT 1')) !== null,
    replication: await replicationOf(session, server),
    log: await readLog(session, server),
    readOnly: !/^(0|OFF)$/i.test(String(row!['read_only'])),
  };
}

function isLoopback({ connection, context }: Session): boolean {
  const { stream } = connection as unknown as { stream: { remoteAddress?: string } };
  return /^(::ffff:)?127\.|^::1$|^localhost$/.test(stream.remoteAddress ?? context.host);
}

async function replicationOf(session: Session, server: ServerIdentity): Promise<ServerFacts['replication']> {
  const rows = await unlessDenied(session, replicationSql(server));
  if (rows === null) return 'hidden';
  return rows.length === 0 ? 'none' : 'replica';
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

async function scanOf(session: Session, server: ServerIdentity, sql: string): Promise<ScanStep[] | null> {
  let steps;
  try {
    steps = await explainedSteps(session, server, sql);
  } catch (error) {
    if (error instanceof TidemarkError && error.code === 'PRIVILEGE_MISSING') return null;
    throw error;
  }
  return steps
    .filter((step) => step['table'] !== null && !String(step['table']).startsWith('<'))
    .map((step) => ({
      table: step['table'],
      access: step['type'] ?? '',
      index: step['key'],
      rows: step['rows'] === null ? null : Number(step['rows']),
    }));
}
