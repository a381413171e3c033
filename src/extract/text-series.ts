/** CSV, TSV and JSON Lines, compressed or not, as a series of objects. */
import type { OutputOptions } from '../domain/spec.ts';
import type { OutputColumn } from '../domain/plan.ts';
import { batchRoller } from './batch-roller.ts';
import { bufferPool } from './buffers.ts';
import { BLOCK_BYTES, compressorOf } from './compress.ts';
import { CompressedWriter } from './compressed-writer.ts';
import { csvEncoder } from './csv.ts';
import { jsonlEncoder } from './jsonl.ts';
import type { ObjectSeries, SeriesTarget } from './object-series.ts';
import type { ObjectWriter } from './object-writer.ts';
import type { TextWriter } from './text-writer.ts';

/** Blocks being filled or compressed: enough for all threads, and for those that wait for an earlier one. */
const BLOCKS = 12;

export function textSeries(
  columns: readonly OutputColumn[],
  output: OutputOptions,
  target: SeriesTarget<ObjectWriter>,
): ObjectSeries {
  const encoder = output.format === 'jsonl' ? jsonlEncoder(columns, output) : csvEncoder(columns, output);
  const newCompressor = compressorOf(output.compression);
  const blocks = bufferPool(BLOCK_BYTES, BLOCKS, target.drained);
  const open = (batch: number): TextWriter => {
    const object = target.open(batch);
    return newCompressor === null
      ? object
      : new CompressedWriter(object, blocks, newCompressor(), target.failed);
  };
  const roller = batchRoller(encoder, target.thresholdBytes, open, target.sealed);
  return {
    takeRow: roller.takeRow,
    isFull: blocks.isFull,
    current: roller.current,
    oddities: () => ({
      zeroDates: encoder.zeroDates(),
      invalidTexts: encoder.invalidTexts(),
      brokenJson: encoder.brokenJson(),
    }),
    abandon: () => {},
  };
}
