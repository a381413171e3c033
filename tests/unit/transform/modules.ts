/** Modules in a folder of their own, and rows sent through them as an export does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutputColumn, RowTransformPlan } from '../../../src/domain/plan.ts';
import { readRow, writeRow, type Cell } from '../../../src/extract/row-packet.ts';
import type { TransformContext, TransformTarget, Transforms } from '../../../src/transform-ports.ts';
import { transformsIn } from '../../../src/transform/transforms.ts';

export const INT: OutputColumn = { name: 'id', mysqlType: 'int', nullable: false, kind: 'number' };
export const TEXT: OutputColumn = { name: 'name', mysqlType: 'varchar(40)', nullable: true, kind: 'text' };

export const CONTEXT: TransformContext = {
  task: 'people',
  table: 'staff',
  runId: '20260301000000-abcd',
  scheduledFor: '2026-03-01T00:00:00.000Z',
  windows: [],
};

export interface ModuleFolder {
  readonly folder: string;
  readonly transforms: Transforms;
  write(name: string, source: string): void;
  remove(): void;
}

export function moduleFolder(): ModuleFolder {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-transforms-'));
  return {
    folder,
    transforms: transformsIn(folder),
    write: (name, source) => writeFileSync(join(folder, name), source),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Options {
  readonly input?: readonly OutputColumn[];
  readonly output?: readonly OutputColumn[];
  readonly key?: readonly string[];
  readonly timeoutMs?: number;
  readonly memoryMb?: number;
  readonly context?: Partial<TransformContext>;
  /** Replaces what takes the rows. */
  readonly target?: Partial<TransformTarget>;
}

export interface Mapped {
  readonly rows: readonly (readonly (string | null)[])[];
  readonly log: readonly string[];
  readonly warnings: readonly string[];
}

export const NEVER = new AbortController().signal;

export function planFor(module: string, options: Options = {}): RowTransformPlan {
  const { input = [INT, TEXT], key = ['id'], timeoutMs = 20_000, memoryMb = 128 } = options;
  return { module, input, key, timeoutMs, memoryMb };
}

/**
 * Sends rows of texts through a module, waiting where it asks for that.
 *
 * @throws what the run would fail with.
 */
export async function mapThrough(
  { transforms }: Pick<ModuleFolder, 'transforms'>,
  module: string,
  rows: Iterable<readonly (string | Buffer | null)[]>,
  options: Options = {},
): Promise<Mapped> {
  const plan = planFor(module, options);
  const output = options.output ?? plan.input;
  const mapped: (string | null)[][] = [];
  const log: string[] = [];
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  let drained = Promise.withResolvers<void>();
  const transformer = transforms.open(
    plan,
    output,
    { ...CONTEXT, ...options.context },
    {
      onRow(packet, start, end) {
        const cells = readRow(packet.subarray(0, end), start, output.length);
        mapped.push(cells.map((cell) => cell?.toString() ?? null));
      },
      isFull: () => false,
      drained: () => drained.resolve(),
      failed: failed.reject,
      ...options.target,
    },
    (message) => log.push(message),
  );
  try {
    for (const row of rows) {
      const cells = row.map((value): Cell => (typeof value === 'string' ? Buffer.from(value) : value));
      const packet = writeRow(cells);
      // With bytes around it, so that offsets matter; and used again, as a driver does.
      const around = Buffer.concat([Buffer.alloc(3, 0xee), packet, Buffer.alloc(5, 0xee)]);
      transformer.takeRow(around, 3, 3 + packet.length);
      around.fill(0xee);
      if (transformer.isFull()) await Promise.race([drained.promise, failed.promise]);
      drained = Promise.withResolvers();
    }
    const warnings = await Promise.race([transformer.finish(NEVER), failed.promise]);
    return { rows: mapped, log, warnings };
  } finally {
    await transformer.close();
  }
}

/** Ids from 1, each with a name. */
export function* people(count: number): Generator<[string, string]> {
  for (let id = 1; id <= count; id++) yield [String(id), `name ${id}`];
}
