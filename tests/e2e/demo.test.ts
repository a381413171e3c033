/** What a newcomer runs first: it ends by itself, with 0, and has shown what it is about. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '../..');

it('shows objects with their first lines, batches, a manifest and the mail of a failure', async () => {
  const demo = spawn(process.execPath, ['scripts/demo.ts'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let shown = '';
  demo.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  const [code] = (await once(demo, 'close')) as [number | null];
  // With all that it said, should it have failed.
  expect({ code, shown }).toEqual({ code: 0, shown: expect.any(String) });
  expect(shown).toContain('employee_id,first_name,last_name,email,phone_number,hire_date');
  expect(shown).toMatch(/events_\d{14}_3\.csv/);
  expect(shown).toContain('"mandatory": true');
  expect(shown).toContain('Subject: [tidemark] payroll failed: COLUMN_UNKNOWN');
  expect(shown).toContain('did you mean salary?');
});
