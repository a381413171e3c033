/**
 * Who goes on where Redis has lost the state, or the last changes of it: the daemon that has the most of it, once every
 * daemon that has had a copy has said how far it is. Pure.
 */
import type { Member } from '../state/replica.ts';
import type { Standpoint } from './shared-state.ts';

export type Outcome =
  | { readonly kind: 'mine' }
  /** Another one has more, and will lead. */
  | { readonly kind: 'theirs'; readonly host: string }
  | { readonly kind: 'missing'; readonly hosts: readonly string[] };

/** @param known every daemon that has had a copy, this one too or not. @param said what each has said of late. */
export function census(
  me: Member,
  mine: Standpoint,
  known: readonly Member[],
  said: ReadonlyMap<string, Standpoint>,
): Outcome {
  const others = known.filter(({ node }) => node !== me.node);
  const missing = others.filter(({ node }) => !said.has(node));
  if (missing.length > 0) return { kind: 'missing', hosts: missing.map(({ host }) => host) };
  const ahead = others.find(({ node }) => isAhead(said.get(node)!, node, mine, me.node));
  return ahead === undefined ? { kind: 'mine' } : { kind: 'theirs', host: ahead.host };
}

/** Changes of a later leader count for more; of two that are equal, one has to begin. */
function isAhead(other: Standpoint, node: string, mine: Standpoint, own: string): boolean {
  if (other.token !== mine.token) return other.token > mine.token;
  return other.seq === mine.seq ? node < own : other.seq > mine.seq;
}
