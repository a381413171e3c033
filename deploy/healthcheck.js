/**
 * The image's health check: exit code 0 where the daemon in this container answers, 1 where it does not.
 *
 * Uses what the image has, which is Node. The Dockerfile sets TIDEMARK_HTTP__PORT, and the environment beats the
 * config file, so this port is the one that the daemon listens on.
 */
import process from 'node:process';

const TIMEOUT_MS = 4000; // below the timeout of HEALTHCHECK, so that the reason is told

const url = `http://127.0.0.1:${process.env.TIDEMARK_HTTP__PORT ?? 9464}/healthz`;
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  process.stdout.write(`${url} answered ${answer.status}\n`);
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(`${url}: ${error.cause?.message ?? error.message}\n`);
  process.exitCode = 1;
}
