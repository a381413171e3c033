/** Whether several connections keep to the memory that the config gives them together (`memory_limit_mb`). */
import { tidemarkRun, written, type ParallelBench, type ParallelTasks } from './parallel-tasks.ts';
import type { Line } from './report.ts';
import { measureTogether, type Beside } from './together.ts';

const CONNECTIONS = 4;
const BATCH_MB = 64;
/** From what two lanes need to what four would like. */
const LIMITS_MB = [160, 320, 640];
const MEGABYTE = 1.048576;
/** So few rows need what a run always needs: the program, its threads, their connections. */
const FEW_ROWS = 1000;

export async function memoryLines(bench: ParallelBench, tasks: ParallelTasks): Promise<Line[]> {
  const beside: Beside = { server: [], s3: [], workers: [] };
  const lines: Line[] = [];
  for (const format of ['csv', 'parquet'] as const) {
    const output = { output_file_format: format };
    const filters = { l_id: { condition: '<', metric: FEW_ROWS } };
    const few = { table: { name: 'line_item', filters } };
    for (const limit of LIMITS_MB) {
      const config = tasks.config(`memory-${format}-${limit}`, { memory_limit_mb: limit });
      const peak = async (more: object): Promise<number> => {
        const spec = tasks.spec(CONNECTIONS, BATCH_MB, { ...output, ...more });
        const { stdout, peakMb } = await measureTogether([tidemarkRun(config, spec)], beside);
        if (more !== few) written(stdout, bench.rows);
        return peakMb;
      };
      const rest = await peak(few);
      const used = (await peak({})) - rest;
      bench.say(`memory_limit_mb ${limit}, ${format}: ${used.toFixed(0)} MB above ${rest.toFixed(0)}`);
      lines.push({
        what: `${CONNECTIONS} connections, ${format}, \`memory_limit_mb\` ${limit}: peak above a run of ${FEW_ROWS} rows`,
        found: `${used.toFixed(0)} MB`,
        goal: `≤ ${(limit * MEGABYTE).toFixed(0)} MB`,
        ok: used <= limit * MEGABYTE,
      });
    }
  }
  return lines;
}
