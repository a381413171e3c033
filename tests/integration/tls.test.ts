/** Encryption of the connection, with a server that offers it and one that does not; and the ways to log in. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import type { MysqlSourceOptions } from '../../src/sources/mysql/connect.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { NEVER, testInstallation, type TestInstallation } from '../support/installation.ts';
import { grantReader, serverVersion } from '../support/mysql.ts';

let here: TestInstallation;
let folder: string;
/** PEM file of the server's authority; null: it has no TLS. */
let authority: string | null;
/** Whether the certificate names the server: those that MySQL makes for itself do not. */
let named: boolean;
let server: Awaited<ReturnType<typeof serverVersion>>;

beforeAll(async () => {
  here = await testInstallation();
  server = await serverVersion(here.database);
  folder = mkdtempSync(path.join(tmpdir(), 'tidemark-tls-'));
  named = process.env['TEST_MYSQL_CA'] !== undefined;
  authority = process.env['TEST_MYSQL_CA'] ?? (await ownAuthority());
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await here.close();
});

/** A running server keeps it in its data folder. */
async function ownAuthority(): Promise<string | null> {
  const [rows] = await here.database.connection.query<RowDataPacket[]>(
    "SHOW VARIABLES WHERE Variable_name IN ('datadir', 'ssl_ca')",
  );
  const found = Object.fromEntries(rows.map((row) => [row['Variable_name'], row['Value']])) as Record<
    string,
    string
  >;
  return found['ssl_ca'] ? path.resolve(found['datadir']!, found['ssl_ca']) : null;
}

/** The cipher of a session with these options, as the server has it; empty where it is not encrypted. */
async function cipher(options: Partial<MysqlSourceOptions>): Promise<string> {
  const snapshot = await mysqlSource({ ...here.source, ...options }).open(NEVER);
  const found: string[] = [];
  // A status variable is not in reach of a SELECT on every server; SHOW gives a result of two columns.
  const columns = ['Variable_name', 'Value'].map(
    (name) => ({ name, mysqlType: '', nullable: true, kind: 'text' }) as const,
  );
  await snapshot.rows(
    "SHOW SESSION STATUS LIKE 'Ssl_cipher'",
    columns,
    (packet, start) => {
      const value = start + 1 + packet[start]!;
      found.push(packet.toString('latin1', value + 1, value + 1 + packet[value]!));
    },
    NEVER,
  ).done;
  await snapshot.close();
  return found[0]!;
}

const open = async (options: Partial<MysqlSourceOptions>): Promise<void> =>
  (await mysqlSource({ ...here.source, ...options }).open(NEVER)).close();

it('preferred: is encrypted where the server can', async () => {
  expect((await cipher({ tls: 'preferred' })) === '').toBe(authority === null);
});

it('disabled: is not', async () => {
  expect(await cipher({ tls: 'disabled' })).toBe('');
});

it('required: is encrypted, or no connection', async () => {
  if (authority === null) {
    await expect(open({ tls: 'required' })).rejects.toMatchObject({ code: 'TLS_FAILED', retryable: false });
  } else expect(await cipher({ tls: 'required' })).not.toBe('');
});

it('verify: with the authority, and only where the certificate names the host', async () => {
  if (authority === null || !named) {
    await expect(open({ tls: 'verify', tlsCa: authority })).rejects.toMatchObject({ code: 'TLS_FAILED' });
  } else {
    expect(await cipher({ tls: 'verify', tlsCa: authority })).not.toBe('');
    expect(await cipher({ tls: 'verify', tlsCa: authority, host: 'localhost' })).not.toBe('');
  }
});

it('verify: not with another authority, nor with those of the system', async () => {
  const other = path.join(folder, 'other.pem');
  const request = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout';
  const keyFile = path.join(folder, 'other-key.pem');
  execFileSync('openssl', [...request.split(' '), keyFile, '-out', other], { stdio: 'ignore' });
  await expect(open({ tls: 'verify', tlsCa: other })).rejects.toMatchObject({ code: 'TLS_FAILED' });
  await expect(open({ tls: 'verify' })).rejects.toMatchObject({ code: 'TLS_FAILED' });
});

it('an authority that cannot be read is named', async () => {
  const missing = path.join(folder, 'missing.pem');
  await expect(open({ tls: 'verify', tlsCa: missing })).rejects.toMatchObject({
    code: 'TLS_FAILED',
    message: expect.stringContaining(missing),
  });
  const empty = path.join(folder, 'empty.pem');
  writeFileSync(empty, 'no certificate');
  expect(readFileSync(empty, 'utf8')).toBe('no certificate');
  await expect(open({ tls: 'verify', tlsCa: empty })).rejects.toMatchObject({ code: 'TLS_FAILED' });
});

it('logs in by the server’s own method, encrypted or not', async () => {
  const reader = await grantReader(here.database);
  const [rows] = await here.database.connection.query<RowDataPacket[]>(
    `SELECT plugin FROM mysql.user WHERE user = '${reader.user}'`,
  );
  const modern = server.flavor === 'mysql' && server.version[0] >= 8;
  expect(rows[0]!['plugin'] === 'caching_sha2_password').toBe(modern);
  // The first login of an account takes the long way, the second the server's cache.
  for (const tls of ['disabled', 'disabled', 'preferred'] as const) await open({ ...reader, tls });
  await here.database.connection.query(
    server.version[0] === 5
      ? `SET PASSWORD FOR '${reader.user}'@'%' = PASSWORD('sécrèt \\'"')`
      : `ALTER USER '${reader.user}'@'%' IDENTIFIED BY 'sécrèt \\'"'`,
  );
  for (const tls of ['preferred', 'disabled'] as const)
    await open({ user: reader.user, password: 'sécrèt \'"', tls });
  await expect(open({ ...reader })).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
});
