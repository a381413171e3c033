/**
 * A process that goes on, as a daemon does: for each line on stdin it runs a task and prints the report in a line.
 * Arguments: config file, spec file.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { openInstallation } from '../src/commands/installation.ts';
import { loadConfig } from '../src/config/load.ts';
import { executeRun, UNOBSERVED } from '../src/execute.ts';
import { parseSpec } from '../src/spec/parse.ts';
import { byHand } from '../tests/support/runs.ts';

const [configFile, specFile] = process.argv.slice(2) as [string, string];
const spec = parseSpec(readFileSync(specFile, 'utf8'), specFile);
const stderr = new Writable({ write: (_chunk, _encoding, done) => done() });
const installation = openInstallation(loadConfig({ file: configFile, env: {} }), {
  stderr,
  sparesOne: false,
});
const { signal } = new AbortController();
const requests = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
while ((await requests.next()).done !== true) {
  const { report } = await executeRun(installation, spec, byHand(), UNOBSERVED, signal);
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
await installation.close();
