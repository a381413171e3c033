/** deploy/compose.scaling.yaml, laid over compose.yaml. Nothing is started: that takes a Docker daemon. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';

interface Service {
  readonly command?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly deploy?: { readonly replicas: number };
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets?: Readonly<Record<string, unknown>>;
}

const DEPLOY = path.join(import.meta.dirname, '../../deploy');
const read = (name: string): Compose =>
  parse(readFileSync(path.join(DEPLOY, name), 'utf8'), { strict: true, merge: true }) as Compose;
const below = read('compose.yaml');
const { services } = read('compose.scaling.yaml');

it('adds three workers and Valkey to a daemon, MySQL and a bucket', () => {
  expect(Object.keys(services).toSorted()).toEqual(['tidemark', 'valkey', 'worker']);
  expect(Object.keys(below.services)).toEqual(expect.arrayContaining(['tidemark', 'mysql', 'minio']));
  expect(services['worker']).toMatchObject({ command: ['worker'], deploy: { replicas: 3 } });
});

it('names only services and secrets that there are', () => {
  const all = { ...below.services, ...services };
  for (const service of Object.values(services)) {
    for (const other of Object.keys(service.depends_on ?? {})) expect(Object.keys(all)).toContain(other);
    for (const secret of service.secrets ?? []) expect(Object.keys(below.secrets!)).toContain(secret);
  }
});

it.each(['tidemark', 'worker'])(
  'gives %s the settings of a queue, by names that the config knows',
  (name) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-scaling-'));
    const file = path.join(folder, 'config.json');
    const sources = { mysql: { user: 'u', database: 'd' } };
    writeFileSync(file, JSON.stringify({ sources, sinks: { s3: { bucket: 'b' } } }));
    const env = Object.fromEntries(
      Object.entries(services[name]!.environment ?? {}).map(([key, text]) => [
        key,
        text.replace(/\$\{VALKEY_PASSWORD:\?[^}]*\}/, 'a-password'),
      ]),
    );
    expect(loadConfig({ file, env }).executor).toMatchObject({
      type: 'bullmq',
      url: 'redis://:a-password@valkey:6379',
    });
    rmSync(folder, { recursive: true });
  },
);

it('has Valkey keep what it has answered, and throw nothing out', () => {
  const [, , command] = services['valkey']!.command!;
  expect(command).toContain('--appendonly yes');
  expect(command).toContain('--maxmemory-policy noeviction');
});
