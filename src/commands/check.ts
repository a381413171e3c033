/** `tidemark check`: every fault of config and specs, at once. */
import { existsSync, realpathSync } from 'node:fs';
import {
  findingDocument,
  mergeFindings,
  specFinding,
  type Finding,
  type TaskPlace,
} from '../check/finding.ts';
import { findingLines } from '../check/report.ts';
import type { Config } from '../config/config.ts';
import { loadProcessConfig } from '../config/load.ts';
import type { Spec } from '../domain/spec.ts';
import { FaultsError, TidemarkError, asTidemarkError, formatFault, type Fault } from '../errors.ts';
import { countOf } from '../notify/phrases.ts';
import { transformsIn } from '../transform/transforms.ts';
import { cautionsOf } from '../spec/cautions.ts';
import { specPlaces } from '../spec/place.ts';
import { rowTransformPlace } from '../spec/row-transform.ts';
import { duplicateTasks, taskNameIn } from '../spec/set.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { parseSpecs, readSpec, specFiles } from './load.ts';
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
  const { specs, unusable } = parseSpecs(files, config);
  const faults = [
    ...unusable.flatMap(({ file, error }) => faultsOf(file, error)),
    ...(await moduleFaults(specs, config)),
    ...duplicateTasks(specs, named.length > 0 ? tasksBeside(files, config) : []),
  ];
  // With a connection, the plan says it of the columns themselves.
  const findings = mergeFindings(
    options.connect === true ? await connect(config, specs) : specs.flatMap(warnings),
  );
  const ok = faults.length === 0 && findings.every(({ severity }) => severity !== 'error');
  const document = { ok, specs: files.length, faults, findings: findings.map(findingDocument) };
  printReport(options, document, () => describe(files.length, faults, findings));
  return ok ? EXIT.done : EXIT.usage;
}

/** The drivers are loaded only where they are needed: without them a check is done in half the time. */
async function connect(config: Config, specs: readonly Spec[]): Promise<Finding[]> {
  const { checkConnections } = await import('./check-connect.ts');
  return checkConnections(config, specs, placeOf);
}

function faultsOf(file: string, error: TidemarkError): readonly Fault[] {
  if (error instanceof FaultsError) return error.faults;
  return [{ file, line: 1, column: 1, path: '', message: error.message }];
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
  return cautionsOf(spec).map(({ path, message, remedy }) =>
    specFinding('warning', 'WATERMARK_INTEGER', placeOf(spec), path, message, {
      kind: 'words',
      text: remedy,
    }),
  );
}

/** The file is read again for the first place in it: specs of which there is nothing to say are most. */
function placeOf({ taskName, file }: Spec): TaskPlace {
  let places: ReturnType<typeof specPlaces> | null = null;
  return { task: taskName, at: (...path) => (places ??= specPlaces(readSpec(file), file))(path) };
}

/** Beyond so many specs, what only informs is left to `--json`. */
const MOST_INFORMED = 20;

function describe(specs: number, faults: readonly Fault[], findings: readonly Finding[]): string {
  const found = findingLines(findings, specs <= MOST_INFORMED);
  const lines = [...faults.map(formatFault), ...found, ...(found.length > 0 ? [''] : [])];
  const bad = new Set(faults.map(({ file }) => file)).size;
  lines.push(
    faults.length === 0
      ? `${countOf(specs, 'spec')} and the config are valid.`
      : `${bad} of ${countOf(specs, 'spec')} ${bad === 1 ? 'is' : 'are'} not valid: ${countOf(faults.length, 'fault')}.`,
  );
  const count = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length;
  if (findings.length > 0)
    lines.push(`${countOf(count('error'), 'error')}, ${countOf(count('warning'), 'warning')}.`);
  return `${lines.join('\n')}\n`;
}
