/**
 * Who may act: whoever has said the token of the config. A browser says it once and gets a cookie; a program says it
 * with each request. Kept in memory: a restart signs everybody out.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface Sessions {
  /** Null: the token is wrong. Otherwise the secret of the new session. */
  begin(token: string, name: string): string | null;
  /** Who has this session; null: there is none, or it has ended. */
  nameOf(secret: string): string | null;
  end(secret: string): void;
  /** Whether this is the token. */
  isToken(token: string): boolean;
  /** Whether so many wrong tokens have come within a minute that none is looked at. */
  isTired(): boolean;
}

export const SESSION_MS = 12 * 3_600_000;
const MOST_SESSIONS = 100;
const WRONG_MS = 60_000;
const MOST_WRONG = 20;

/** @param token of the config. */
export function openSessions(token: string, now: () => number = Date.now): Sessions {
  const sessions = new Map<string, { readonly name: string; readonly until: number }>();
  // Compared as hashes: they are of one length, and the time that it takes tells nothing.
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  const wanted = hash(token);
  let wrong: number[] = [];
  const recent = (): number[] => (wrong = wrong.filter((at) => at > now() - WRONG_MS));

  const isToken = (said: string): boolean => {
    if (recent().length >= MOST_WRONG) return false;
    const right = timingSafeEqual(hash(said), wanted);
    if (!right) wrong.push(now());
    return right;
  };

  return {
    isToken,
    isTired: () => recent().length >= MOST_WRONG,
    begin(said, name) {
      if (!isToken(said)) return null;
      const secret = randomBytes(32).toString('base64url');
      sessions.set(secret, { name, until: now() + SESSION_MS });
      // The order of a Map is that of insertion: the oldest goes.
      for (const oldest of sessions.keys()) {
        if (sessions.size <= MOST_SESSIONS) break;
        sessions.delete(oldest);
      }
      return secret;
    },
    nameOf(secret) {
      const session = sessions.get(secret);
      if (session === undefined) return null;
      if (session.until > now()) return session.name;
      sessions.delete(secret);
      return null;
    },
    end: (secret) => void sessions.delete(secret),
  };
}
