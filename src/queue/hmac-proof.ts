/**
 * Shows that daemon and worker have the same key of the mask `hmac`, without sending it: columns that were masked with
 * two keys could not be joined, and nothing else would tell.
 */
import { scryptSync } from 'node:crypto';

/** As slow as a login: a key that somebody made up should not be found out from this. */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;

/**
 * @param key of the config; null: it has none.
 * @param crew makes each proof another one.
 */
export function hmacProof(key: string | null, crew: string): string | null {
  return key === null ? null : scryptSync(key, `tidemark:${crew}`, 32, COST).toString('base64');
}
