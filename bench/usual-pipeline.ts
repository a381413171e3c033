/**
 * What one writes first in Node: mysql2's row stream, fast-csv, lib-storage. The measure to beat; options as the
 * libraries' own documentation shows them. Arguments: database URL, S3 endpoint.
 */
import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { format } from 'fast-csv';
import mysql from 'mysql2';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const [url, endpoint] = process.argv.slice(2) as [string, string];
const connection = mysql.createConnection({
  uri: url,
  dateStrings: true,
  supportBigNumbers: true,
  bigNumberStrings: true,
});
const body = new PassThrough();
const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
const client = new S3Client({ region: 'eu-west-1', endpoint, forcePathStyle: true, credentials });
const upload = new Upload({ client, params: { Bucket: 'exports', Key: 'line_item.csv', Body: body } });
const rows = connection.query('SELECT * FROM line_item').stream();
await Promise.all([pipeline(rows, format({ headers: true }), body), upload.done()]);
connection.destroy();
client.destroy();
