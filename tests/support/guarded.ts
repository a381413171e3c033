/** Child processes that cannot outlive the test run: database servers, started through guard.sh. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_SECONDS = 60;

export interface GuardedProcess {
  /** Kills the server and waits until its folder is gone. */
  stop(): Promise<void>;
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts `command` and waits until `ready` no longer rejects.
 * @param folder exists, belongs to this server alone, and is removed with it
 * @throws Error with the end of the server's log, when it ends early or is not ready within a minute
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
