/** Jobs as they lie in the queue. Thousands of them differ in little: what they have in common is kept once. Pure. */
import type { BatchJob } from '../lane-ports.ts';
import type { BatchData } from './messages.ts';

export interface PackedJobs {
  /** In the order of the jobs. */
  readonly batches: readonly BatchData[];
  /** By name, as JSON. */
  readonly commons: Readonly<Record<string, string>>;
}

/** @param flow distinguishes the names of what is in common from those of other jobs of the crew. */
export function packJobs(jobs: readonly BatchJob[], flow: number): PackedJobs {
  const names = new Map<string, string>();
  const batches = jobs.map(({ id, numbers, range, export: { sql, ...rest }, ...others }): BatchData => {
    const text = JSON.stringify({ ...others, export: rest });
    const common = names.get(text) ?? `common:${flow}:${names.size}`;
    names.set(text, common);
    return { id, common, sql, numbers, ...(range === undefined ? {} : { range }) };
  });
  return { batches, commons: Object.fromEntries(Array.from(names, ([text, name]) => [name, text])) };
}

/** @param common what the batch's name of it stands for. */
export function unpackJob({ common: _name, sql, ...own }: BatchData, common: string): BatchJob {
  const rest = JSON.parse(common) as Omit<BatchJob, keyof typeof own>;
  return { ...rest, ...own, export: { ...rest.export, sql } };
}
