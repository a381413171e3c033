/** What a plan takes from the state. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planNow } from '../../../src/commands/plan-now.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { specOf } from '../plan/sample.ts';
import { CONFIG, folder, write } from './folder.ts';

it('is refused where the state is lost: the plan of a fresh start would be a false one', async () => {
  mkdirSync(join(folder, 'state'));
  writeFileSync(join(folder, 'state', 'daemon.lock'), 'left behind');
  const config = loadConfig({ file: write('config.json', CONFIG), env: {} });
  await expect(planNow(config, specOf({}))).rejects.toMatchObject({
    code: 'STATE_UNUSABLE',
    message: expect.stringContaining('is missing') as string,
  });
});
