/** Looks from time to time whether a digest is due; that each is written once is for who writes it. */
import type { Spec } from '../domain/spec.ts';
import { timingOf, type Timing } from '../schedule/reconcile.ts';
import { countSlots, lastSlot } from '../schedule/slots.ts';
import { specsInForce, type SpecSet } from '../watch/spec-set.ts';
import { repeat } from './repeat.ts';

export interface DigestTask {
  readonly spec: Spec;
  readonly nextFire: Date | null;
  readonly fires: number;
}

export interface DigestOptions {
  /** When digests are due; null: the config wants none. Asked for at every look, as the config may be read again. */
  readonly timing: () => Timing | null;
  /** Writes the digest up to `due`, unless it has been written. Must not throw. */
  readonly tell: (due: Date, tasks: () => readonly DigestTask[]) => void;
}

export interface DigestFacts {
  readonly specs: SpecSet;
  readonly next: (task: string) => Date | null;
  /** IANA zone of the specs that name none. */
  readonly timezone: string;
}

const LOOK_MS = 5_000;
const DAY_MS = 86_400_000;
const MOST_FIRES = 100_000;

/**
 * @param options undefined: nobody reads digests.
 * @param known null: the specs are not known yet.
 * @returns stops it.
 */
export function startDigest(
  options: DigestOptions | undefined,
  known: () => DigestFacts | null,
): () => Promise<void> {
  const look = (): void => {
    const when = options?.timing() ?? null;
    const facts = known();
    if (options === undefined || when === null || facts === null) return;
    const specs = [...specsInForce(facts.specs).values()];
    const now = new Date();
    // A day has at most 25 hours; the last one is due also after weeks without a daemon.
    const due = lastSlot(when, new Date(now.getTime() - 2 * DAY_MS), now);
    if (due !== null) options.tell(due, () => specs.map((spec) => taskOf(spec, now, facts)));
  };
  return repeat(() => {
    look();
    return Promise.resolve();
  }, LOOK_MS);
}

function taskOf(spec: Spec, now: Date, { next, timezone }: DigestFacts): DigestTask {
  const timing = timingOf(spec, timezone);
  const end = new Date(now.getTime() + DAY_MS);
  const fires = timing === null ? 0 : countSlots(timing, now, end, MOST_FIRES);
  return { spec, nextFire: next(spec.taskName), fires };
}
