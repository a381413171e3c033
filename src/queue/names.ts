/** What things are called in Redis, and which program may read them. */

/** Of all that is written here. Whoever writes something that another release would misread counts on. */
export const QUEUE_FORMAT = 1;

/** What nobody has touched for so long goes, in seconds: a crew that is led is touched all the time. */
export const FORGOTTEN_S = 3600;

/** The BullMQ queue in which crews look for lanes. */
export const REQUESTS = 'lanes';

/** The names of one crew. Those of BullMQ's queues have no prefix: it adds that itself. */
export interface CrewNames {
  /** Hash: what is known of the crew. See `record.ts`. */
  readonly record: string;
  /** Stream: what the crew's lanes are told. */
  readonly orders: string;
  /** Stream: what they tell. */
  readonly reports: string;
  /** Hash: by lane, a sign of life. */
  readonly beats: string;
  /** Hash: by job, how far it is. */
  readonly progress: string;
  /** BullMQ queue: batches that wait for a lane. */
  readonly batches: string;
  /** BullMQ queue: what is to be done when all batches are: the commit, which belongs to whoever leads the run. */
  readonly commits: string;
}

export function crewNames(prefix: string, crew: string): CrewNames {
  const key = (what: string): string => `${prefix}:crew:${crew}:${what}`;
  return {
    record: key('record'),
    orders: key('orders'),
    reports: key('reports'),
    beats: key('beats'),
    progress: key('progress'),
    batches: `batches.${crew}`,
    commits: `commit.${crew}`,
  };
}

/** Hash: by run, its crew. A run that is in it can be led on by another process. */
export function runsName(prefix: string): string {
  return `${prefix}:runs`;
}

/**
 * What a program has to be to take part: of the same release, because objects of one run must not be made in two ways.
 *
 * @param program its version, `0.1.0`.
 */
export function releaseOf(program: string): string {
  return `${program}, queue format ${QUEUE_FORMAT}`;
}
