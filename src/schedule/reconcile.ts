/** Which schedules to begin, replace and end so that they match the specs in force. Pure. */
import type { Spec } from '../domain/spec.ts';

/** When a task fires: all that its slots depend on. */
export interface Timing {
  /** Cron expression of 5 or 6 fields. */
  readonly schedule: string;
  /** IANA zone. */
  readonly timezone: string;
}

export interface ScheduleChanges {
  readonly start: ReadonlyMap<string, Timing>;
  readonly replace: ReadonlyMap<string, Timing>;
  readonly stop: readonly string[];
}

/** The timing of a spec; null where it runs by hand only. `timezone`: the config's. */
export function timingOf(spec: Pick<Spec, 'schedule' | 'timezone'>, timezone: string): Timing | null {
  return spec.schedule === null ? null : { schedule: spec.schedule, timezone: spec.timezone ?? timezone };
}

export function sameTiming(one: Timing, other: Timing): boolean {
  return one.schedule === other.schedule && one.timezone === other.timezone;
}

/** `current`: the timing of each schedule, by task; `wanted`: the specs in force; `timezone`: the config's. */
export function reconcile(
  current: ReadonlyMap<string, Timing>,
  wanted: ReadonlyMap<string, Pick<Spec, 'schedule' | 'timezone'>>,
  timezone: string,
): ScheduleChanges {
  const start = new Map<string, Timing>();
  const replace = new Map<string, Timing>();
  const kept = new Set<string>();
  for (const [task, spec] of wanted) {
    const timing = timingOf(spec, timezone);
    if (timing === null) continue;
    kept.add(task);
    const now = current.get(task);
    if (now === undefined) start.set(task, timing);
    else if (!sameTiming(now, timing)) replace.set(task, timing);
  }
  return { start, replace, stop: [...current.keys()].filter((task) => !kept.has(task)) };
}
