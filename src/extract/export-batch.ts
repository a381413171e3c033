/**
 * One batch job, from the first row to the last prepared object: rows are encoded as they arrive, parts are sent as they
 * fill, and the source waits while too many are on their way.
 */
import type { PreparedObject } from '../domain/run.ts';
import type { BatchJob, BatchResult, Counts } from '../lane-ports.ts';
import { contentTypeOf } from '../plan/formats.ts';
import { objectKey } from '../plan/keys.ts';
import type { PendingUpload, RowHandler, RowStream, Sink, Snapshot } from '../ports.ts';
import type { RowTransformer, TransformTarget } from '../transform-ports.ts';
import { bufferPool } from './buffers.ts';
import { keyAt, pieceRanges } from './key-range.ts';
import { rowMapper } from './map-rows.ts';
import type { OpenObject } from './object-series.ts';
import { ObjectWriter } from './object-writer.ts';
import { parquetSeries } from './parquet-series.ts';
import { basePartSize } from './part-size.ts';
import { textSeries } from './text-series.ts';

export interface Progress {
  rows: number;
  bytes: number;
  files: number;
}

/** Part of the threshold from which on keys are looked at. */
const NEARLY_FULL = 0.8;

/** What a job works with, where it is done. */
export interface BatchPorts {
  readonly snapshot: Pick<Snapshot, 'rows' | 'hmac'>;
  readonly sink: Pick<Sink, 'partBytes' | 'concurrency'>;
  /** Opens an upload that belongs to the run. */
  begin(key: string, contentType: string, signal: AbortSignal): Promise<PendingUpload>;
  /** Counted up as rows are read and encoded; read it whenever you like. */
  readonly progress: Progress;
  /** Starts the module through which rows go; null: they go through none. */
  readonly openTransformer: ((target: TransformTarget) => RowTransformer) | null;
}

/**
 * @throws TidemarkError of source or sink; ZERO_DATE; or the signal's reason. Uploads that were begun stay open: whoever
 *   keeps the journal aborts them.
 */
export async function exportBatch(
  { export: plan, output, emptyObject, numbers, range }: BatchJob,
  { snapshot, sink, begin, progress, openTransformer }: BatchPorts,
  signal: AbortSignal,
): Promise<BatchResult> {
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  const fail = (error: unknown): void => failed.abort(error);

  const contentType = contentTypeOf(output);
  const partBytes = basePartSize(sink.partBytes, plan.batched ? plan.thresholdBytes : plan.estimate.bytes);
  let stream: RowStream | null = null;
  let transformer: RowTransformer | null = null;
  const isWriterFull = (): boolean => pool.isFull() || series.isFull();
  const isFull = (): boolean => isWriterFull() || transformer?.isFull() === true;
  const goOn = (): void => {
    if (!isFull()) stream?.resume();
  };
  const onGive = (): void => {
    transformer?.resume();
    goOn();
  };
  const pool = bufferPool(partBytes, sink.concurrency + 1, onGive);

  const { mapping = null } = plan;
  const read = mapping?.columns ?? plan.rowTransform?.input ?? plan.columns;
  // A module and the threads of Parquet hold rows back: the one that is read is not the one that begins an object.
  const cell = openTransformer === null && output.format !== 'parquet' ? (plan.rangeKey?.cell ?? null) : null;
  // Of the row that is being read, once the object is nearly full: rows are written over as they are encoded.
  let rowKey: string | null = null;
  let objectBytes = 0;
  const begins: (string | null)[] = [];

  const open = (number: number): ObjectWriter => {
    if (number > 0) begins.push(rowKey);
    rowKey = null;
    objectBytes = 0;
    const batch = plan.batched ? numbers.first + number * numbers.step : null;
    const key = objectKey(plan.keyPattern, batch);
    progress.files++;
    const identity = { table: plan.name, batch, key };
    return new ObjectWriter(identity, pool, () => begin(key, contentType, ended), fail);
  };
  const prepared: Promise<PreparedObject>[] = [];
  const seal = (full: OpenObject): void => {
    const object = full.finish();
    // Awaited below, all together; a part's failure has ended the stream by then.
    object.catch(fail);
    prepared.push(object);
  };
  const newSeries = output.format === 'parquet' ? parquetSeries : textSeries;
  const series = newSeries(plan.columns, output, {
    thresholdBytes: plan.batched ? plan.thresholdBytes : null,
    open,
    sealed: seal,
    drained: onGive,
    failed: fail,
  });

  const writeRow: RowHandler = (packet, start, end) => {
    const bytes = series.takeRow(packet, start, end);
    progress.bytes += bytes;
    objectBytes += bytes;
  };
  let rowsRead = 0;
  try {
    transformer =
      openTransformer?.({ onRow: writeRow, isFull: isWriterFull, drained: goOn, failed: fail }) ?? null;
    const passOn = transformer?.takeRow ?? writeRow;
    const takeRow: RowHandler = (packet, start, end) => {
      passOn(packet, start, end);
      rowsRead++;
      progress.rows++;
      if (isFull()) stream!.pause();
    };
    const onRow = mapping === null ? takeRow : mapped(rowMapper(mapping, snapshot.hmac), takeRow);
    const watched = (from: number): RowHandler => {
      const nearlyFull = NEARLY_FULL * plan.thresholdBytes;
      return (packet, start, end) => {
        if (objectBytes > nearlyFull) rowKey = keyAt(packet, start, from, read[from]!.kind);
        onRow(packet, start, end);
      };
    };
    stream = snapshot.rows(plan.sql, read, cell === null ? onRow : watched(cell), ended);

    await stream.done;
    const notes = (await transformer?.finish(ended)) ?? [];
    const last = series.current();
    if (prepared.length === 0 && last.rows === 0 && !emptyObject) last.discard();
    else seal(last);
    const whole = await Promise.all(prepared);
    const keyRanges = range === undefined ? [] : pieceRanges(range, begins, plan.rangeKey?.unique === true);
    const objects = whole.map((object, at) => ({
      ...object,
      ...(keyRanges[at] === undefined ? {} : { keyRange: keyRanges[at] }),
    }));
    const { zeroDates, invalidTexts, brokenJson } = series.oddities();
    return {
      objects,
      rows: objects.reduce((sum, object) => sum + object.rows, 0),
      rowsRead,
      bytes: objects.reduce((sum, object) => sum + object.bytes, 0),
      zeroDates: counts(zeroDates),
      invalidTexts: counts(invalidTexts),
      brokenJson: counts(brokenJson),
      notes,
    };
  } catch (error) {
    // Parts still on their way are no longer wanted; the publication waits for them to come to rest.
    fail(error);
    series.abandon();
    // What came first says why: a request that is broken off by an abort fails in words of its own.
    throw ended.reason;
  } finally {
    await transformer?.close();
  }
}

function mapped(map: ReturnType<typeof rowMapper>, takeRow: RowHandler): RowHandler {
  return (packet, start) => {
    const row = map(packet, start);
    takeRow(row, 0, row.length);
  };
}

function counts(found: ReadonlyMap<string, number>): Counts {
  return Object.fromEntries(found);
}
