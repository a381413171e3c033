/** One batch of rows through a module: its rows become what it returns for them, in their order. */
import { TidemarkError } from '../errors.ts';
import { readRow, type Cell } from '../extract/row-packet.ts';
import { moduleFailed, type ModuleName } from './failure.ts';
import { framesOf } from './frames.ts';
import { rowReader } from './given-values.ts';
import type { ModuleContext, TransformModule } from './load-module.ts';
import type { TransformJob } from './messages.ts';
import { rowWriter, WrongRow } from './returned-rows.ts';
import { shown } from './returned-values.ts';
import { rowNamer } from './row-name.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface BatchMapper {
  /**
   * @param emit takes a packet; what it returns is waited for.
   * @throws TidemarkError.
   */
  map(buffer: Buffer, length: number, emit: (packet: Buffer) => Promise<void> | undefined): Promise<void>;
  /** Rows that have been mapped. */
  readonly rows: number;
  readonly invalidTexts: ReadonlyMap<string, number>;
}

export function batchMapper(
  name: ModuleName,
  { map }: TransformModule,
  job: TransformJob,
  context: ModuleContext,
  where: Whereabouts,
): BatchMapper {
  const reader = rowReader(job.input);
  const write = rowWriter(job.output);
  const rowName = rowNamer(job.input, job.key);
  const columns = job.input.length;
  let rows = 0;

  /** @param what the row, or the rows, that it came of. */
  const send = async (
    returned: readonly unknown[],
    what: (index: number) => string,
    emit: (packet: Buffer) => Promise<void> | undefined,
  ): Promise<void> => {
    for (const [index, row] of returned.entries()) {
      let packet: Buffer;
      try {
        packet = write(row);
      } catch (error) {
        if (!(error instanceof WrongRow)) throw error;
        throw new TidemarkError('TRANSFORM_FAILED', `${name.name}, for ${what(index)}, ${error.message}.`);
      }
      const full = emit(packet);
      if (full !== undefined) await full;
    }
  };

  const mapRow = async (
    cells: readonly Cell[],
    call: (row: Record<string, unknown>, context: ModuleContext) => unknown,
    emit: (packet: Buffer) => Promise<void> | undefined,
  ): Promise<void> => {
    const number = ++rows;
    let returned: unknown;
    try {
      returned = call(reader.read(cells), context);
      // Without a wait where there is nothing to wait for: it would cost more than most modules do.
      if (isThenable(returned)) returned = await returned;
    } catch (error) {
      throw moduleFailed(name, `failed on ${rowName(cells, number)}`, error);
    }
    if (returned === null || returned === undefined) return;
    const list: readonly unknown[] = Array.isArray(returned) ? returned : [returned];
    if (list.length > 0) await send(list, () => rowName(cells, number), emit);
  };

  const mapRows = async (
    all: readonly (readonly Cell[])[],
    call: (rows: readonly Record<string, unknown>[], context: ModuleContext) => unknown,
    emit: (packet: Buffer) => Promise<void> | undefined,
  ): Promise<void> => {
    const first = rows + 1;
    rows += all.length;
    const stretch = `the batch from ${rowName(all[0]!, first)} to ${rowName(all.at(-1)!, rows)}`;
    let returned: unknown;
    try {
      returned = await call(
        all.map((cells) => reader.read(cells)),
        context,
      );
    } catch (error) {
      throw moduleFailed(name, `failed on ${stretch}`, error);
    }
    if (returned === null || returned === undefined) return;
    if (!Array.isArray(returned))
      throw new TidemarkError(
        'TRANSFORM_FAILED',
        `${name.name}, for ${stretch}, returned ${shown(returned)}. Allowed: an array of rows, or null for none.`,
      );
    await send(returned, (index) => `${stretch}, at [${index}] of what it returned`, emit);
  };

  return {
    async map(buffer, length, emit) {
      where.enter(buffer, length);
      const batch: Cell[][] = [];
      let first = 0;
      let last = 0;
      for (const [start] of framesOf(buffer, length)) {
        const cells = readRow(buffer, start, columns);
        if (map.by === 'row') {
          where.at(start, rows + 1);
          await mapRow(cells, map.call, emit);
          continue;
        }
        if (batch.length === 0) first = start;
        last = start;
        batch.push(cells);
      }
      if (map.by === 'row' || batch.length === 0) return;
      where.at(first, rows + 1, last, rows + batch.length);
      await mapRows(batch, map.call, emit);
    },
    get rows() {
      return rows;
    },
    invalidTexts: reader.invalidTexts,
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
