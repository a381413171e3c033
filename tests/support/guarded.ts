/** Child processes that cannot outlive the test run: database servers, started through guard.sh. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_SECONDS = 100;

/**
 * Below the ports that systems give to sockets without one of their own, and a stretch for each of Jest's workers: what
 * was found free stays so until it is used.
 */
const FIRST_PORT = 10_000;
const STRETCH = 2000;
const STRETCHES = 11;
let portsGiven = Math.floor(Math.random() * STRETCH);

export interface GuardedProcess {
  /** Kills the server and waits until its folder is gone. */
  stop(): Promise<void>;
}

/** A port of 127.0.0.1 that nobody listens on, and that is given to nobody else in this test run for a long time. */
export async function freePort(): Promise<number> {
  const stretch = Number(process.env['JEST_WORKER_ID'] ?? 0) % STRETCHES;
  for (let tries = 0; tries < STRETCH; tries++) {
    const port = FIRST_PORT + stretch * STRETCH + (portsGiven++ % STRETCH);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free from ${FIRST_PORT + stretch * STRETCH} on`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/**
 * Starts `command` and waits until `ready` no longer rejects.
 * @param folder exists, belongs to this server alone, and is removed with it
 * @throws Error with the end of the server's log, when it ends early or is not ready in time
 */
export async function startGuarded(
  folder: string,
  command: readonly string[],
  ready: () => Promise<void>,
): Promise<GuardedProcess> {
  const guard = spawn(path.join(import.meta.dirname, 'guard.sh'), [folder, ...command], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const gone = once(guard, 'exit');
  let endedEarly = false;
  guard.stdout.once('data', () => (endedEarly = true));

  const stop = async (): Promise<void> => {
    guard.ref();
    guard.stdin.destroy();
    await gone;
  };
  const deadline = Date.now() + READY_SECONDS * 1000;
  for (;;) {
    try {
      await ready();
      break;
    } catch (error) {
      if (!endedEarly && Date.now() < deadline) {
        await sleep(50);
        continue;
      }
      const log = readFileSync(path.join(folder, 'server.log'), 'utf8').split('\n').slice(-20).join('\n');
      await stop();
      const how = endedEarly ? 'ended while starting' : `was not ready within ${READY_SECONDS} s`;
      throw new Error(`${command[0]} ${how}; the end of its log:\n${log}`, { cause: error });
    }
  }
  // Neither the guard nor its pipes keep the test run alive; their closing is what ends the server.
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  (guard.stdout as unknown as { unref(): void }).unref();
  return { stop };
}
