/** Who has a copy of the state, as far as anybody knows: kept where a loss of Redis does not reach it. */
import type { DatabaseSync } from 'node:sqlite';
import { positionOf } from '../state/changes.ts';
import { knownMembers, noteMembers } from '../state/replica.ts';
import type { View } from './shared-state.ts';

/** Keeps those who have joined. Once one is known it stays: it may come back with what nobody else has. */
export function keepMembers(db: DatabaseSync, { members }: Pick<View, 'members'>): void {
  if (positionOf(db) === null) return;
  const known = new Map(knownMembers(db).map(({ node, host }) => [node, host]));
  const news = members.filter(({ node, host }) => known.get(node) !== host);
  if (news.length > 0) noteMembers(db, news, new Date());
}
