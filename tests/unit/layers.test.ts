/**
 * Proves that the linter holds the import direction: files that break it are written into a folder with the same
 * configuration, and each has to be refused for the right reason. A rule that nobody has seen fail is a hope.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = process.cwd();
const OXLINT = join(ROOT, 'node_modules/.bin/oxlint');

interface Finding {
  readonly code: string;
  readonly message: string;
  readonly help: string;
  readonly filename: string;
}

function lint(folder: string, paths: string[], flags: string[] = []): Finding[] {
  const child = spawnSync(process.execPath, [OXLINT, '-f', 'json', ...flags, ...paths], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (!child.stdout.startsWith('{')) throw new Error(child.stdout + child.stderr);
  const { diagnostics } = JSON.parse(child.stdout) as {
    diagnostics: (Omit<Finding, 'help'> & { help?: string })[];
  };
  return diagnostics.map(({ code, message, help = '', filename }) => ({ code, message, help, filename }));
}

const IMPORTS = 'eslint(no-restricted-imports)';
const use = (specifier: string): string => `import * as it from '${specifier}';\nexport const used = it;\n`;

/** File, what it holds, the rule that refuses it. */
const OFFENCES: readonly (readonly [file: string, source: string, rule: string])[] = [
  // One way: main → commands → daemon → run → rooms → domain, errors, ports.
  ['src/domain/plan.ts', use('../plan/plan.ts'), IMPORTS],
  ['src/error-codes.ts', use('node:fs'), IMPORTS],
  ['src/errors.ts', use('node:fs'), IMPORTS],
  ['src/ports.ts', use('./run.ts'), IMPORTS],
  ['src/plain-error.ts', use('./redact.ts'), IMPORTS],
  ['src/redact.ts', use('./errors.ts'), IMPORTS],
  ['src/zone-clock.ts', use('./plan/clock.ts'), IMPORTS],
  ['src/key-ports.ts', use('./plan/sql.ts'), IMPORTS],
  ['src/plan/ranges/cells.ts', use('../keys.ts'), IMPORTS],
  ['src/plan/ranges/cells.ts', use('../../sources/mysql/metadata.ts'), IMPORTS],
  ['src/backoff.ts', use('./errors.ts'), IMPORTS],
  ['src/collect-garbage.ts', use('./errors.ts'), IMPORTS],
  ['src/log.ts', use('./run.ts'), IMPORTS],
  ['src/log.ts', use('./notify/notify.ts'), IMPORTS],
  ['src/run.ts', use('./daemon.ts'), IMPORTS],
  ['src/run.ts', use('./main.ts'), IMPORTS],
  ['src/run.ts', use('./commands/run.ts'), IMPORTS],
  ['src/run.ts', use('./sources/mysql/source.ts'), IMPORTS],
  ['src/run.ts', use('./sinks/s3/sink.ts'), IMPORTS],
  ['src/run.ts', use('./state/lock.ts'), IMPORTS],
  ['src/run.ts', use('mysql2'), IMPORTS],
  ['src/daemon.ts', use('./commands/daemon.ts'), IMPORTS],
  ['src/daemon.ts', use('./main.ts'), IMPORTS],
  ['src/daemon/part.ts', use('../commands/daemon.ts'), IMPORTS],
  ['src/commands/run.ts', use('../main.ts'), IMPORTS],
  // The rooms know domain, errors and ports, and one another only where it is said so.
  ['src/plan/a.ts', use('../run.ts'), IMPORTS],
  ['src/plan/a.ts', use('../sinks/s3/sink.ts'), IMPORTS],
  ['src/plan/a.ts', "export type { Sink } from '../sinks/s3/sink.ts';\n", IMPORTS],
  ['src/plan/a.ts', "export const late = import('../state/lock.ts');\n", IMPORTS],
  ['src/spec/a.ts', use('../plan/plan.ts'), IMPORTS],
  ['src/schedule/a.ts', use('../daemon.ts'), IMPORTS],
  ['src/extract/a.ts', use('../publish/prepare.ts'), IMPORTS],
  ['src/extract/a.ts', use('./parquet/file-encoder.ts'), IMPORTS],
  ['src/extract/parquet/a.ts', use('../export-table.ts'), IMPORTS],
  ['src/extract/parquet/a.ts', use('node:fs'), IMPORTS],
  ['src/publish/a.ts', use('../sinks/s3/sink.ts'), IMPORTS],
  ['src/pace/a.ts', use('../sources/mysql/connect.ts'), IMPORTS],
  ['src/pace/a.ts', use('../extract/export-batch.ts'), IMPORTS],
  ['src/crew/a.ts', use('../sources/mysql/connect.ts'), IMPORTS],
  ['src/crew/a.ts', use('../run.ts'), IMPORTS],
  ['src/lanes/a.ts', use('../sinks/s3/sink.ts'), IMPORTS],
  ['src/lanes/a.ts', use('../crew/solo.ts'), IMPORTS],
  ['src/extract-all.ts', use('./sources/mysql/connect.ts'), IMPORTS],
  ...['../extract/export-table.ts', '../run.ts', '../plan/build.ts', 'mysql2', 'node:net'].map(
    (other) => ['src/transform/a.ts', use(other), IMPORTS] as const,
  ),
  ...['../sources/mysql/probe.ts', '../config/config.ts', '../run.ts'].map(
    (other) => ['src/check/a.ts', use(other), IMPORTS] as const,
  ),
  ...['../http/server.ts', '../state/standings.ts', '../errors.ts', 'node:fs'].map(
    (other) => ['src/metrics/a.ts', use(other), IMPORTS] as const,
  ),
  ['src/describe/a.ts', use('../publish/manifest.ts'), IMPORTS],
  ['src/describe/a.ts', use('../extract/csv.ts'), IMPORTS],
  ['src/describe/ddl/a.ts', use('../../run.ts'), IMPORTS],
  ['src/describe/ddl/a.ts', use('node:fs'), IMPORTS],
  ['src/config/a.ts', use('../run.ts'), IMPORTS],
  ['src/watch/a.ts', use('../daemon.ts'), IMPORTS],
  ...['../sinks/s3/sink.ts', '../state/published.ts', '../publish/manifest.ts'].map(
    (other) => ['src/verify/a.ts', use(other), IMPORTS] as const,
  ),
  ...['../sinks/s3/sink.ts', '../sources/mysql/source.ts', '../state/lock.ts', '../http/server.ts'].map(
    (other) => ['src/notify/a.ts', use(other), IMPORTS] as const,
  ),
  ...['../sinks/s3/sink.ts', '../sources/mysql/source.ts', '../notify/notify.ts', '../http/server.ts'].map(
    (other) => ['src/state/a.ts', use(other), IMPORTS] as const,
  ),
  ...['../sinks/s3/sink.ts', '../sources/mysql/source.ts', '../notify/notify.ts', '../state/lock.ts'].map(
    (other) => ['src/http/a.ts', use(other), IMPORTS] as const,
  ),
  ...['../sinks/s3/sink.ts', '../state/runs.ts', '../queue/connection.ts', '../daemon.ts', 'bullmq'].map(
    (other) => ['src/ha/a.ts', use(other), IMPORTS] as const,
  ),
  ...['../../sinks/s3/sink.ts', '../../notify/notify.ts', '../../state/lock.ts', '../../http/server.ts'].map(
    (other) => ['src/sources/mysql/a.ts', use(other), IMPORTS] as const,
  ),
  ...[
    '../../sources/mysql/source.ts',
    '../../notify/notify.ts',
    '../../state/lock.ts',
    '../../http/server.ts',
  ].map((other) => ['src/sinks/s3/a.ts', use(other), IMPORTS] as const),
  ...['../../errors.ts', '../../state/lock.ts', '../server.ts', 'node:fs', 'hono'].map(
    (other) => ['src/http/page/a.ts', use(other), IMPORTS] as const,
  ),
  ['src/http/assets/a.js', use('../server.ts'), IMPORTS],
  // What is pure has no hands.
  ...['check', 'plan', 'spec', 'schedule', 'extract', 'describe'].flatMap((room) =>
    ['mysql2', 'mysql2/promise', 'node:fs', 'node:fs/promises', 'fs', '@aws-sdk/client-s3', 'nodemailer'].map(
      (name) => [`src/${room}/a.ts`, use(name), IMPORTS] as const,
    ),
  ),
  // Each driver in its room.
  ['src/commands/run.ts', use('mysql2/promise'), IMPORTS],
  ['src/commands/run.ts', use('@aws-sdk/client-s3'), IMPORTS],
  ['src/main.ts', use('winston'), IMPORTS],
  ['src/daemon.ts', use('node-cron'), IMPORTS],
  ['src/daemon.ts', use('nodemailer'), IMPORTS],
  ['src/daemon.ts', use('prom-client'), IMPORTS],
  ['src/sinks/s3/a.ts', use('mysql2'), IMPORTS],
  ['src/run.ts', use('bullmq'), IMPORTS],
  ['src/commands/worker.ts', use('ioredis'), IMPORTS],
  ['src/queue/a.ts', use('../sinks/s3/sink.ts'), IMPORTS],
  ['src/queue/a.ts', use('../run.ts'), IMPORTS],
  ['src/sources/mysql/a.ts', use('@aws-sdk/lib-storage'), IMPORTS],
  ['src/state/a.ts', use('winston'), IMPORTS],
  ['src/notify/a.ts', use('winston'), IMPORTS],
  ['src/plan/a.ts', use('node-cron'), IMPORTS],
  ['src/spec/a.ts', use('croner'), IMPORTS],
  ['src/daemon.ts', use('hono'), IMPORTS],
  ['src/daemon/a.ts', use('@hono/node-server'), IMPORTS],
  // Only src/config reads the environment.
  ['src/daemon.ts', 'export const home = process.env;\n', 'node(no-process-env)'],
  ['src/sinks/s3/a.ts', "export const home = process.env['HOME'];\n", 'node(no-process-env)'],
  ['src/main.ts', 'export const { env } = process;\n', 'eslint(no-restricted-properties)'],
  ['src/commands/run.ts', use('node:process'), IMPORTS],
  ['src/notify/a.ts', use('node:process'), IMPORTS],
  ['src/state/a.ts', use('process'), IMPORTS],
  // Everything else.
  ['src/run.ts', "console.log('here');\n", 'eslint(no-console)'],
  ['src/run.ts', 'export const a: any = 1;\n', 'typescript(no-explicit-any)'],
  ['src/run.ts', 'export const same = (a: unknown): boolean => a == 1;\n', 'eslint(eqeqeq)'],
  [
    'src/run.ts',
    "import { Spec } from './domain/spec.ts';\nexport const f = (spec: Spec): Spec => spec;\n",
    'typescript(consistent-type-imports)',
  ],
  ['src/run.ts', '// a line\n'.repeat(301), 'eslint(max-lines)'],
  [
    'src/run.ts',
    'const later = async (): Promise<void> => {};\nexport const f = (): void => {\n  later();\n};\n',
    'typescript(no-floating-promises)',
  ],
  [
    'src/run.ts',
    'const later = async (): Promise<boolean> => true;\nexport const f = (): number => (later() ? 1 : 2);\n',
    'typescript(no-misused-promises)',
  ],
  ['tests/unit/a.test.ts', "it('asserts nothing', () => {});\n", 'jest(expect-expect)'],
  ['tests/unit/a.test.ts', "it.skip('is left out', () => expect(1).toBe(1));\n", 'jest(no-disabled-tests)'],
];

