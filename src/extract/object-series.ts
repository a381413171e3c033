/** Rows into the objects of one export, one after the other: what text formats and Parquet have in common. */
import type { PreparedObject } from '../domain/run.ts';

/** The object being written. */
export interface OpenObject {
  readonly rows: number;
  /** Settles when all of it is uploaded. */
  finish(): Promise<PreparedObject>;
  /** Gives it up, before anything of it was sent. */
  discard(): void;
}

/** Per column name, how often something was worth a word. Complete once every object is finished. */
export interface Oddities {
  readonly zeroDates: ReadonlyMap<string, number>;
  readonly invalidTexts: ReadonlyMap<string, number>;
  readonly brokenJson: ReadonlyMap<string, number>;
}

export interface ObjectSeries {
  /** Takes one row packet and returns the bytes of text it became, or would have become. */
  takeRow(packet: Buffer, start: number, end: number): number;
  /** Whether the source should wait until something that was taken has been written. */
  isFull(): boolean;
  /** The object being written: the last one, when all rows have come. */
  current(): OpenObject;
  oddities(): Oddities;
  /** Lets go of what works on objects that will not be finished. */
  abandon(): void;
}

export interface SeriesTarget<Writer> {
  /** Of one object, before compression; null: one object, however large. */
  readonly thresholdBytes: number | null;
  /** Begins the object of batch `n`, from 0. */
  open(batch: number): Writer;
  /** Takes an object to which nothing more will be added. */
  sealed(object: OpenObject): void;
  /** Called when something that was taken has been written. */
  drained(): void;
  failed(error: unknown): void;
}
