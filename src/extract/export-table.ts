/**
 * One export of a plan, from the first row to the last prepared object: rows are encoded as they arrive, parts are
 * sent as they fill, and the source waits while too many are on their way.
 */
import type { ExportPlan, OnEmpty, OutputOptions, PreparedObject } from '../domain.ts';
import { TidemarkError } from '../errors.ts';
import { objectKey } from '../plan/keys.ts';
import type { PendingUpload, RowStream, Sink, Snapshot } from '../ports.ts';
import { batchRoller } from './batch-roller.ts';
import { bufferPool } from './buffers.ts';
import { csvEncoder } from './csv.ts';
import { ObjectWriter } from './object-writer.ts';
import { basePartSize } from './part-size.ts';

export interface ExportResult {
  readonly objects: readonly PreparedObject[];
  readonly rows: number;
  readonly bytes: number;
  readonly warnings: readonly string[];
}

export interface Progress {
  rows: number;
  bytes: number;
  files: number;
}

const CONTENT_TYPE = 'text/csv; charset=utf-8';

/**
 * @param begin opens an upload; the publication remembers it.
 * @param progress is counted up as rows are encoded; read it whenever you like.
 * @throws TidemarkError of source or sink; RESULT_EMPTY; ZERO_DATE. Uploads that were begun stay open: the
 *   publication aborts them.
 */
export async function exportTable(
  plan: ExportPlan,
  output: OutputOptions,
  onEmpty: OnEmpty,
  snapshot: Snapshot,
  sink: Pick<Sink, 'partBytes' | 'concurrency'>,
  begin: (key: string, contentType: string, signal: AbortSignal) => Promise<PendingUpload>,
  progress: Progress,
  signal: AbortSignal,
): Promise<ExportResult> {
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  const fail = (error: unknown): void => failed.abort(error);

  const encoder = csvEncoder(plan.columns, output);
  const partBytes = basePartSize(sink.partBytes, plan.batched ? plan.thresholdBytes : plan.estimate.bytes);
  let stream: RowStream | null = null;
  const pool = bufferPool(partBytes, sink.concurrency + 1, () => {
    if (!pool.isFull()) stream?.resume();
  });

  const open = (number: number): ObjectWriter => {
    const batch = plan.batched ? number : null;
    const key = objectKey(plan.keyPattern, batch);
    progress.files++;
    return new ObjectWriter(
      { table: plan.name, batch, key },
      pool,
      () => begin(key, CONTENT_TYPE, ended),
      fail,
    );
  };
  const prepared: Promise<PreparedObject>[] = [];
  const seal = (writer: ObjectWriter): void => {
    const object = writer.finish();
    // Awaited below, all together; a part's failure has ended the stream by then.
    object.catch(fail);
    prepared.push(object);
  };
  const roller = batchRoller(encoder, plan.batched ? plan.thresholdBytes : null, open, seal);

  stream = snapshot.rows(
    plan.sql,
    plan.columns,
    (packet, start, end) => {
      progress.bytes += roller.takeRow(packet, start, end);
      progress.rows++;
      if (pool.isFull()) stream!.pause();
    },
    ended,
  );

  try {
    await stream.done;
    const last = roller.current();
    const isEmpty = prepared.length === 0 && last.rows === 0;
    if (isEmpty && onEmpty === 'fail') {
      throw new TidemarkError('RESULT_EMPTY', `${plan.name} returned no row.`, { sql: plan.sql });
    }
    if (isEmpty && onEmpty === 'skip') last.discard();
    else seal(last);
    const objects = await Promise.all(prepared);
    return summarise(plan, objects, encoder.zeroDates(), output);
  } catch (error) {
    // Parts still on their way are no longer wanted; the publication waits for them to come to rest.
    fail(error);
    // What came first says why: a request that is broken off by an abort fails in words of its own.
    throw ended.reason;
  }
}

function summarise(
  plan: ExportPlan,
  objects: readonly PreparedObject[],
  zeroDates: ReadonlyMap<string, number>,
  output: OutputOptions,
): ExportResult {
  const written = output.zeroDates === 'null' ? 'NULL' : 'text';
  return {
    objects,
    rows: objects.reduce((sum, object) => sum + object.rows, 0),
    bytes: objects.reduce((sum, object) => sum + object.bytes, 0),
    warnings: Array.from(
      zeroDates,
      ([column, count]) => `${plan.name}.${column}: ${count} zero or partial dates written as ${written}.`,
    ),
  };
}
