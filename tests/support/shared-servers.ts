/**
 * The servers that all test files of a run share. Their addresses go to the tests by environment variables;
 * servers that the environment already names are used as they are.
 */
import { startMySql } from './mysql.ts';
import { startS3 } from './s3.ts';

const running: { stop(): Promise<void> }[] = [];

/** Sets `TEST_MYSQL_URL`, `TEST_MYSQL_CA` (where the server has TLS) and `TEST_S3_ENDPOINT`. Does nothing twice. */
export async function startSharedServers(): Promise<void> {
  if (process.env['TEST_MYSQL_URL'] === undefined) {
    const server = await startMySql();
    running.push(server);
    process.env['TEST_MYSQL_URL'] = server.url;
    if (server.ca !== null) process.env['TEST_MYSQL_CA'] = server.ca;
  }
  if (process.env['TEST_S3_ENDPOINT'] === undefined) {
    const s3 = await startS3();
    running.push(s3);
    process.env['TEST_S3_ENDPOINT'] = s3.endpoint;
  }
}

/** Ends what `startSharedServers` started. */
export async function stopSharedServers(): Promise<void> {
  for (const server of running.splice(0)) await server.stop();
}
