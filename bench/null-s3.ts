/**
 * An S3 endpoint that throws the bytes away, in a process of its own: what is measured is the exporter, not a store.
 * Prints its port when it listens. Answers the requests of a two-phase upload and nothing else.
 */
import { createServer } from 'node:http';

let uploads = 0;

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://null');
  request.on('data', () => {});
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
