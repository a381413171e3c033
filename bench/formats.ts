/**
 * Every format and compression against the C client's bare read of the same rows, in the same round; and how large
 * the objects become beside what the codec's own program makes of the same CSV.
 */
import { spawn } from 'node:child_process';
import { createReadStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouse } from './clickhouse.ts';
import { FORMATS, type FormatGoal } from './format-goals.ts';
import { detail, measure, ratio, type Measured } from './measure.ts';
import { startNullS3 } from './processes.ts';
import type { Line } from './report.ts';
import { benchWorkspace } from './workspace.ts';

/** The level that ClickHouse writes both codecs with. */
const REFERENCE_LEVEL = '-3';
const SIZE_GOAL = 1.1;

export function formatLines(
  { what, times, peakMb }: FormatGoal,
  ours: readonly Measured[],
  bare: readonly Measured[],
): Line[] {
  const toBare = ratio(ours, bare);
  const peak = Math.max(...ours.map((one) => one.peakMb));
  return [
    {
      what: `tidemark run, ${what}`,
      found: detail(ours),
      goal: `≤ ${peakMb} MB`,
      ok: peak <= peakMb,
    },
    {
      what: `${what} ÷ (a)`,
      found: `${toBare.toFixed(2)} ×`,
      goal: `≤ ${times.toFixed(1)} ×`,
      ok: toBare <= times,
    },
  ];
}

/** One million rows as CSV through the codec's own program, by ClickHouse, and as Tidemark writes them. */
export async function sizeLines(
  home: string,
  database: URL,
  clickHouse: ClickHouse | null,
  say: (text: string) => void,
): Promise<Line[]> {
  const kept = join(home, 'kept');
  mkdirSync(kept);
  const s3 = await startNullS3(kept);
  try {
    const workspace = benchWorkspace(join(home, 'sizes'), database, s3.endpoint);
    const bytesOf = async (task: string): Promise<number> => {
      say(`size: ${task} …`);
      const { stdout } = await measure(process.execPath, ['dist/main.js', ...workspace.run(task)]);
      return (JSON.parse(stdout) as { files: { bytes: number }[] }).files[0]!.bytes;
    };
    await bytesOf('one_million');
    const parts = readdirSync(kept)
      .toSorted((a, b) => Number(a) - Number(b))
      .map((name) => join(kept, name));
    const lines: Line[] = [];
    for (const format of FORMATS) {
      const { what, task, program } = format;
      if (program === null && clickHouse === null) continue;
      const bytes = await bytesOf(`${task}_million`);
      const line = (reference: string, referenceBytes: number): Line => {
        const times = bytes / referenceBytes;
        const found = `${times.toFixed(2)} ×`;
        return {
          what: `${what}: size ÷ ${reference}`,
          found,
          goal: `≤ ${SIZE_GOAL} ×`,
          ok: times <= SIZE_GOAL,
        };
      };
      if (program !== null)
        lines.push(line(`\`${program} ${REFERENCE_LEVEL}\``, await sizeThrough(program, parts)));
      if (clickHouse !== null) lines.push(line("ClickHouse's", await clickHouse.size(format)));
    }
    return lines;
  } finally {
    await s3.stop();
    rmSync(kept, { recursive: true });
  }
}

async function sizeThrough(program: string, parts: readonly string[]): Promise<number> {
  const child = spawn(program, [REFERENCE_LEVEL, '-c'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
  const ended = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  for (const part of parts)
    for await (const chunk of createReadStream(part))
      if (!child.stdin.write(chunk)) await new Promise((resolve) => child.stdin.once('drain', resolve));
  child.stdin.end();
  if ((await ended) !== 0) throw new Error(`${program} failed`);
  return bytes;
}
