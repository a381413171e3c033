/**
 * Reading a table over several connections. A *lane* is one connection with its own snapshot, and all that makes objects
 * of what it reads; it may be in this thread, in another, or on another machine. A *crew* is the lanes of one run: their
 * snapshots are of one moment as far as that can be proved. What passes between is plain data.
 */
import type { Consistency, ExportPlan, KeyRange, Window } from './domain/plan.ts';
import type { PreparedObject } from './domain/run.ts';
import type { MaxLoad, OutputOptions, WantedConsistency } from './domain/spec.ts';
import type { TidemarkError } from './errors.ts';

/** Which snapshot it is. Two of one server whose commits are known and equal show the same rows. */
export interface SnapshotMark {
  /** Tells the server from all others, whatever name or proxy led to it. */
  readonly server: string;
  /** How many commits the snapshot shows, of all since the server was started; null: the session cannot tell. */
  readonly commits: string | null;
  /** Where the snapshot stands in the server's log, `mysql-bin.000007:1234`; null: the session cannot tell. */
  readonly position: string | null;
}

/** What a lane is opened with. Names only: passwords and keys are those of the config where the lane is. */
export interface LaneSetup {
  readonly task: string;
  readonly runId: string;
  /** Name of the source in the config. */
  readonly source: string;
  /** Name of the sink in the config. */
  readonly sink: string;
  /** Whether the session gets the key of the mask `hmac`. */
  readonly hmac: boolean;
  /** ISO 8601 UTC: when the run's timeout is over; null: it has none. */
  readonly deadline: string | null;
  /** Of this lane alone: the run's, divided. */
  readonly pace: {
    readonly maxLoad: MaxLoad | null;
    readonly bytesPerSecond: number | null;
    /** How many lanes the crew has, where they are in several processes: none waits for the others. */
    readonly lanes?: number;
  };
  /** Parts that the lane may have on their way; null: what the sink says. */
  readonly partsAtOnce: number | null;
}

/** One SELECT of a plan and the objects that it becomes. */
export interface BatchJob {
  /** Distinct within the run. */
  readonly id: string;
  readonly task: string;
  readonly runId: string;
  readonly scheduledFor: string;
  /** Its `sql` is that of the job; it has no ranges. */
  readonly export: Omit<ExportPlan, 'ranges'>;
  readonly output: OutputOptions;
  /** Whether no row at all becomes an object with a header. */
  readonly emptyObject: boolean;
  /** Number of the job's first object, and what is between the numbers of those that follow where it outgrows one. */
  readonly numbers: { readonly first: number; readonly step: number };
  /** Of this table. */
  readonly windows: readonly Window[];
  /** What it reads of the table; left out: all. */
  readonly range?: KeyRange;
}

/** Per column name, how often something was worth a word. */
export type Counts = Readonly<Record<string, number>>;

export interface BatchResult {
  readonly objects: readonly PreparedObject[];
  /** Rows written. */
  readonly rows: number;
  /** Rows that the source sent. */
  readonly rowsRead: number;
  readonly bytes: number;
  readonly zeroDates: Counts;
  readonly invalidTexts: Counts;
  readonly brokenJson: Counts;
  /** What a module that maps rows has to say of their values. */
  readonly notes: readonly string[];
}

/** What became of asking for an upload. `unanswered`: it may have been begun all the same. */
export type Begun = { readonly uploadId: string } | 'refused' | 'unanswered';

/** Who keeps the journal hears of each upload: before it is begun, and what became of that. */
export interface UploadLedger {
  /**
   * The upload may be begun once this settles. One of the same key that was begun before has been ended then: its job is
   * done again.
   *
   * @throws TidemarkError of the journal, or where the run has ended meanwhile.
   */
  beginning(key: string): Promise<void>;
  /** @throws TidemarkError of the journal. */
  begun(key: string, outcome: Begun): Promise<void>;
}

/** What a job tells as it goes. */
export interface JobEvents extends UploadLedger {
  /** Since the job began. */
  progress(progress: { readonly rows: number; readonly bytes: number; readonly files: number }): void;
  /** A module has something to say. */
  said(message: string): void;
  waits(reason: string | null): void;
}

/** One connection, and all that makes objects of what it reads. */
export interface Lane {
  /** Begins the lane's snapshot, or a new one in its place. */
  begin(signal: AbortSignal): Promise<SnapshotMark>;
  /**
   * One job at a time. An aborted or failed job has nothing on its way any more once this rejects.
   *
   * @throws TidemarkError; LANE_LOST where the lane is no more.
   */
  run(job: BatchJob, events: JobEvents, signal: AbortSignal): Promise<BatchResult>;
  /** The one value of a SELECT in the lane's snapshot. */
  scalar(sql: string, signal: AbortSignal): Promise<string | null>;
  /** Why the lane is no more; null: nothing is known of that. */
  loss(): TidemarkError | null;
  close(): Promise<void>;
}

/** Opens lanes in this thread, or in threads of this process. */
export interface Lanes {
  /** @throws TidemarkError of the source: the first that cannot be opened ends the others. */
  open(setup: LaneSetup, count: number, signal: AbortSignal): Promise<readonly Lane[]>;
}

