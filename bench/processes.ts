/** Processes that stand beside the one that is measured. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface NullS3 {
  readonly endpoint: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** @param folder where the parts of the first upload are kept; by default, nothing is. */
export async function startNullS3(folder?: string): Promise<NullS3> {
  const script = join(import.meta.dirname, 'null-s3.ts');
  const child = spawn(process.execPath, folder === undefined ? [script] : [script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Whoever stops a bench does not want this one to go on.
  process.once('exit', () => child.kill());
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    endpoint: `http://127.0.0.1:${port.toString().trim()}`,
    pid: child.pid!,
    async stop() {
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
