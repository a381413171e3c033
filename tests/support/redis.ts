/**
 * A redis-server of a test's own: on a free port of 127.0.0.1, with a password, its files in a temporary folder. It can
 * be killed at any moment and started again where it was, as a machine that fails and comes back.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis, type RedisOptions as ClientOptions } from 'ioredis';
import { makeCertificate } from './certificate.ts';
import { freePort, startGuarded, type GuardedProcess } from './guarded.ts';

const FETCHED = path.join(import.meta.dirname, '../../node_modules/.cache/redis');

export interface TestRedis {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly password: string;
  /** With the password in it. */
  readonly url: string;
  /** PEM file of the authority that vouches for it; null: it has no TLS. */
  readonly authority: string | null;
  /** Kills the server with SIGKILL. What it had not written to its log of changes is lost. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with what it had kept. */
  start(): Promise<void>;
  /** Every key and all that is kept under it, as text: where secrets must not turn up. */
  dump(): Promise<string>;
  /** Kills it, where it runs, and removes its folder. */
  stop(): Promise<void>;
}

export interface RedisOptions {
  /** Whether every change is on the disk before it is answered. Otherwise nothing survives a kill. Default: true. */
  readonly durable?: boolean;
  /** Whether it speaks TLS, and nothing else. Default: false. */
  readonly tls?: boolean;
}

/** @throws Error that says what is missing. */
export async function startRedis({ durable = true, tls = false }: RedisOptions = {}): Promise<TestRedis> {
  const data = mkdtempSync(path.join(tmpdir(), 'tidemark-redis-data-'));
  const port = await freePort();
  const password = `p@ss/${randomBytes(12).toString('hex')}`;
  const config = path.join(data, 'redis.conf');
  if (tls) makeCertificate(data);
  const authority = tls ? path.join(data, 'ca.pem') : null;
  writeFileSync(config, settings({ data, port, password, durable, tls }), { mode: 0o600 });
  const login: ClientOptions = {
    host: '127.0.0.1',
    port,
    password,
    ...(authority === null ? {} : { tls: { ca: readFileSync(authority) } }),
  };
  const program = serverProgram();
  let server: GuardedProcess | null = null;
  const start = async (): Promise<void> => {
    // Of its own for each start: the guard removes it, and the data stays.
    const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-redis-'));
    server = await startGuarded(folder, [...program, config], () => answers(login));
  };
  const kill = async (): Promise<void> => {
    await server?.stop();
    server = null;
  };
  await start();
  return {
    host: '127.0.0.1',
    port,
    password,
    url: `${tls ? 'rediss' : 'redis'}://:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    authority,
    kill,
    start,
    dump: () => dump(login),
    async stop() {
      await kill();
      execFileSync('rm', ['-rf', data]);
    },
  };
}

function serverProgram(): string[] {
  const fetched = path.join(FETCHED, 'bin/redis-server');
  if (existsSync(fetched)) return ['env', `LD_LIBRARY_PATH=${path.join(FETCHED, 'lib')}`, fetched];
  const found = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, 'redis-server'))
    .find((file) => existsSync(file));
  if (found === undefined) throw new Error('there is no redis-server: scripts/get-redis.sh fetches it');
  return [found];
}

function settings(of: {
  data: string;
  port: number;
  password: string;
  durable: boolean;
  tls: boolean;
}): string {
  const encrypted = {
    port: 0,
    'tls-port': of.port,
    'tls-cert-file': path.join(of.data, 'server.pem'),
    'tls-key-file': path.join(of.data, 'server.key'),
    'tls-ca-cert-file': path.join(of.data, 'ca.pem'),
    'tls-auth-clients': 'no',
  };
  return Object.entries({
    bind: '127.0.0.1',
    ...(of.tls ? encrypted : { port: of.port }),
    requirepass: of.password,
    dir: of.data,
    save: '""',
    appendonly: of.durable ? 'yes' : 'no',
    appendfsync: 'always',
    // What a queue must never lose to make room.
    'maxmemory-policy': 'noeviction',
  })
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}

async function answers(login: ClientOptions): Promise<void> {
  const client = new Redis({ ...login, lazyConnect: true, retryStrategy: null });
  // Told by `connect`, too.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.disconnect();
  }
}

async function dump(login: ClientOptions): Promise<string> {
  const client = new Redis(login);
  try {
    const entries = (await client.keys('*')).map(async (key) => `${key}: ${await valueOf(client, key)}`);
    return (await Promise.all(entries)).toSorted().join('\n');
  } finally {
    client.disconnect();
  }
}

async function valueOf(client: Redis, key: string): Promise<string> {
  const type = await client.type(key);
  switch (type) {
    case 'string':
      return String(await client.get(key));
    case 'hash':
      return JSON.stringify(await client.hgetall(key));
    case 'list':
      return JSON.stringify(await client.lrange(key, 0, -1));
    case 'set':
      return JSON.stringify(await client.smembers(key));
    case 'zset':
      return JSON.stringify(await client.zrange(key, 0, -1, 'WITHSCORES'));
    case 'stream':
      return JSON.stringify(await client.xrange(key, '-', '+'));
    case 'none': // It has expired meanwhile.
      return '';
    default:
      throw new Error(`${key} is a ${type}, which is not known here`);
  }
}
