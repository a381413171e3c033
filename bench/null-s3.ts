/**
 * An S3 endpoint that throws the bytes away, in a process of its own: what is measured is the exporter, not a store.
 * Prints its port when it listens. Answers the requests of a two-phase upload and nothing else. Given a folder, it keeps
 * the parts of the first upload in it, named by their numbers.
 */
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const folder = process.argv[2];
let uploads = 0;

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://null');
  const part = url.searchParams.get('partNumber');
  if (folder !== undefined && part !== null && url.searchParams.get('uploadId') === 'u1')
    request.pipe(createWriteStream(join(folder, part)));
  else request.on('data', () => {});
  request.on('end', () => {
    const xml = (body: string): void => {
      response.writeHead(200, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${body}`);
    };
    if (request.method === 'POST' && url.searchParams.has('uploads')) {
      return xml(
        `<InitiateMultipartUploadResult><UploadId>u${++uploads}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    if (request.method === 'POST') {
      return xml('<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>');
    }
    if (request.method === 'DELETE') return response.writeHead(204).end();
    response.writeHead(200, { etag: '"e"' }).end();
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') console.log(address.port);
});
