/** The plan of the run that would begin now: what `plan` prints and `check --connect` looks at. */
import type { Config } from '../config/config.ts';
import type { Spec } from '../domain/spec.ts';
import type { Plan } from '../domain/plan.ts';
import type { RunIdentity, TaskMemory } from '../domain/run.ts';
import { identifyRun, makePlan, needsOf } from '../planner.ts';
import { transformsIn } from '../transform/transforms.ts';
import { mysqlSource } from '../sources/mysql/snapshot.ts';
import { readState } from '../state/database.ts';
import { sourceOptions } from './endpoints.ts';
import { planSettings } from './installation.ts';
import { memoryOf } from './run-book.ts';

/**
 * Asks the server, and reads no table data but the largest value of an integer watermark.
 *
 * @throws TidemarkError of the source, of the state, of the windows, or of the module that maps rows.
 */
export async function planNow(config: Config, spec: Spec): Promise<Plan> {
  const run = runNow();
  const { signal } = new AbortController();
  const source = mysqlSource(sourceOptions(config.sources[spec.source]!, config.masking.hmac_key));
  const memory = memoryNow(config, spec, run.scheduledFor);
  const { rowTransform } = spec;
  const declared =
    rowTransform === null ? null : await transformsIn(config.transforms_dir).inspect(rowTransform, signal);
  const settings = { ...planSettings(config, spec), declared };
  const snapshot = await source.open(signal, needsOf(spec, run));
  try {
    return await makePlan(spec, snapshot, run, memory, settings, signal);
  } finally {
    await snapshot.close();
  }
}

/** The run that somebody would begin by hand at this moment. */
export function runNow(): RunIdentity {
  return identifyRun({ kind: 'manual', scheduledFor: new Date(), until: null, backfill: null });
}

/** A plan may be asked for before anything has run, and where nothing may be written. */
export function memoryNow(config: Config, spec: Spec, now: Date): TaskMemory {
  const state = readState(config.state_dir);
  try {
    return memoryOf(state.db, spec, config.timezone, now);
  } finally {
    state.close();
  }
}
