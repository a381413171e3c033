/** scripts/advisories.sh, with a registry that answers as the test asks: silence is never taken for good news. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

const SCRIPT = path.resolve('scripts/advisories.sh');
const ADVISORY = {
  id: 1,
  url: 'https://example.com/advisory',
  title: 'Reads too much',
  severity: 'high',
  vulnerable_versions: '>=0.0.1',
  cwe: [],
  cvss: { score: 0 },
};

let registry: Server;
let answer: { status: number; body: object } = { status: 200, body: {} };
/** Names that were asked about. */
let asked: string[] = [];
beforeAll(async () => {
  registry = createServer((request, response) => {
    void buffer(request).then((body) => {
      if (request.url?.endsWith('/advisories/bulk') === true) {
        const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
        asked = Object.keys(JSON.parse(plain.toString()) as object);
      }
      // Of a package with an advisory, npm looks which versions there are.
      const isQuestion = request.method === 'POST';
      response.writeHead(isQuestion ? answer.status : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isQuestion ? answer.body : packument(request.url!.slice(1))));
    });
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
});
afterAll(() => void registry.close());

function packument(name: string): object {
  return { name, 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': { name, version: '1.0.0' } } };
}

async function advisories(): Promise<{ code: number | null; said: string }> {
  const { port } = registry.address() as AddressInfo;
  const env = {
    ...process.env,
    PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}`,
    npm_config_registry: `http://127.0.0.1:${port}/`,
    npm_config_fetch_retries: '0',
  };
  const child = spawn('bash', [SCRIPT], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code: code as number | null, said };
}

it('says that there is none, of what is run and not of what only tests need', async () => {
  answer = { status: 200, body: {} };
  const { code, said } = await advisories();
  expect({ code, said }).toEqual({
    code: 0,
    said: expect.stringMatching(/^none of \d+ packages has a known/m),
  });
  expect(asked).toContain('mysql2');
  expect(asked).not.toContain('jest');
});

it('names what has one', async () => {
  answer = { status: 200, body: { mysql2: [{ ...ADVISORY, name: 'mysql2' }] } };
  const { code, said } = await advisories();
  expect({ code, said }).toEqual({
    code: 1,
    said: expect.stringContaining('high: mysql2 *: Reads too much (https://example.com/advisory)'),
  });
});

it('does not take a registry that answers nothing for one that knows of none', async () => {
  answer = { status: 405, body: {} };
  const { code, said } = await advisories();
  expect({ code, said }).toEqual({ code: 2, said: expect.stringMatching(/^unknown: .*405/m) });
});
