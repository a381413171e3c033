/** `tidemark check`: every fault of config and specs, at once. */
import type { Config } from '../config/config.ts';
import { loadProcessConfig } from '../config/load.ts';
import type { Spec } from '../domain.ts';
import { FaultsError, asTidemarkError, formatFault, type Fault } from '../errors.ts';
import { parseSpec } from '../spec/parse.ts';
import { duplicateTasks } from '../spec/set.ts';
import type { Finding } from './check-connect.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { namesIn, readSpec, specFiles } from './load.ts';
import type { CommonOptions } from './options.ts';

export interface CheckOptions extends CommonOptions {
  readonly connect?: boolean;
}

export async function checkCommand(named: readonly string[], options: CheckOptions): Promise<ExitCode> {
  const config = loadProcessConfig({ file: options.config });
  const files = named.length > 0 ? named : specFiles(config.specs_dir);
  const { specs, faults } = parseAll(files, config);
  const findings = options.connect === true ? await connect(config, specs) : [];
  const ok = faults.length === 0 && findings.every(({ severity }) => severity !== 'error');
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ ok, specs: files.length, faults, findings }, null, 2)}\n`
      : describe(files.length, faults, findings, options.connect === true),
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
  return { specs, faults: [...faults, ...duplicateTasks(specs)] };
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
