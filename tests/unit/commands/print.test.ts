/** What is said to somebody who stops listening. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CONFIG, write } from './folder.ts';

it('ends with its own exit code where the reader has closed the pipe', () => {
  const config = write('config.conf', CONFIG);
  // More faults than a pipe holds.
  const bad = write(
    'bad.conf',
    Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`field_${n}`, n])),
  );
  const main = join(import.meta.dirname, '../../../src/main.ts');
  const command = '"$@" check --config "$0" --json "$BAD" | head -c 1; exit "${PIPESTATUS[0]}"';
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command, config, process.execPath, main], {
    encoding: 'utf8',
    env: { ...process.env, BAD: bad },
  });
  expect([status, stdout, stderr]).toEqual([2, '{', '']);
});