/** Just as allowed as the others are not: the rules must not refuse these. */
const ALLOWED: readonly (readonly [file: string, source: string])[] = [
  ['src/main.ts', use('./commands/run.ts')],
  ['src/main.ts', "console.log('usage');\n"],
  ['src/commands/run.ts', use('../daemon.ts')],
  ['src/commands/run.ts', use('../sources/mysql/source.ts')],
  ['src/daemon.ts', use('./run.ts')],
  ['src/daemon.ts', use('./notify/notify.ts')],
  ['src/run.ts', use('./plan/plan.ts')],
  ['src/run.ts', use('./publish/commit.ts')],
  ['src/run.ts', use('./domain/spec.ts')],
  ['src/log.ts', use('winston')],
  ['src/log.ts', use('node:fs')],
  ['src/plan/a.ts', use('../ports.ts')],
  ['src/plan/a.ts', use('../spec/span.ts')],
  ['src/plan/a.ts', use('../zone-clock.ts')],
  ['src/plan/a.ts', use('./b.ts')],
  ['src/publish/a.ts', use('../describe/describe.ts')],
  ['src/run.ts', use('./pace/pace.ts')],
  ['src/describe/a.ts', use('./ddl/duckdb.ts')],
  ['src/describe/a.ts', use('../extract/parquet/schema.ts')],
  ['src/describe/ddl/a.ts', use('../shape.ts')],
  ['src/spec/a.ts', use('node-cron')],
  ['src/schedule/a.ts', use('node-cron')],
  ['src/schedule/a.ts', use('croner')],
  ['src/extract/a.ts', use('node:zlib')],
  ['src/notify/a.ts', use('nodemailer')],
  ['src/metrics/a.ts', use('prom-client')],
  ['src/state/a.ts', use('node:sqlite')],
  ['src/ha/a.ts', use('../state/replica.ts')],
  ['src/ha/a.ts', use('ioredis')],
  ['src/sources/mysql/a.ts', use('mysql2/promise')],
  ['src/sources/mysql/a.ts', use('../../ports.ts')],
  ['src/sources/mysql/a.ts', use('../../plan/clock.ts')],
  ['src/sinks/s3/a.ts', use('@aws-sdk/client-s3')],
  ['src/sinks/s3/a.ts', use('node:fs/promises')],
  ['src/queue/a.ts', use('bullmq')],
  ['src/queue/a.ts', use('ioredis')],
  ['src/config/a.ts', 'export const home = process.env;\n'],
  ['src/watch/a.ts', use('../domain/spec.ts')],
  ['src/verify/a.ts', use('../ports.ts')],
  ['src/check/a.ts', use('../check-ports.ts')],
  ['src/transform/a.ts', use('../extract/row-packet.ts')],
];

