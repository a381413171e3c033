import { meteredSink } from '../../../src/metrics/metered-sink.ts';
import type { PendingUpload, Sink } from '../../../src/ports.ts';

const meta = { contentType: 'text/csv', runId: 'r1' };

function sinkWith(sendPart: PendingUpload['sendPart']): Sink {
  const unused = (): never => {
    throw new Error('not used here');
  };
  return {
    url: (key) => `s3://bucket/${key}`,
    partBytes: 8,
    concurrency: 1,
    begin: (key) => Promise.resolve({ key, uploadId: 'u1', sendPart }),
    complete: unused,
    runOf: unused,
    abort: unused,
    openUploads: unused,
    put: unused,
    remove: unused,
  };
}

it('counts a part when it has arrived, and no part that has not', async () => {
  const sent: [string, number][] = [];
  let failing = false;
  const sink = sinkWith((partNumber) =>
    failing
      ? Promise.reject(new Error('the bucket is gone'))
      : Promise.resolve({ partNumber, etag: 'e', checksumCrc32: null }),
  );
  const metered = meteredSink(sink, 's3', { partSent: (name, bytes) => void sent.push([name, bytes]) });
  expect(metered.url('k')).toBe('s3://bucket/k');
  const upload = await metered.begin('k', meta, new AbortController().signal);
  expect(upload).toMatchObject({ key: 'k', uploadId: 'u1' });
  expect(await upload.sendPart(2, Buffer.alloc(5), 7)).toEqual({
    partNumber: 2,
    etag: 'e',
    checksumCrc32: null,
  });
  failing = true;
  await expect(upload.sendPart(3, Buffer.alloc(9), 7)).rejects.toThrow('the bucket is gone');
  expect(sent).toEqual([['s3', 5]]);
});

it('is the sink itself where nobody counts', () => {
  const sink = sinkWith(() => Promise.reject(new Error('not used here')));
  expect(meteredSink(sink, 's3')).toBe(sink);
});
