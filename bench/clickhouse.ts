/** ClickHouse, embedded by the npm package chdb (half a gigabyte), as a contender of `npm run bench`. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FORMATS, PLAIN_CSV, type FormatGoal } from './format-goals.ts';
import { detail, measure, ratio, type Measured } from './measure.ts';
import type { Line } from './report.ts';

/** Kept between runs, and away from what the project itself installs. */
const FOLDER = join('node_modules', '.cache', 'bench-clickhouse');
const PACKAGE = 'chdb@3.4.0';

export type ContenderFormat = Pick<FormatGoal, 'what' | 'clickHouse'>;

export interface ClickHouse {
  /** One export of `line_item` to the store. */
  run(format: ContenderFormat): Promise<Measured>;
  /** Bytes of the same million rows that Tidemark's sizes are taken from. */
  size(format: ContenderFormat): Promise<number>;
}

/** @throws where chdb cannot be installed. */
export function embeddedClickHouse(
  home: string,
  database: URL,
  endpoint: string,
  say: (text: string) => void,
): ClickHouse {
  if (!existsSync(join(FOLDER, 'node_modules', 'chdb'))) {
    say(`installing ${PACKAGE} …`);
    mkdirSync(FOLDER, { recursive: true });
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-save', '--prefix', FOLDER, PACKAGE], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  const exported = (rows: string, { clickHouse }: ContenderFormat, target: string): Promise<Measured> => {
    const { format, compression } = clickHouse;
    const script = [join(import.meta.dirname, 'clickhouse-export.ts'), FOLDER, database.href];
    return measure(process.execPath, [...script, rows, format, compression, target]);
  };
  return {
    run: (format) => exported('all', format, endpoint),
    async size(format) {
      const file = join(home, 'clickhouse.out');
      await exported('1000000', format, file);
      const { size } = statSync(file);
      rmSync(file);
      return size;
    },
  };
}

/** @param ours runs of Tidemark, of the formats `PLAIN_CSV` and `FORMATS` in order; `theirs` of the same rounds. */
export function clickHouseLines(
  ours: readonly (readonly Measured[])[],
  theirs: readonly (readonly Measured[])[],
): Line[] {
  return [PLAIN_CSV, ...FORMATS].flatMap(({ what }, index): Line[] => {
    const times = ratio(ours[index]!, theirs[index]!);
    return [
      {
        what: `ClickHouse \`mysql()\` → \`s3()\`, ${what}`,
        found: detail(theirs[index]!),
        goal: '',
        ok: null,
      },
      {
        what: `tidemark ÷ ClickHouse, ${what}`,
        found: `${times.toFixed(2)} ×`,
        goal: '< 1 ×',
        ok: times < 1,
      },
    ];
  });
}
