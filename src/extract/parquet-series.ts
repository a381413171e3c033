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
  const files: ParquetFile[] = [];
  const begin = (): ParquetFile => {
    const object = target.open(files.length);
    const writer = parquetWriter(columns, output, {
      // The chunk is the file's own; the object copies it into its parts.
      bytes: (chunk) => object.append(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
      drained: target.drained,
      failed: target.failed,
    });
    const file = new ParquetFile(object, writer);
    files.push(file);
    return file;
  };
  let file = begin();

  const total = (of: 'zeroDates' | 'invalidTexts'): ReadonlyMap<string, number> => {
    const sums = new Map<string, number>();
    for (const { writer } of files)
      for (const [column, count] of writer[of]()) sums.set(column, (sums.get(column) ?? 0) + count);
    return sums;
  };

  return {
    takeRow(packet, start, end) {
      // A row larger than the threshold has an object to itself.
      if (file.rows > 0 && file.plainBytes + (end - start) > limit) {
        target.sealed(file);
        file = begin();
      }
      return file.takeRow(packet, start, end);
    },
    isFull: () => files.some(({ writer }) => writer.isFull()),
    current: () => file,
    oddities: () => ({
      zeroDates: total('zeroDates'),
      invalidTexts: total('invalidTexts'),
      brokenJson: new Map(),
    }),
    abandon: () => {
      for (const { writer } of files) writer.discard();
    },
  };
}

class ParquetFile implements OpenObject {
  rows = 0;
  /** What the rows are as text, roughly. */
  plainBytes = 0;
  readonly writer: ParquetWriter;
  readonly #object: ObjectWriter;

  constructor(object: ObjectWriter, writer: ParquetWriter) {
    this.#object = object;
    this.writer = writer;
  }

  takeRow(packet: Buffer, start: number, end: number): number {
    const bytes = this.writer.addRow(packet, start, end);
    this.rows++;
    this.plainBytes += bytes;
    return bytes;
  }

  async finish(): Promise<PreparedObject> {
    await this.writer.finish();
    this.#object.rows = this.rows;
    return this.#object.finish();
  }

  discard(): void {
    this.writer.discard();
    this.#object.discard();
  }
}
