/** What the Dockerfile relies on. scripts/try-docker.sh builds the image itself. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { freePort } from '../support/guarded.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const dockerfile = readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8');

/** The health check as Docker runs it. */
async function healthcheck(port: number): Promise<{ code: number | null; said: string }> {
  const env = { PATH: process.env['PATH'], TIDEMARK_HTTP__PORT: String(port) };
  const child = execFile(process.execPath, [path.join(ROOT, 'deploy/healthcheck.js')], { env });
  let said = '';
  child.stdout!.on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

describe('deploy/healthcheck.js', () => {
  it.each([
    [200, 0],
    [503, 1],
  ])('of an answer %i makes exit code %i', async (status, code) => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await healthcheck(port)).toEqual({
      code,
      said: `http://127.0.0.1:${port}/healthz answered ${status}\n`,
    });
    expect(asked).toEqual(['/healthz']);
    server.close();
  });

  it('fails where nothing listens, and says so', async () => {
    const port = await freePort();
    const { code, said } = await healthcheck(port);
    expect(code).toBe(1);
    expect(said).toContain('ECONNREFUSED');
  });
});

describe('Dockerfile', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap((match) => match[1]!.split(' '));

  it('copies what exists and what .dockerignore lets through', () => {
    const patterns = readFileSync(path.join(ROOT, '.dockerignore'), 'utf8').split('\n');
    expect(copied).toContain('src');
    for (const file of copied) {
      const found = {
        file,
        exists: existsSync(path.join(ROOT, file)),
        letThrough: patterns.includes(`!${file}`),
      };
      expect(found).toEqual({ file, exists: true, letThrough: true });
    }
  });

  it('runs the daemon as an ordinary user, watched by the health check', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^HEALTHCHECK (.*\\\n)?.*deploy\/healthcheck\.js/m);
    expect(last).toMatch(/^CMD \["daemon"\]$/m);
  });
});