/** One folder per case, so that one run of the linter judges them all. */
function lintCases(
  cases: readonly (readonly [file: string, source: string, ...rest: string[]])[],
): Finding[][] {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-layers-'));
  try {
    // The type-aware half of the linter is looked up from the folder it runs in.
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    cases.forEach(([file, source], index) => {
      const home = join(folder, 'cases', String(index));
      mkdirSync(dirname(join(home, file)), { recursive: true });
      writeFileSync(join(home, file), source);
      // Globs of overrides count from the folder of the configuration: each case has its own.
      copyFileSync(join(ROOT, '.oxlintrc.json'), join(home, '.oxlintrc.json'));
      copyFileSync(join(ROOT, 'tsconfig.json'), join(home, 'tsconfig.json'));
    });
    const findings = lint(folder, ['cases'], ['--type-aware']);
    return cases.map((_, index) => findings.filter(({ filename }) => filename.startsWith(`cases/${index}/`)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('the linter', () => {
  let offences: Finding[][];
  let allowed: Finding[][];
  beforeAll(() => {
    offences = lintCases(OFFENCES);
    allowed = lintCases(ALLOWED);
  }, 60_000);

  it.each(OFFENCES.map(([file, source, rule], index) => [file, source.split('\n')[0], rule, index] as const))(
    'refuses, in %s: %s (%s)',
    (_file, _source, rule, index) => {
      expect(offences[index]?.map(({ code }) => code)).toContain(rule);
    },
  );

  it.each(ALLOWED.map(([file, source], index) => [file, source.split('\n')[0], index] as const))(
    'lets be, in %s: %s',
    (_file, _source, index) => {
      expect(allowed[index]?.filter(({ code }) => code !== 'eslint(no-unused-vars)')).toEqual([]);
    },
  );

  it('says which way imports run', () => {
    const [finding] = offences[0] ?? [];
    expect(finding?.help).toBe('domain, errors and ports import nothing but one another.');
  });

  it('has a rule of its own for every room of src', () => {
    const config = spawnSync(process.execPath, [OXLINT, '--print-config'], {
      cwd: ROOT,
      encoding: 'utf8',
    }).stdout;
    const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true, recursive: true })
      .filter((found) => found.isDirectory() && !['sources', 'sinks'].includes(found.name))
      .map((found) => join(found.parentPath, found.name).slice(ROOT.length + 1));
    // The rooms above the others have no allow-list of their own: the rule for all of src is theirs.
    const below = rooms.filter((name) => name !== 'src/daemon');
    for (const room of below) expect(config).toContain(`"${room}/**"`);
  });

  it('finds nothing in src', () => {
    const findings = lint(ROOT, ['src'], ['--type-aware']);
    expect(findings.map(({ filename, code, message }) => `${filename} ${code}: ${message}`)).toEqual([]);
  }, 60_000);
});
