/** A parsed spec for the tests of watching and scheduling; `text` is what stands in its file. */
import type { Spec } from '../../../src/domain/spec.ts';
import { FaultsError } from '../../../src/errors.ts';
import { parseSpec } from '../../../src/spec/parse.ts';

/** What a spec of the least text stands for, with some of it changed. */
export function sampleSpec(taskName: string, fields: Partial<Spec> = {}): Spec {
  const text = JSON.stringify({
    task_name: taskName,
    schedule: '0 3 * * *',
    table: { name: taskName },
    owner: { email: 'owner@example.com' },
    source: 'mysql',
    sink: 's3',
  });
  return { ...parseSpec(text, `specs/${taskName}.json`), ...fields };
}

export function faults(file: string, message = 'not JSON'): FaultsError {
  return new FaultsError('SPEC_INVALID', [{ file, line: 1, column: 1, path: '', message }]);
}

/** Stands in for the real parser: `{"task_name", "schedule", "timezone"}` and no more. */
export function parseSample(text: string, file: string): Spec {
  let value: { task_name?: string; schedule?: string | null; timezone?: string | null };
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    throw faults(file);
  }
  if (typeof value.task_name !== 'string') throw faults(file, 'task_name is missing');
  const { task_name: taskName, schedule = null, timezone = null } = value;
  return sampleSpec(taskName, { file, schedule, timezone });
}
