/** Who has a copy of the state, as far as anybody knows: kept where a loss of Redis does not reach it. */
import type { DatabaseSync } from 'node:sqlite';
import { positionOf } from '../state/changes.ts';
import { knownMembers, noteMembers } from '../state/replica.ts';
import type { View } from './shared-state.ts';

/**
 * Keeps those who have joined with a copy of the same state. Once one is known it stays: it may come back with what nobody
 * else has.
 */
export function keepMembers(db: DatabaseSync, { members }: Pick<View, 'members'>): void {
  const lineage = positionOf(db)?.lineage;
  if (lineage === undefined) return;
  const known = new Map(knownMembers(db).map(({ node, host }) => [node, host]));
  const news = members.filter((one) => one.lineage === lineage && known.get(one.node) !== one.host);
  if (news.length > 0) noteMembers(db, news, new Date());
}
