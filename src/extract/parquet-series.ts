/** Parquet files as a series of objects: rows go to the thread that encodes them, and the bytes of files come back. */
import type { OutputOptions } from '../domain/spec.ts';
import type { OutputColumn } from '../domain/plan.ts';
import type { PreparedObject } from '../domain/run.ts';
import type { ObjectSeries, OpenObject, SeriesTarget } from './object-series.ts';
import type { ObjectWriter } from './object-writer.ts';
import { parquetWriter, type ParquetWriter } from './parquet/writer.ts';

export function parquetSeries(
  columns: readonly OutputColumn[],
  output: OutputOptions,
  target: SeriesTarget<ObjectWriter>,
): ObjectSeries {
  const limit = target.thresholdBytes ?? Number.POSITIVE_INFINITY;
  /** Those that are not whole yet. */
  const files = new Set<ParquetFile>();
  const zeroDates = new Map<string, number>();
  const invalidTexts = new Map<string, number>();
  const finished = (file: ParquetFile): void => {
    files.delete(file);
    addCounts(zeroDates, file.writer.zeroDates());
    addCounts(invalidTexts, file.writer.invalidTexts());
  };
  let batch = 0;
  const begin = (): ParquetFile => {
    const object = target.open(batch++);
    const writer = parquetWriter(columns, output, {
      // The object copies it into its parts.
      bytes: (chunk) => object.append(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
      drained: target.drained,
      failed: target.failed,
    });
    const file = new ParquetFile(object, writer, finished);
    files.add(file);
    return file;
  };
  let file = begin();

  return {
    takeRow(packet, start, end) {
      // A row larger than the threshold has an object to itself.
      if (file.rows > 0 && file.plainBytes + (end - start) > limit) {
        target.sealed(file);
        file = begin();
      }
      return file.takeRow(packet, start, end);
    },
    // All files are encoded by one thread.
    isFull: () => file.writer.isFull(),
    current: () => file,
    oddities: () => ({ zeroDates, invalidTexts, brokenJson: new Map() }),
    abandon: () => {
      for (const { writer } of files) writer.discard();
    },
  };
}

function addCounts(sums: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [column, count] of counts) sums.set(column, (sums.get(column) ?? 0) + count);
}

class ParquetFile implements OpenObject {
  rows = 0;
  /** What the rows are as text, roughly. */
  plainBytes = 0;
  readonly writer: ParquetWriter;
  readonly #object: ObjectWriter;
  readonly #onFinished: (file: ParquetFile) => void;

  constructor(object: ObjectWriter, writer: ParquetWriter, onFinished: (file: ParquetFile) => void) {
    this.#object = object;
    this.writer = writer;
    this.#onFinished = onFinished;
  }

  takeRow(packet: Buffer, start: number, end: number): number {
    const bytes = this.writer.addRow(packet, start, end);
    this.rows++;
    this.plainBytes += bytes;
    return bytes;
  }

  async finish(): Promise<PreparedObject> {
    await this.writer.finish();
    this.#onFinished(this);
    this.#object.rows = this.rows;
    return this.#object.finish();
  }

  discard(): void {
    this.writer.discard();
    this.#object.discard();
  }
}
