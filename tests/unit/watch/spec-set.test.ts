import {
  isUsed,
  specsInForce,
  updateSpecSet,
  type Content,
  type SpecSet,
} from '../../../src/watch/spec-set.ts';
import { faults, sampleSpec } from './sample-spec.ts';

const valid = (file: string, taskName = file, schedule = '0 3 * * *'): Content => ({
  spec: sampleSpec(taskName, { file, schedule }),
});
const broken = (file: string): Content => ({ error: faults(file) });

/** Rescans one after another; each is the files there are and the content of those that were read. */
function rescans(...steps: { present: string[]; read?: Record<string, Content> }[]) {
  let set: SpecSet = new Map();
  let last = updateSpecSet(set, [], new Map());
  for (const { present, read = {} } of steps) {
    last = updateSpecSet(set, present, new Map(Object.entries(read)));
    set = last.set;
  }
  const names = (specs: readonly { taskName: string }[]) => specs.map((spec) => spec.taskName);
  const { added, changed, removed, invalid, duplicates, repaired } = last.diff;
  return {
    set,
    added: names(added),
    changed: names(changed),
    removed: names(removed),
    invalid: invalid.map(({ file, lastGood }) => [file, lastGood?.schedule ?? null]),
    duplicates: duplicates.map(({ spec, heldBy, lastGood }) => [
      spec.file,
      heldBy,
      lastGood?.taskName ?? null,
    ]),
    repaired,
    inForce: Object.fromEntries([...specsInForce(set)].map(([task, spec]) => [task, spec.file])),
  };
}

const nothing = { added: [], changed: [], removed: [], invalid: [], duplicates: [], repaired: [] };

describe('updateSpecSet', () => {
  it('adds what is new', () => {
    expect(rescans({ present: ['a', 'b'], read: { a: valid('a'), b: valid('b') } })).toMatchObject({
      ...nothing,
      added: ['a', 'b'],
    });
  });

  it('finds nothing where nothing was read, and where a file was only touched', () => {
    const first = { present: ['a'], read: { a: valid('a') } };
    expect(rescans(first, { present: ['a'] })).toMatchObject(nothing);
    expect(rescans(first, { present: ['a'], read: { a: valid('a') } })).toMatchObject(nothing);
  });

  it('changes a task whose spec changed', () => {
    const after = rescans(
      { present: ['a'], read: { a: valid('a') } },
      { present: ['a'], read: { a: valid('a', 'a', '* * * * *') } },
    );
    expect(after).toMatchObject({ ...nothing, changed: ['a'] });
    expect(specsInForce(after.set).get('a')?.schedule).toBe('* * * * *');
  });

  it('removes a task whose file is gone', () => {
    expect(rescans({ present: ['a'], read: { a: valid('a') } }, { present: [] })).toMatchObject({
      ...nothing,
      removed: ['a'],
      inForce: {},
    });
  });

  it('takes a renamed file for the same task', () => {
    expect(
      rescans(
        { present: ['a'], read: { a: valid('a', 't') } },
        { present: ['b'], read: { b: valid('b', 't') } },
      ),
    ).toMatchObject({ ...nothing, changed: ['t'], inForce: { t: 'b' } });
  });

  it('takes a new task name in a file for another task', () => {
    expect(
      rescans(
        { present: ['a'], read: { a: valid('a', 'x') } },
        { present: ['a'], read: { a: valid('a', 'y') } },
      ),
    ).toMatchObject({ ...nothing, added: ['y'], removed: ['x'] });
  });

  it('lets two files exchange their task names', () => {
    expect(
      rescans(
        { present: ['a', 'b'], read: { a: valid('a', 'x'), b: valid('b', 'y') } },
        { present: ['a', 'b'], read: { a: valid('a', 'y'), b: valid('b', 'x') } },
      ),
    ).toMatchObject({ ...nothing, changed: ['y', 'x'], inForce: { x: 'b', y: 'a' } });
  });

  describe('an invalid file', () => {
    const good = { present: ['a'], read: { a: valid('a') } };
    const edit = { present: ['a'], read: { a: broken('a') } };

    it('keeps its last good version, and is reported', () => {
      const after = rescans(good, edit);
      expect(after).toMatchObject({ ...nothing, invalid: [['a', '0 3 * * *']], inForce: { a: 'a' } });
      expect([...after.set.values()].map(isUsed)).toEqual([false]);
    });

    it('is reported once', () => {
      expect(rescans(good, edit, { present: ['a'] })).toMatchObject(nothing);
    });

    it('keeps the same last good version through several edits', () => {
      expect(rescans(good, edit, edit)).toMatchObject({ ...nothing, invalid: [['a', '0 3 * * *']] });
    });

    it('has no last good version where it never was valid', () => {
      expect(rescans(edit)).toMatchObject({ ...nothing, invalid: [['a', null]], inForce: {} });
    });

    it('is repaired by going back, which changes no task', () => {
      expect(rescans(good, edit, good)).toMatchObject({ ...nothing, repaired: ['a'] });
    });

    it('unschedules its last good version when it is deleted', () => {
      expect(rescans(good, edit, { present: [] })).toMatchObject({ ...nothing, removed: ['a'] });
    });
  });

  describe('a task name that two files ask for', () => {
    const held = { present: ['b'], read: { b: valid('b', 't') } };
    const twice = { present: ['a', 'b'], read: { a: valid('a', 't') } };

    it('stays with the file that was there first', () => {
      expect(rescans(held, twice)).toMatchObject({
        ...nothing,
        duplicates: [['a', 'b', null]],
        inForce: { t: 'b' },
      });
    });

    it('goes to the first by name where both are new', () => {
      expect(
        rescans({ present: ['a', 'b'], read: { b: valid('b', 't'), a: valid('a', 't') } }),
      ).toMatchObject({ added: ['t'], duplicates: [['b', 'a', null]], inForce: { t: 'a' } });
    });

    it('is reported once', () => {
      expect(rescans(held, twice, { present: ['a', 'b'] })).toMatchObject(nothing);
    });

    it('passes on when its holder is deleted', () => {
      expect(rescans(held, twice, { present: ['a'] })).toMatchObject({
        ...nothing,
        changed: ['t'],
        repaired: ['a'],
        inForce: { t: 'a' },
      });
    });

    it('stays with a holder whose own edit is invalid', () => {
      expect(rescans(held, twice, { present: ['a', 'b'], read: { b: broken('b') } })).toMatchObject({
        ...nothing,
        invalid: [['b', '0 3 * * *']],
        inForce: { t: 'b' },
      });
    });

    it('leaves a file that is edited into the conflict its last good version', () => {
      expect(
        rescans(
          { present: ['a', 'b'], read: { a: valid('a', 'x'), b: valid('b', 't') } },
          { present: ['a', 'b'], read: { a: valid('a', 't') } },
        ),
      ).toMatchObject({ ...nothing, duplicates: [['a', 'b', 'x']], inForce: { x: 'a', t: 'b' } });
    });
  });
});
