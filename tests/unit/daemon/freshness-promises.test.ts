/** Which promises of freshness hold, whatever becomes of the spec files. */
import { updatePromises as update } from '../../../src/daemon/freshness-promises.ts';
import type { FreshnessPromise } from '../../../src/domain/freshness.ts';
import { updateSpecSet, type Content, type SpecSet } from '../../../src/watch/spec-set.ts';
import { faults, sampleSpec } from '../watch/sample-spec.ts';

const HOUR = 3_600_000;
const before = new Date('2026-03-01T00:00:00Z');
const now = new Date('2026-03-04T05:06:07Z');

const updatePromises = (
  set: SpecSet,
  kept: ReadonlyMap<string, FreshnessPromise>,
  files: readonly string[] = [],
): ReturnType<typeof update> => update(set, kept, (file) => files.includes(file), now);

const spec = (task: string, freshnessMs: number | null, file = `specs/${task}.json`): Content => ({
  spec: sampleSpec(task, { freshnessMs, file }),
});
const broken = (file: string): Content => ({ error: faults(file) });
function setOf(files: Readonly<Record<string, Content>>, previous: SpecSet = new Map()): SpecSet {
  return updateSpecSet(previous, Object.keys(files), new Map(Object.entries(files))).set;
}
function keptOf(...promises: Partial<FreshnessPromise>[]): Map<string, FreshnessPromise> {
  const whole = promises.map((some): FreshnessPromise => ({
    task: 'a',
    file: 'specs/a.json',
    freshnessMs: HOUR,
    timezone: null,
    owner: { name: null, email: 'owner@example.com' },
    firstSeen: before,
    ...some,
  }));
  return new Map(whole.map((promise) => [promise.task, promise]));
}

it('begin when a spec that promises something is seen for the first time', () => {
  const set = setOf({ 'specs/a.json': spec('a', HOUR), 'specs/b.json': spec('b', null) });
  const { promises, changed, gone } = updatePromises(set, new Map());
  expect([...promises.keys()]).toEqual(['a']);
  expect(changed).toEqual([...promises.values()]);
  expect(changed).toMatchObject([{ task: 'a', freshnessMs: HOUR, firstSeen: now }]);
  expect(gone).toEqual([]);
});

it('are not written again where they are kept already', () => {
  const { promises, changed } = updatePromises(setOf({ 'specs/a.json': spec('a', HOUR) }), keptOf({}));
  expect([promises.get('a')?.firstSeen, changed]).toEqual([before, []]);
});

it('go with the spec: another length, another file; the time of the first sight stays', () => {
  const set = setOf({ 'specs/other.json': spec('a', 2 * HOUR, 'specs/other.json') });
  expect(updatePromises(set, keptOf({})).changed).toMatchObject([
    { task: 'a', file: 'specs/other.json', freshnessMs: 2 * HOUR, firstSeen: before },
  ]);
});

it('end with the spec, or with the field', () => {
  expect(updatePromises(setOf({}), keptOf({})).gone).toEqual(['a']);
  expect(updatePromises(setOf({ 'specs/a.json': spec('a', null) }), keptOf({})).gone).toEqual(['a']);
});

it('hold while a file cannot be used: as the version in force says, or as it was kept', () => {
  const good = setOf({ 'specs/a.json': spec('a', HOUR) });
  const edited = setOf({ 'specs/a.json': broken('specs/a.json') }, good);
  expect(updatePromises(edited, keptOf({}))).toMatchObject({ changed: [], gone: [] });
  const restarted = updatePromises(setOf({ 'specs/a.json': broken('specs/a.json') }), keptOf({}));
  expect([restarted.promises, restarted.gone]).toEqual([keptOf({}), []]);
});

it('end where another file has taken the task, and promises nothing', () => {
  const files = { 'specs/a.json': broken('specs/a.json'), 'specs/b.json': spec('a', null, 'specs/b.json') };
  expect(updatePromises(setOf(files), keptOf({}))).toMatchObject({ gone: ['a'], changed: [] });
});

it('hold while a file that was broken in between is read again, and are not looked at meanwhile', () => {
  const first = updatePromises(setOf({}), keptOf({}), ['specs/a.json']);
  expect([first.promises, first.gone, [...first.doubtful]]).toEqual([keptOf({}), [], ['a']]);
  const second = updatePromises(setOf({ 'specs/a.json': broken('specs/a.json') }), first.promises, [
    'specs/a.json',
  ]);
  expect([second.promises, [...second.doubtful]]).toEqual([keptOf({}), []]);
  const other = setOf({ 'specs/a.json': spec('b', null, 'specs/a.json') });
  expect(updatePromises(other, first.promises, ['specs/a.json']).gone).toEqual(['a']);
});
