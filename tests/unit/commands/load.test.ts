/** Which spec and which settings a command works with: flags beat what is written. */
import { join } from 'node:path';
import { loadTask, readSpec, specFiles } from '../../../src/commands/load.ts';
import { CONFIG, SPEC, folder, write } from './folder.ts';

const spec = write('staff.json', SPEC);
const config = write('config.conf', CONFIG);

it('lays the flags over config and spec', () => {
  write('small.json', { ...SPEC, task_name: 'small', batch_threshold_mb: 5 });
  const flags = { db: 'other', host: 'db2', user: 'u', password: 'p', port: '3307', batch: '7' };
  const task = loadTask({ config, spec: join(folder, 'small.json'), ...flags });
  expect(task.config.sources['mysql']).toMatchObject({
    database: 'other',
    host: 'db2',
    user: 'u',
    password: 'p',
    port: 3307,
  });
  expect(task.config.batch_threshold_mb).toBe(7);
  expect(task.spec.batchThresholdMb).toBe(7);
});

it('leaves alone what no flag is for', () => {
  const task = loadTask({ config, spec });
  expect(task.spec).toMatchObject({ taskName: 'staff', batchThresholdMb: null });
  expect(task.config.sources['mysql']).toMatchObject({ database: 'hr', host: '127.0.0.1', port: 3306 });
});

it('takes the default spec where none is named, and says so where there is none', () => {
  const withDefault = write('default.conf', { ...CONFIG, default_spec: spec });
  expect(loadTask({ config: withDefault }).spec.taskName).toBe('staff');
  const missing = write('missing.conf', { ...CONFIG, default_spec: join(folder, 'nowhere.json') });
  expect(() => loadTask({ config: missing })).toThrow(expect.objectContaining({ code: 'SPEC_UNREADABLE' }));
});

it.each([{ batch: 'many' }, { batch: '-1' }, { port: '99999' }])('refuses %j', (flags) => {
  expect(() => loadTask({ config, spec, ...flags })).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^(USAGE|CONFIG_INVALID)$/) }),
  );
});

it('says which file cannot be read', () => {
  const missing = join(folder, 'missing.json');
  expect(() => readSpec(missing)).toThrow(
    expect.objectContaining({ code: 'SPEC_UNREADABLE', message: expect.stringContaining(missing) }),
  );
  expect(() => specFiles(join(folder, 'nowhere'))).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  );
});

it('finds the specs of a folder in order, and nothing else', () => {
  write('.hidden.json', '');
  write('notes.txt', '');
  const found = specFiles(folder);
  expect(found).toEqual(found.toSorted());
  expect(found).toContain(spec);
  expect(found.some((file) => /hidden|notes|\.conf$/.test(file))).toBe(false);
});
