/**
 * Who goes on where Redis has lost the state, or the last changes of it, or has never had one: the daemon that has the most
 * of it, once every daemon that has a copy has said how far it is. Pure.
 */
import type { Member } from '../state/replica.ts';
import type { Standpoint } from './shared-state.ts';

export type Outcome =
  | { readonly kind: 'mine' }
  /** Another one has more, and will lead. */
  | { readonly kind: 'theirs'; readonly host: string }
  | { readonly kind: 'missing'; readonly hosts: readonly string[] };

/** @param known every daemon that has a copy, this one too or not. @param said what each has said of late, copy or not. */
export function census(
  me: Member,
  mine: Omit<Standpoint, 'host'>,
  known: readonly Member[],
  said: ReadonlyMap<string, Standpoint>,
): Outcome {
  const missing = known.filter(({ node }) => node !== me.node && !said.has(node));
  if (missing.length > 0) return { kind: 'missing', hosts: missing.map(({ host }) => host) };
  const ahead = [...said].find(([node, other]) => node !== me.node && isAhead(other, node, mine, me.node));
  return ahead === undefined ? { kind: 'mine' } : { kind: 'theirs', host: ahead[1].host };
}

/**
 * Changes of a later leader count for more; of two that are equal, one has to begin. Who has no copy comes after all that
 * have one, whatever it has recorded by itself.
 */
function isAhead(other: Standpoint, node: string, mine: Omit<Standpoint, 'host'>, own: string): boolean {
  if (other.lineage !== mine.lineage) return mine.lineage === null;
  if (other.token !== mine.token) return other.token > mine.token;
  return other.seq === mine.seq ? node < own : other.seq > mine.seq;
}
