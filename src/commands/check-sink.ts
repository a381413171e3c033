/** `tidemark check --connect` for one sink: a trial upload under each folder that its tasks write to. */
import { bucketFindings, type TriedFolder } from '../check/bucket.ts';
import { failureOf } from '../check/failure.ts';
import type { Finding } from '../check/finding.ts';
import { foldersOf } from '../check/folders.ts';
import type { Config } from '../config/config.ts';
import type { Spec } from '../domain/spec.ts';
import { asTidemarkError } from '../errors.ts';
import { fewAtOnce } from '../few-at-once.ts';
import { probeBucket } from '../sinks/s3/probe.ts';
import { sinkOptions } from './endpoints.ts';

const MOST_AT_ONCE = 8;

/** @throws the signal's reason. */
export async function checkSink(
  config: Config,
  name: string,
  specs: readonly Spec[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const settings = config.sinks[name]!;
  const probe = probeBucket(sinkOptions(settings), signal);
  const folders = [...tasksByFolder(specs, settings.prefix)];
  // Without a spec, the place where all of them will write.
  if (specs.length === 0) folders.push([settings.prefix.slice(0, settings.prefix.lastIndexOf('/') + 1), []]);
  const tried: TriedFolder[] = [];
  const attempt = async ([folder, tasks]: [string, string[]]): Promise<void> => {
    tried.push({ folder, tasks, facts: await probe.folder(folder) });
  };
  try {
    // What ails the bucket as a whole shows at the first folder, and is not asked for a thousand times.
    for (const first of folders.slice(0, 1)) await attempt(first);
    const [isUsable, keepsUploads] = [
      tried.every(allowsOrRefuses),
      tried.some(({ facts }) => facts.leftOpen !== null),
    ];
    const goesOn = isUsable && !keepsUploads;
    if (goesOn) await fewAtOnce(folders.slice(1), MOST_AT_ONCE, attempt);
    const encryption = isUsable
      ? await probe.encryption()
      : ({ kind: 'unknown', why: 'the bucket cannot be used' } as const);
    signal.throwIfAborted();
    const untried = goesOn ? [] : folders.slice(1).map(([folder, tasks]) => ({ folder, tasks }));
    const inOrder = tried.toSorted((a, b) => (a.folder < b.folder ? -1 : 1));
    return bucketFindings(name, settings, { tried: inOrder, untried, encryption });
  } catch (thrown) {
    signal.throwIfAborted();
    return [
      failureOf(
        'sink',
        name,
        asTidemarkError(thrown),
        specs.map(({ taskName }) => taskName),
      ),
    ];
  } finally {
    probe.close();
  }
}

function allowsOrRefuses({ facts }: TriedFolder): boolean {
  return facts.failures.every(({ error }) => error.code === 'S3_ACCESS_DENIED');
}

function tasksByFolder(specs: readonly Spec[], prefix: string): Map<string, string[]> {
  const now = new Date();
  const tasks = new Map<string, string[]>();
  for (const spec of specs) {
    for (const folder of foldersOf(spec, prefix, now))
      tasks.set(folder, [...(tasks.get(folder) ?? []), spec.taskName]);
  }
  return tasks;
}
