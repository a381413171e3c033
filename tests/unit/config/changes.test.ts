import { readFileSync } from 'node:fs';
import { changeConfig, IN_FORCE } from '../../../src/config/changes.ts';
import { load, MINIMAL } from './files.ts';

const old = load(MINIMAL);
const changed = (fields: object): ReturnType<typeof changeConfig> =>
  changeConfig(old, load({ ...MINIMAL, ...fields }));

it('says nothing of what is the same', () => {
  expect(changed({})).toEqual({ config: old, changed: [], needRestart: [] });
});

it('takes over what can be in force at once, by its name in the file', () => {
  const sources = { mysql: { ...MINIMAL.sources.mysql, password: 'new' }, other: MINIMAL.sources.mysql };
  const change = changed({ sources, sinks: MINIMAL.sinks, shutdown_grace: '1 minute', log_level: 'debug' });
  expect(change).toMatchObject({
    changed: ['sources.mysql', 'sources.other', 'shutdown_grace', 'log_level'],
    needRestart: [],
    config: { shutdown_grace_ms: 60_000, log_level: 'debug' },
  });
  expect(change.config.sources).toMatchObject({ mysql: { password: 'new' }, other: { user: 'tidemark' } });
  expect(changeConfig(change.config, old).changed).toContain('sources.other');
});

it('keeps what needs a restart as it was, and names it', () => {
  const change = changed({
    state_dir: '/elsewhere',
    http: { port: 1 },
    watch: { polling: true },
    timezone: 'Europe/Berlin',
  });
  expect(change.needRestart).toEqual(['state_dir', 'http', 'watch']);
  expect(change.changed).toEqual(['timezone']);
  expect(change.config).toEqual({ ...old, timezone: 'Europe/Berlin' });
});

it('is what docs/operations.md says', () => {
  const page = readFileSync('docs/operations.md', 'utf8');
  const [, table] = /## Changing the config\n([^]*?)\n## /.exec(page)!;
  const named = (row: RegExp): string[] =>
    [...table!.matchAll(row)].flatMap(([line]) => [...line.matchAll(/`(\w+)`/g)].map((match) => match[1]!));
  const parts = (when: string): string[] =>
    Object.entries(IN_FORCE)
      .filter(([, inForce]) => inForce === when)
      .map(([part]) => part.replace(/_ms$/, ''));
  expect(named(/^\| .* (with the next run|at once) .*$/gm).toSorted()).toEqual(parts('now').toSorted());
  expect(named(/^\| .* \| after a restart; the log .*$/gm).toSorted()).toEqual(parts('restart').toSorted());
});
