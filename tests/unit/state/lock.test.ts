/** Locks between real processes: the other side is always a child, which is killed with SIGKILL. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fork, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  acquireLock,
  daemonLockPath,
  lockHolder,
  lockedBy,
  requireLock,
  taskLockPath,
  type Lock,
} from '../../../src/state/lock.ts';

const child = new URL('./lock-child.ts', import.meta.url);

let folder: string;
let path: string;
const children: ChildProcess[] = [];
const locks: Lock[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-lock-'));
  path = daemonLockPath(folder);
});
afterEach(async () => {
  for (const lock of locks.splice(0)) lock.release();
  for (const one of children.splice(0)) await kill(one);
  await rm(folder, { recursive: true });
});

/** A process that tries to take the lock, and keeps it if it can. */
async function process2(): Promise<{ process: ChildProcess; got: boolean }> {
  const forked = fork(child, [path], { execArgv: [], stdio: 'inherit' });
  children.push(forked);
  const [got] = (await once(forked, 'message')) as [boolean];
  return { process: forked, got };
}

async function kill(one: ChildProcess): Promise<void> {
  if (one.exitCode !== null || one.signalCode !== null) return;
  const exit = once(one, 'exit');
  one.kill('SIGKILL');
  await exit;
}

function take(): Lock | null {
  const lock = acquireLock(path);
  if (lock !== null) locks.push(lock);
  return lock;
}

describe('a lock', () => {
  it('is held by one process', async () => {
    expect(take()).not.toBeNull();
    expect((await process2()).got).toBe(false);
  });

  it('is held by one part of a process', () => {
    expect(take()).not.toBeNull();
    expect(take()).toBeNull();
  });

  it('can be taken again after its release, which may be repeated', async () => {
    const lock = take();
    lock?.release();
    lock?.release();
    expect((await process2()).got).toBe(true);
  });

  it('is freed by kill -9', async () => {
    const other = await process2();
    expect(other.got).toBe(true);
    expect(take()).toBeNull();
    await kill(other.process);
    expect(take()).not.toBeNull();
  });

  it('says who holds it, to those it refuses', async () => {
    const { process: other } = await process2();
    expect(lockHolder(path)).toEqual({
      pid: other.pid,
      since: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    });
    expect(() => requireLock(path, 'the daemon')).toThrow(
      expect.objectContaining({
        code: 'ALREADY_RUNNING',
        message: expect.stringContaining(
          `the daemon is already running in process ${other.pid}, since `,
        ) as string,
      }),
    );
  });

  it('is still held after others have asked who holds it', async () => {
    expect(take()).not.toBeNull();
    expect(lockHolder(path)?.pid).toBe(process.pid);
    expect((await process2()).got).toBe(false);
  });

  it('can be looked at: who holds it now, not who did', async () => {
    expect(lockedBy(path)).toBeNull();
    await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
    const lock = take();
    expect(lockedBy(path)?.pid).toBe(process.pid);
    expect((await process2()).got).toBe(false);
    lock?.release();
    expect(lockedBy(path)).toBeNull();
    const { process: other } = await process2();
    expect(lockedBy(path)?.pid).toBe(other.pid);
    await kill(other);
    expect(lockedBy(path)).toBeNull();
    expect(take()).not.toBeNull();
  });

  it('goes to exactly one of several that ask at once', async () => {
    const all = await Promise.all([process2(), process2(), process2(), process2()]);
    const winners = all.filter((one) => one.got);
    expect(winners).toHaveLength(1);
    expect(lockHolder(path)?.pid).toBe(winners[0]?.process.pid);
  });

  it('has a file per task', () => {
    expect(taskLockPath('state', 'hr.employees')).toBe(join('state', 'locks', 'hr.employees.lock'));
    path = taskLockPath(folder, 'hr.employees');
    expect(take()).not.toBeNull();
  });

  it('leaves no journal beside its file', async () => {
    take();
    await expect(readFile(`${path}-journal`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('cannot be had where its file is something else, or its folder cannot be made', async () => {
    await writeFile(path, 'not a database'.repeat(1000));
    expect(take).toThrow(
      expect.objectContaining({ code: 'STATE_UNUSABLE', message: expect.stringContaining(path) as string }),
    );
    path = join(path, 'daemon.lock');
    expect(take).toThrow(expect.objectContaining({ code: 'STATE_UNUSABLE' }));
  });
});
