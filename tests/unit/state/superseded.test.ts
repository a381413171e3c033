import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { positionOf } from '../../../src/state/changes.ts';
import { durably, openFollower } from '../../../src/state/database.ts';
import { copyState, forgetOld, installState, lead } from '../../../src/state/replica.ts';
import { place, ran, stateDb } from './folder.ts';

const contentOf = (db: DatabaseSync): unknown[] => db.prepare('SELECT * FROM run ORDER BY 1').all();

describe('what a copy takes the place of', () => {
  /** A leader's state, its copy at the third change, and another's folder that took it after the second. */
  const setUp = async () => {
    const leader = stateDb();
    lead(leader, 4, () => 'lineage');
    for (const minute of [0, 1]) durably(leader, 'a run', () => ran(leader, 'orders', minute));
    const [early, copy, other] = ['early.db', 'copy.db', 'other'].map((name) => join(place.folder, name));
    await copyState(place.folder, early!);
    durably(leader, 'a run', () => ran(leader, 'orders', 2));
    await copyState(place.folder, copy!);
    const { db, close } = openFollower(other!);
    await installState(early!, other!, null, true);
    const install = (unsure: boolean) => installState(copy!, other!, positionOf(db), unsure);
    return { leader, db, close, install };
  };

  it('is not kept where the copy has all of it, also of one that has led', async () => {
    const { db, close, install } = await setUp();
    lead(db, 5, () => 'lineage');
    expect(await install(true)).toBeNull();
    expect(positionOf(db)).toMatchObject({ seq: 3, leads: null });
    close();
  });

  it('is kept where the copy has something else, each by a name of its own', async () => {
    const { leader, db, close, install } = await setUp();
    const names: string[] = [];
    for (const minute of [7, 8]) {
      lead(db, 5, () => 'lineage');
      durably(db, 'a run that nobody was told of', () => ran(db, 'orders', minute));
      const content = contentOf(db);
      const name = await install(true);
      const kept = new DatabaseSync(name!, { readOnly: true });
      expect(contentOf(kept)).toEqual(content);
      kept.close();
      names.push(name!);
      expect(contentOf(db)).toEqual(contentOf(leader));
    }
    expect(new Set(names).size).toBe(2);
    close();
  });

  it.each([true, false])('is kept where the copy does not tell, if that is asked for: %s', async (unsure) => {
    const { leader, close, install } = await setUp();
    forgetOld(leader, 3, 0);
    await copyState(place.folder, join(place.folder, 'copy.db'));
    expect((await install(unsure)) !== null).toBe(unsure);
    close();
  });
});
