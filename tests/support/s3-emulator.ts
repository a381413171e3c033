/**
 * fauxqs in this process, with what it lacks: it keeps multipart uploads, but cannot list them. Without the list no
 * test could see an upload that was left open. And it knows no encryption: a bucket's default is kept as it was set,
 * and an upload is answered with what it will be encrypted by.
 */
import { buildApp } from 'fauxqs';

export interface S3Emulator {
  readonly endpoint: string;
  stop(): Promise<void>;
}

interface OpenUpload {
  readonly bucket: string;
  readonly key: string;
}

/** Listens on a free port of the loopback interface. */
export async function startS3Emulator(): Promise<S3Emulator> {
  const app = buildApp({ logger: false, host: '127.0.0.1' });
  const open = new Map<string, OpenUpload>();
  const encryption = new Map<string, string>();

  // The parser of XML is the emulator's own, and hands bodies on as text.
  app.addHook('preHandler', async (request, reply) => {
    const { bucket, key, query } = target(request.url);
    if (key !== '' || !query.has('encryption')) return;
    if (request.method === 'PUT') {
      encryption.set(bucket, String(request.body));
      await reply.status(200).send();
    } else if (request.method === 'GET') {
      const set = encryption.get(bucket);
      const answer = reply.type('application/xml').status(set === undefined ? 404 : 200);
      await answer.send(set ?? NO_ENCRYPTION);
    }
  });
  app.addHook('onRequest', async (request, reply) => {
    const { bucket, key, query } = target(request.url);
    if (request.method !== 'GET' || key !== '' || !query.has('uploads')) return;
    const prefix = query.get('prefix') ?? '';
    const found = [...open].filter(([, upload]) => upload.bucket === bucket && upload.key.startsWith(prefix));
    await reply.type('application/xml').send(listing(bucket, found));
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode >= 300) return payload;
    const { bucket, key, query } = target(request.url);
    const uploadId = query.get('uploadId');
    if (request.method === 'POST' && query.has('uploads')) {
      const created = /<UploadId>([^<]+)</.exec(String(payload))?.[1];
      if (created === undefined) throw new Error('the emulator began an upload without naming its id');
      open.set(created, { bucket, key });
      const asked = request.headers['x-amz-server-side-encryption'];
      const own = /<SSEAlgorithm>([^<]+)</.exec(encryption.get(bucket) ?? '')?.[1];
      const applied = asked ?? own;
      if (applied !== undefined) void reply.header('x-amz-server-side-encryption', applied);
    } else if (uploadId !== null && (request.method === 'POST' || request.method === 'DELETE')) {
      open.delete(uploadId);
    }
    return payload;
  });

  const endpoint = await app.listen({ port: 0, host: '127.0.0.1' });
  return { endpoint, stop: () => app.close() };
}

const NO_ENCRYPTION =
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  '<Error><Code>ServerSideEncryptionConfigurationNotFoundError</Code>' +
  '<Message>The server side encryption configuration was not found</Message></Error>';

function target(url: string): { bucket: string; key: string; query: URLSearchParams } {
  const { pathname, searchParams } = new URL(url, 'http://emulator');
  const [bucket = '', ...key] = decodeURIComponent(pathname.slice(1)).split('/');
  return { bucket, key: key.join('/'), query: searchParams };
}

function listing(bucket: string, uploads: readonly (readonly [string, OpenUpload])[]): string {
  const entries = uploads.map(
    ([id, { key }]) => `<Upload><Key>${escapeXml(key)}</Key><UploadId>${escapeXml(id)}</UploadId></Upload>`,
  );
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Bucket>${bucket}</Bucket><IsTruncated>false</IsTruncated>${entries.join('')}</ListMultipartUploadsResult>`
  );
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
