/** An object is read whole or not at all, whatever happens to the connection meanwhile. */
import { crc32 } from 'node:zlib';
import type { S3SinkOptions } from '../../src/sinks/s3/options.ts';
import { s3Sink, type S3Sink } from '../../src/sinks/s3/sink.ts';
import { NEVER } from '../support/installation.ts';
import { sinkOptionsOf, startS3, type TestS3 } from '../support/s3.ts';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const META = { contentType: 'text/csv', runId: 'run-1' };
const MEGABYTES = 3;
// No piece of it is like another, so that one read twice or left out shows.
const CONTENT = Buffer.from(
  Array.from({ length: (MEGABYTES * 1e6) / 10 }, (_, index) => String(index).padStart(9, '0')).join('\n'),
);

let s3: TestS3;
let bucket: string;
let tcp: TcpProxy;
let http: S3Proxy;
const sinks: S3Sink[] = [];
beforeAll(async () => {
  s3 = await startS3();
  bucket = await s3.bucket();
  tcp = await startTcpProxy({ port: Number(new URL(s3.endpoint).port) });
  http = await startS3Proxy(s3.endpoint);
  const direct = sinkAt(s3.endpoint);
  await direct.put('large', CONTENT, META);
  await direct.put('empty', Buffer.alloc(0), META);
});
afterAll(async () => {
  for (const sink of sinks) sink.close();
  await Promise.all([tcp.stop(), http.stop()]);
  await s3.stop();
});

function sinkAt(endpoint: string, more: Partial<S3SinkOptions> = {}): S3Sink {
  const sink = s3Sink({ ...sinkOptionsOf(s3, bucket), endpoint, ...more });
  sinks.push(sink);
  return sink;
}

const overTcp = (more: Partial<S3SinkOptions> = {}): S3Sink => sinkAt(`http://${tcp.host}:${tcp.port}`, more);

/** @param onChunk hears how many bytes have come. */
async function readAll(
  sink: S3Sink,
  key: string,
  onChunk: (bytes: number) => void = () => {},
  signal = NEVER,
): Promise<{ bytes: number; runId: string | null; crc: number; received: number }> {
  const object = await sink.read(key, signal);
  let [crc, received] = [0, 0];
  for await (const chunk of object!.body) {
    crc = crc32(chunk, crc);
    received += chunk.length;
    onChunk(received);
  }
  return { bytes: object!.bytes, runId: object!.runId, crc, received };
}

const WHOLE = { bytes: CONTENT.length, runId: 'run-1', crc: crc32(CONTENT), received: CONTENT.length };

it('reads an object, and says whose it is', async () => {
  expect(await readAll(sinkAt(s3.endpoint), 'large')).toEqual(WHOLE);
  expect(await readAll(sinkAt(s3.endpoint), 'empty')).toMatchObject({ bytes: 0, received: 0 });
});

it('says of an object that is not there that it is not', async () => {
  expect(await sinkAt(s3.endpoint).read('missing', NEVER)).toBeNull();
});

it.each(['close', 'reset'] as const)('goes on where the connection broke: %s', async (how) => {
  let cuts = 0;
  const cut = (): void => {
    cuts++;
    tcp.cut(how);
  };
  tcp.onBytes(400_000, cut);
  tcp.onBytes(1_500_000, cut);
  expect(await readAll(overTcp(), 'large')).toEqual(WHOLE);
  expect(cuts).toBe(2);
});

it('gives up where nothing comes any more', async () => {
  tcp.onBytes(1_000_000, () => tcp.hang());
  await expect(readAll(overTcp({ requestTimeoutMs: 500 }), 'large')).rejects.toMatchObject({
    code: 'S3_UNAVAILABLE',
    retryable: true,
  });
  await tcp.resume();
});

it('gives up where the endpoint does not come back', async () => {
  tcp.onBytes(1_000_000, () => {
    void tcp.refuse();
    tcp.cut('reset');
  });
  await expect(readAll(overTcp(), 'large')).rejects.toMatchObject({
    code: 'S3_UNAVAILABLE',
    retryable: true,
  });
  await tcp.resume();
});

it('does not make one of two objects, where it is replaced meanwhile', async () => {
  const direct = sinkAt(s3.endpoint);
  await direct.put('replaced', CONTENT, META);
  const reader = overTcp();
  const object = await reader.read('replaced', NEVER);
  const chunks = object!.body[Symbol.asyncIterator]();
  await chunks.next();
  await direct.put('replaced', Buffer.from(CONTENT.toReversed()), META);
  tcp.cut('reset');
  const readOn = async (): Promise<void> => {
    while ((await chunks.next()).done !== true);
  };
  await expect(readOn()).rejects.toMatchObject({
    code: 'S3_FAILED',
    message: expect.stringMatching(/replaced/),
  });
});

it('names the permission that reading takes', async () => {
  const rule = http.fail({ method: 'GET', match: /large/, status: 403 });
  await expect(readAll(sinkAt(http.endpoint), 'large')).rejects.toMatchObject({
    code: 'S3_ACCESS_DENIED',
    hint: expect.stringContaining(`Allow s3:GetObject on arn:aws:s3:::${bucket}/large`),
  });
  rule.remove();
});

it('ends with the reason of whoever aborts it', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const reading = readAll(sinkAt(s3.endpoint), 'large', () => controller.abort(reason), controller.signal);
  await expect(reading).rejects.toBe(reason);
});
