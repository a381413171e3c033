/** A daemon that hears signals just when it takes over. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { daemonOfTwo } from '../../../src/commands/daemon-of-two.ts';
import { stateInCommon } from '../../../src/commands/in-common.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createMetrics } from '../../../src/metrics/metrics.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { waitFor } from '../../support/wait-for.ts';

let redis: TestRedis;
let folder: string;
const { write } = process.stderr;
beforeEach(async () => {
  redis = await startRedis();
  folder = mkdtempSync(path.join(tmpdir(), 'tidemark-told-'));
  mkdirSync(path.join(folder, 'specs'));
});
afterEach(async () => {
  process.stderr.write = write;
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Nothing of it but the Redis is ever asked. */
function config(): Config {
  const file = path.join(folder, 'config.json');
  const text = {
    sources: { mysql: { type: 'mysql', host: '127.0.0.1', user: 'u', password: 'p', database: 'd' } },
    sinks: { s3: { type: 's3', bucket: 'exports', region: 'eu-west-1' } },
    ha: true,
    executor: { type: 'bullmq', url: redis.url },
    http: null,
    specs_dir: path.join(folder, 'specs'),
    state_dir: path.join(folder, 'state'),
    logs_dir: path.join(folder, 'logs'),
  };
  writeFileSync(file, JSON.stringify(text));
  return loadConfig({ file, env: {} });
}

/** Calls `act` at once when this stands in the log: what follows in the program comes later. */
function when(words: string, act: () => void): void {
  let called = false;
  process.stderr.write = (line: string | Uint8Array) => {
    if (!called && String(line).includes(words)) {
      called = true;
      act();
    }
    return true;
  };
}

function start(loads: { count: number } = { count: 0 }) {
  const load = (): Config => {
    loads.count++;
    return config();
  };
  const metrics = createMetrics({ version: '0.0.0' });
  return daemonOfTwo({ config: config(), load, metrics, seed: false });
}

it('stops where it is told to while it takes over, and leaves the lease to another', async () => {
  when('this daemon leads', () => process.emit('SIGTERM'));
  expect(await start()).toBe(0);
  const shared = stateInCommon(config());
  const { lease, released } = await shared.look(0);
  shared.close();
  expect({ lease, released }).toEqual({ lease: null, released: true });
});

it('reads its config again where it is told to while it takes over', async () => {
  const loads = { count: 0 };
  let heard = false;
  when('this daemon leads', () => (heard = process.emit('SIGHUP')));
  const ended = start(loads);
  await waitFor('the config to be read', () => (loads.count > 0 ? true : null));
  process.emit('SIGTERM');
  expect(await ended).toBe(0);
  expect(heard).toBe(true);
});
