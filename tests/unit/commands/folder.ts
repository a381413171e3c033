/** A config and specs in a folder of their own, for the tests of commands, and what a command wrote. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const folder = mkdtempSync(join(tmpdir(), 'tidemark-commands-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a document, or a text as it stands, and returns its path. */
export function write(name: string, document: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document));
  return path;
}

export const SPEC = {
  task_name: 'staff',
  table: { name: 'employees', columns: '*' },
  owner: { email: 'owner@example.com' },
  source: 'mysql',
  sink: 's3',
};

export const CONFIG = {
  sources: { mysql: { host: '127.0.0.1', user: 'tidemark', password: 'hunter2', database: 'hr' } },
  sinks: { s3: { bucket: 'exports', prefix: 'p/' } },
  specs_dir: folder,
  state_dir: join(folder, 'state'),
  logs_dir: join(folder, 'logs'),
};

export interface Written {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command and takes what it writes, instead of the terminal. */
export async function captured(command: () => Promise<number>): Promise<Written> {
  const streams = { stdout: process.stdout.write, stderr: process.stderr.write };
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = (chunk: string | Uint8Array): boolean => {
      texts[name] += String(chunk);
      return true;
    };
  }
  try {
    const code = await command();
    return { code, ...texts };
  } finally {
    process.stdout.write = streams.stdout;
    process.stderr.write = streams.stderr;
  }
}
