/** `tidemark verify TASK|MANIFEST`: holds what a run published against its manifest. Changes nothing. */
import { secretsOf, type Config } from '../config/config.ts';
import { loadProcessConfig } from '../config/load.ts';
import { TidemarkError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { countOf } from '../notify/phrases.ts';
import { createRedactor } from '../redact.ts';
import { s3Sink } from '../sinks/s3/sink.ts';
import { readState } from '../state/database.ts';
import { rememberedTasks } from '../state/known-tasks.ts';
import { lastPublished } from '../state/published.ts';
import { readManifest, type Manifest } from '../verify/manifest.ts';
import { targetOf } from '../verify/target.ts';
import { verifyObjects, type Difference } from '../verify/verify.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { entryOf, sinkOptions } from './endpoints.ts';
import type { CommonOptions } from './options.ts';
import { jsonText, print } from './print.ts';
import { verifyProgress } from './verify-progress.ts';

export interface VerifyOptions extends CommonOptions {
  readonly sink?: string;
}

/** Differences that a person reads; `--json` has them all. */
const MOST_SHOWN = 20;

export async function verifyCommand(what: string, options: VerifyOptions): Promise<ExitCode> {
  const config = loadProcessConfig({ file: options.config });
  const redact = createRedactor(secretsOf(config));
  const { sink: name, key, runId } = locate(what, config, options.sink ?? null);
  const reader = s3Sink(sinkOptions(entryOf(config.sinks, name, 'sink')));
  const startedAt = Date.now();
  const progress = verifyProgress(process.stderr, options.json !== true);
  try {
    const signal = new AbortController().signal;
    const manifest = await readManifest(reader, key, signal);
    const url = reader.url(key);
    if (runId !== null && manifest.run_id !== runId) throw ofAnotherRun(url, manifest, runId);
    progress.begin(manifest);
    const differences = await verifyObjects(
      manifest,
      reader,
      {
        progress: progress.at,
        different: (difference) =>
          progress.say(`${reader.url(difference.key)} ${redact(difference.message)}`),
      },
      signal,
    );
    progress.stop();
    const seconds = (Date.now() - startedAt) / 1000;
    const result = resultOf(url, manifest, differences, reader.url, Math.round(seconds * 1000));
    print(redact(options.json === true ? jsonText(result) : summary(result, seconds)));
    return differences.length === 0 ? EXIT.done : EXIT.failed;
  } finally {
    progress.stop();
    reader.close();
  }
}

/** The manifest to begin with; `runId`: the run it has to be of, where the state knows it. */
function locate(
  what: string,
  config: Config,
  chosen: string | null,
): { readonly sink: string; readonly key: string; readonly runId: string | null } {
  const target = targetOf(what, config.sinks, chosen);
  if (target.kind === 'manifest') return { ...target, runId: null };
  const state = readState(config.state_dir);
  try {
    const published = lastPublished(state.db, target.task, chosen);
    if (published !== null) return { sink: published.sink, key: published.manifest, runId: published.runId };
    const near = nearest(target.task, rememberedTasks(state.db));
    const into = chosen === null ? '' : ` into the sink ${chosen}`;
    throw new TidemarkError(
      'USAGE',
      `No run of a task "${target.task}" that published something${into} is remembered.`,
      {
        hint: `${near === null || near === target.task ? '' : `Did you mean ${near}? `}A manifest can be named by its key, or as s3://bucket/key.`,
      },
    );
  } finally {
    state.close();
  }
}

function ofAnotherRun(url: string, manifest: Manifest, runId: string): TidemarkError {
  return new TidemarkError(
    'VERIFY_FAILED',
    `The manifest ${url} is of run ${manifest.run_id}; the last run that published it was ${runId}.`,
    { hint: 'Two installations write to the same prefix, or the state was restored from an older backup.' },
  );
}

/** What `--json` prints. */
function resultOf(
  url: string,
  manifest: Manifest,
  differences: readonly Difference[],
  urlOf: (key: string) => string,
  durationMs: number,
) {
  const { task, run_id, scheduled_for, entries, rows, bytes } = manifest;
  const first = differences[0];
  const error =
    first === undefined
      ? null
      : new TidemarkError(
          'VERIFY_FAILED',
          `${differences.length} of ${countOf(entries.length, 'object')} ${differences.length === 1 ? 'is' : 'are'} not what was published. The first: ${urlOf(first.key)} ${first.message}`,
        );
  return {
    task,
    run_id,
    scheduled_for,
    manifest: url,
    status: error === null ? 'whole' : 'different',
    files: entries.length,
    rows,
    bytes,
    duration_ms: durationMs,
    differences: differences.map((difference) => ({ url: urlOf(difference.key), ...difference })),
    error:
      error === null
        ? null
        : { code: error.code, message: error.message, hint: error.hint, retryable: error.retryable },
  };
}

function summary(result: ReturnType<typeof resultOf>, seconds: number): string {
  const { task, run_id, manifest, files, rows, bytes, differences, error } = result;
  const of = `${countOf(files, 'object')}, ${countOf(rows, 'row')}, ${countOf(bytes, 'byte')}`;
  const lines = [`${task}, run ${run_id}: ${of}`, `  ${manifest}`];
  for (const { url, message } of differences.slice(0, MOST_SHOWN)) lines.push(`different: ${url} ${message}`);
  const more = differences.length - MOST_SHOWN;
  if (more > 0) lines.push(`… and ${more.toLocaleString('en')} more; --json lists them all`);
  lines.push(
    error === null
      ? `whole: every object is what the manifest says (${seconds.toFixed(1)} s)`
      : `${error.code}: ${differences.length} of ${countOf(files, 'object')} ${differences.length === 1 ? 'differs' : 'differ'} (${seconds.toFixed(1)} s)\n${error.hint}`,
  );
  return `${lines.join('\n')}\n`;
}