/** Why positions in a server's log prove nothing. Both are for people: half a sentence, and whole ones. */
export interface Obstacle {
  readonly why: string;
  /** What to grant or to set. */
  readonly remedy: string;
  /** The GRANT in it, as it can be pasted; left out: there is none. */
  readonly grant?: string;
}

/** Where a server's log of changes stands. */
export interface LogReading {
  /** As in the marks of snapshots. */
  readonly server: string;
  /** `mysql-bin.000007:1234` or a GTID set; null: not known, or told by the marks of the server's snapshots. */
  readonly position: string | null;
  /**
   * Whether all that is in the log can be seen, and nothing is on its way there. Snapshots that were begun between two
   * such readings of one position show the same rows.
   */
  readonly settled: boolean;
  /** Null: positions prove that snapshots are the same. */
  readonly obstacle: Obstacle | null;
}

/** Writers that are kept out. */
export interface WriteLock {
  /** As in the marks of snapshots. */
  readonly server: string;
  /** For whom, and by which statement: the end of a sentence that begins with "writers". */
  readonly how: string;
  /** Lets them in again, once. @throws TidemarkError where somebody else has let them in before. */
  release(): Promise<void>;
}

/** Watches over sessions that begin their snapshots: over one connection of its own, made when it is first asked. */
export interface Referee {
  /** @throws TidemarkError of the connection, or the signal's reason. */
  reading(signal: AbortSignal): Promise<LogReading>;
  /**
   * Keeps writers out: seconds at most, whatever becomes of this process.
   *
   * @throws TidemarkError LOCK_TIMEOUT; CONSISTENCY_UNPROVEN where the account may not.
   */
  lock(signal: AbortSignal): Promise<WriteLock>;
  close(): Promise<void>;
}

/** How many results are being read from a server: its connections are among the threads that it says are running. */
export interface ReadingCount {
  results(): number;
  add(change: 1 | -1): void;
}

/** How consistent the lanes of a crew are, and how that is known. */
export interface Agreement {
  readonly level: Consistency;
  /** A sentence for the log and the manifest. */
  readonly basis: string;
  /** Where the snapshot stands in the server's log; null: not known. */
  readonly position: string | null;
}

/** The lanes of one run, whose snapshots have been agreed on. */
export interface Crew {
  readonly agreement: Agreement;
  /**
   * Keeps what another process needs to lead the run on where this one dies. Left out where the crew dies with it.
   *
   * @param memo plain data without secrets.
   */
  keep?(memo: unknown, signal: AbortSignal): Promise<void>;
  /**
   * Runs jobs, as many at once as there are lanes; one whose lane is lost is done again in another, under the same keys.
   *
   * @param events of a job; asked for again where it is done again.
   * @param onResult hears of each job that is done, as soon as it is.
   * @returns results in the order of the jobs.
   * @throws TidemarkError of the first job that failed. No job has anything on its way any more.
   */
  export(
    jobs: readonly BatchJob[],
    events: (job: BatchJob) => JobEvents,
    signal: AbortSignal,
    onResult?: (job: BatchJob, result: BatchResult) => void,
  ): Promise<readonly BatchResult[]>;
  /** The one value of a SELECT in the crew's snapshot. */
  scalar(sql: string, signal: AbortSignal): Promise<string | null>;
  close(): Promise<void>;
}

/** What a run needs a crew for. */
export interface CrewRequest {
  /** Its `pace` is that of the whole crew. */
  readonly setup: Omit<LaneSetup, 'partsAtOnce'>;
  /** Lanes that are wanted; there may be fewer, but one. */
  readonly lanes: number;
  readonly consistency: WantedConsistency;
  /** Tables that will be read; null: not known. */
  readonly tables: readonly string[] | null;
  /** What batches are written as: some take more memory than others. */
  readonly output: Pick<OutputOptions, 'format'>;
  /** Which server the run was planned on, as in a mark: others may not have yet what the plan knows of. Null: any. */
  readonly server: string | null;
  /** Hears that something has to be waited for, and why; null: it has come. */
  onWait(reason: string | null): void;
}

/** A run that nobody leads. */
export interface LeftRun {
  readonly runId: string;
  readonly task: string;
  /** Name of the source in the config. */
  readonly source: string;
}

export interface LedCrew extends Crew {
  /** How many lanes it has when it is taken over. */
  readonly lanes: number;
}

/** Runs whose lanes go on although nobody leads them, as after a crash of the daemon. */
export interface LeftRuns {
  /** Those that this process could lead on, by run, as they have kept themselves. Waits for the queue. */
  find(signal: AbortSignal): Promise<ReadonlyMap<string, unknown>>;
  /** The crew of such a run; null: it is no more. Its jobs go on, or have gone on all the time. */
  leadOn(run: LeftRun, signal: AbortSignal): Promise<LedCrew | null>;
  /** Ends what there is of a task that nobody will lead on. @throws TidemarkError REDIS_UNREACHABLE. */
  dissolve(task: string): Promise<void>;
}

export interface Crews {
  /** Whether a run of one lane is as well read by the connection that it was planned with, in this thread. */
  readonly sparesOne: boolean;
  /** @throws TidemarkError of the source; CONSISTENCY_UNPROVEN where less can be proved than is wanted. */
  assemble(request: CrewRequest, signal: AbortSignal): Promise<Crew>;
}
