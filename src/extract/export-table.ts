/**
 * One export of a plan, from the first row to the last prepared object: rows are encoded as they arrive, parts are
 * sent as they fill, and the source waits while too many are on their way.
 */
import type { ExportPlan, OnEmpty, OutputOptions, PreparedObject } from '../domain.ts';
import { TidemarkError } from '../errors.ts';
import { contentTypeOf } from '../plan/formats.ts';
import { objectKey } from '../plan/keys.ts';
import type { PendingUpload, RowHandler, RowStream, Sink, Snapshot } from '../ports.ts';
import { batchRoller } from './batch-roller.ts';
import { bufferPool } from './buffers.ts';
import { blockPool } from './block-pool.ts';
import { compressorOf } from './compress.ts';
import { CompressedWriter } from './compressed-writer.ts';
import { csvEncoder } from './csv.ts';
import { jsonlEncoder } from './jsonl.ts';
import { rowMapper } from './map-rows.ts';
import { ObjectWriter } from './object-writer.ts';
import { basePartSize } from './part-size.ts';
import type { RowEncoder } from './row-encoder.ts';
import type { TextWriter } from './text-writer.ts';

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

/** Blocks being filled or compressed: enough for all threads, and for those that wait for an earlier one. */
const BLOCKS = 12;

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

  const encoder = encoderOf(plan.columns, output);
  const newCompressor = compressorOf(output.compression);
  const contentType = contentTypeOf(output);
  const partBytes = basePartSize(sink.partBytes, plan.batched ? plan.thresholdBytes : plan.estimate.bytes);
  let stream: RowStream | null = null;
  const isFull = (): boolean => pool.isFull() || blocks.isFull();
  const onGive = (): void => {
    if (!isFull()) stream?.resume();
  };
  const pool = bufferPool(partBytes, sink.concurrency + 1, onGive);
  const blocks = blockPool(BLOCKS, onGive);

  const open = (number: number): TextWriter => {
    const batch = plan.batched ? number : null;
    const key = objectKey(plan.keyPattern, batch);
    progress.files++;
    const identity = { table: plan.name, batch, key };
    const object = new ObjectWriter(identity, pool, () => begin(key, contentType, ended), fail);
    return newCompressor === null ? object : new CompressedWriter(object, blocks, newCompressor(), fail);
  };
  const prepared: Promise<PreparedObject>[] = [];
  const seal = (writer: TextWriter): void => {
    const object = writer.finish();
    // Awaited below, all together; a part's failure has ended the stream by then.
    object.catch(fail);
    prepared.push(object);
  };
  const roller = batchRoller(encoder, plan.batched ? plan.thresholdBytes : null, open, seal);

  const takeRow = (packet: Buffer, start: number, end: number): void => {
    progress.bytes += roller.takeRow(packet, start, end);
    progress.rows++;
    if (isFull()) stream!.pause();
  };
  const { mapping = null } = plan;
  const onRow = mapping === null ? takeRow : mapped(rowMapper(mapping, snapshot.hmac), takeRow);
  stream = snapshot.rows(plan.sql, mapping?.columns ?? plan.columns, onRow, ended);

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
    return summarise(plan, objects, encoder, output);
  } catch (error) {
    // Parts still on their way are no longer wanted; the publication waits for them to come to rest.
    fail(error);
    // What came first says why: a request that is broken off by an abort fails in words of its own.
    throw ended.reason;
  }
}

function mapped(map: ReturnType<typeof rowMapper>, takeRow: RowHandler): RowHandler {
  return (packet, start) => {
    const row = map(packet, start);
    takeRow(row, 0, row.length);
  };
}

function encoderOf(columns: ExportPlan['columns'], output: OutputOptions): RowEncoder {
  return output.format === 'jsonl' ? jsonlEncoder(columns, output) : csvEncoder(columns, output);
}

function summarise(
  plan: ExportPlan,
  objects: readonly PreparedObject[],
  encoder: Pick<RowEncoder, 'zeroDates' | 'invalidTexts' | 'brokenJson'>,
  output: OutputOptions,
): ExportResult {
  const dates = output.zeroDates === 'null' ? 'NULL' : 'text';
  const texts = output.format === 'jsonl' ? 'with U+FFFD in their place' : 'as they are';
  const warnings = (counts: ReadonlyMap<string, number>, what: string): string[] =>
    Array.from(counts, ([column, count]) => `${plan.name}.${column}: ${count} ${what}.`);
  return {
    objects,
    rows: objects.reduce((sum, object) => sum + object.rows, 0),
    bytes: objects.reduce((sum, object) => sum + object.bytes, 0),
    warnings: [
      ...warnings(encoder.zeroDates(), `zero or partial dates written as ${dates}`),
      ...warnings(encoder.invalidTexts(), `texts are not valid UTF-8; their bytes were written ${texts}`),
      ...warnings(encoder.brokenJson(), 'values are not JSON; they were written as strings'),
    ],
  };
}
