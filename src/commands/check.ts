/** `tidemark check`: every fault of config and specs, at once. */
import { existsSync, realpathSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { loadProcessConfig } from '../config/load.ts';
import type { Spec } from '../domain/spec.ts';
import { FaultsError, TidemarkError, asTidemarkError, formatFault, type Fault } from '../errors.ts';
import { transformsIn } from '../transform/transforms.ts';
import { rowTransformPlace } from '../spec/row-transform.ts';
import { cautionsOf } from '../spec/cautions.ts';
import { parseSpec } from '../spec/parse.ts';
import { duplicateTasks, taskNameIn } from '../spec/set.ts';
import type { Finding } from './check-connect.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { namesIn, readSpec, specFiles } from './load.ts';
import type { CommonOptions } from './options.ts';
import { printReport } from './print.ts';

export interface CheckOptions extends CommonOptions {
  readonly connect?: boolean;
}

export async function checkCommand(named: readonly string[], options: CheckOptions): Promise<ExitCode> {
  const config = loadProcessConfig({ file: options.config });
  const files =
    named.length > 0
      ? [...new Map(named.map((file) => [identity(file), file])).values()]
      : specFiles(config.specs_dir);
  const { specs, faults: own } = parseAll(files, config);
  own.push(...(await moduleFaults(specs, config)));
  const faults = [...own, ...duplicateTasks(specs, named.length > 0 ? tasksBeside(files, config) : [])];
  // With a connection, the plan says it of the columns themselves.
  const findings = options.connect === true ? await connect(config, specs) : specs.flatMap(warnings);
  const ok = faults.length === 0 && findings.every(({ severity }) => severity !== 'error');
  printReport(options, { ok, specs: files.length, faults, findings }, () =>
    describe(files.length, faults, findings, options.connect === true),
  );
  if (faults.length > 0) return EXIT.usage;
  return ok ? EXIT.done : EXIT.failed;
}

/** The drivers are loaded only where they are needed: without them a check is done in half the time. */
async function connect(config: Config, specs: readonly Spec[]): Promise<Finding[]> {
  const { checkConnections } = await import('./check-connect.ts');
  return checkConnections(config, specs);
}

function parseAll(files: readonly string[], config: Config): { specs: Spec[]; faults: Fault[] } {
  const known = namesIn(config);
  const specs: Spec[] = [];
  const faults: Fault[] = [];
  for (const file of files) {
    try {
      specs.push(parseSpec(readSpec(file), file, known));
    } catch (thrown) {
      const error = asTidemarkError(thrown);
      if (error instanceof FaultsError) faults.push(...error.faults);
      else if (error.code === 'SPEC_UNREADABLE')
        faults.push({ file, line: 1, column: 1, path: '', message: error.message });
      else throw error;
    }
  }
  return { specs, faults };
}

/** Loads every module that a spec names, as a run would: each in a thread of its own, with its limits. */
async function moduleFaults(specs: readonly Spec[], config: Config): Promise<Fault[]> {
  const { signal } = new AbortController();
  const transforms = transformsIn(config.transforms_dir);
  const faults: Fault[] = [];
  for (const { file, rowTransform } of specs) {
    if (rowTransform === null) continue;
    try {
      await transforms.inspect(rowTransform, signal);
    } catch (thrown) {
      const { message } = asTidemarkError(thrown);
      const place = rowTransformPlace(readSpec(file), file);
      faults.push({ file, ...place, path: 'row_transform', message });
    }
  }
  return faults;
}

/** Tasks of the other files in the specs folder. Their faults are not asked for here. */
function tasksBeside(files: readonly string[], config: Config): { taskName: string; file: string }[] {
  if (!existsSync(config.specs_dir)) return [];
  const named = new Set(files.map(identity));
  return specFiles(config.specs_dir)
    .filter((file) => !named.has(identity(file)))
    .flatMap((file) => {
      const taskName = taskNameOf(file);
      return taskName === null ? [] : [{ taskName, file }];
    });
}

function taskNameOf(file: string): string | null {
  try {
    return taskNameIn(readSpec(file));
  } catch (error) {
    // A file that cannot be read names no task. It is a fault of the folder, not of the files that were named.
    if (error instanceof TidemarkError) return null;
    throw error;
  }
}

/** One file is one, however it is named. */
function identity(file: string): string {
  return existsSync(file) ? realpathSync(file) : file;
}

function warnings(spec: Spec): Finding[] {
  const subject = `task ${spec.taskName}`;
  return cautionsOf(spec).map((caution) => ({ severity: 'warning', subject, ...caution }));
}

function describe(
  specs: number,
  faults: readonly Fault[],
  findings: readonly Finding[],
  connected: boolean,
): string {
  const lines = faults.map(formatFault);
  for (const { severity, subject, message, remedy } of findings) {
    lines.push(`${severity}: ${subject}: ${message}`);
    if (remedy !== null) lines.push(`  ${remedy}`);
  }
  const bad = new Set(faults.map(({ file }) => file)).size;
  lines.push(
    faults.length === 0
      ? `${specs} specs and the config are valid.`
      : `${bad} of ${specs} specs are not valid: ${faults.length} faults.`,
  );
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (connected && errors > 0) lines.push(`${errors} of the connections or tables cannot be used.`);
  return `${lines.join('\n')}\n`;
}
