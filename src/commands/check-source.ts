/**
 * `tidemark check --connect` for one source: its server once, then every spec that reads from it, one after the other.
 * One connection at a time: the account or the server may have no second one to spare.
 */
import { failureOf, isOfSource } from '../check/failure.ts';
import type { Finding } from '../check/finding.ts';
import type { MomentNeeds } from '../check/moment.ts';
import { serverFindings, type ServerNeeds } from '../check/server.ts';
import type { ServerProbe } from '../check-ports.ts';
import type { Config } from '../config/config.ts';
import type { Spec, WantedConsistency } from '../domain/spec.ts';
import { asTidemarkError } from '../errors.ts';
import { needsHorizon, needsOf } from '../planner.ts';
import type { Snapshot } from '../ports.ts';
import { probeServer } from '../sources/mysql/probe.ts';
import { mysqlSource } from '../sources/mysql/snapshot.ts';
import { planSpec, scanSpec, type PlacedSpec, type PlannedSpec, type SourceAtHand } from './check-spec.ts';
import { sourceOptions } from './endpoints.ts';
import { paceLimits } from './load-limits.ts';
import { runNow } from './plan-now.ts';

/** @throws the signal's reason. */
export async function checkSource(
  config: Config,
  name: string,
  specs: readonly PlacedSpec[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  // Those of which nothing more is to be found out.
  const done = new Set<string>();
  try {
    const facts = await probing(config, name, signal, (probe) => probe.facts());
    findings.push(...serverFindings(name, facts, serverNeeds(config, specs), config.sources[name]!.tls));
    const at: SourceAtHand = { config, facts, tables: new Map(), indexes: new Map(), signal };
    const planned: PlannedSpec[] = [];
    for (const group of byNeeds(specs)) planned.push(...(await planGroup(at, name, group, findings, done)));
    if (planned.length === 0) return findings;
    await probing(config, name, signal, async (probe) => {
      for (const one of planned) {
        findings.push(...(await scanSpec(at, one, probe)), ...one.remarks);
        done.add(one.task);
      }
    });
  } catch (thrown) {
    signal.throwIfAborted();
    const left = specs.map(({ task }) => task).filter((task) => !done.has(task));
    findings.push(failureOf('source', name, asTidemarkError(thrown), left));
  }
  return findings;
}

async function probing<T>(
  config: Config,
  name: string,
  signal: AbortSignal,
  ask: (probe: ServerProbe) => Promise<T>,
): Promise<T> {
  const probe = await probeServer(optionsOf(config, name), signal);
  try {
    return await ask(probe);
  } finally {
    await probe.close();
  }
}

function optionsOf(config: Config, name: string): ReturnType<typeof sourceOptions> {
  return sourceOptions(config.sources[name]!, config.masking.hmac_key);
}

/** What the specs need of the server, as far as they alone show it. */
function serverNeeds(config: Config, specs: readonly PlacedSpec[]): ServerNeeds {
  const run = runNow();
  const namesOf = (wanted: (spec: Spec) => boolean): string[] =>
    specs.filter(({ spec }) => wanted(spec)).map(({ task }) => task);
  return {
    watermarks: namesOf((spec) => needsHorizon(spec, run)),
    replicaLag: namesOf(
      (spec) => (paceLimits(config.sources[spec.source]!, spec).maxLoad?.replicaLagMs ?? null) !== null,
    ),
    moment: momentNeeds(config, specs),
    zones: namesOf(({ customQuery, transformations }) =>
      [customQuery, ...transformations.map(({ sql }) => sql)].some((sql) =>
        /\bconvert_tz\s*\(/i.test(sql ?? ''),
      ),
    ),
  };
}

/** A custom query is one result, and one connection needs no proof. */
function momentNeeds(config: Config, specs: readonly PlacedSpec[]): MomentNeeds {
  const namesOf = (wanted: WantedConsistency, isIt: (spec: Spec) => boolean): string[] =>
    specs.filter(({ spec }) => spec.consistency === wanted && isIt(spec)).map(({ task }) => task);
  const isParallel = ({ customQuery, parallelism }: Spec): boolean =>
    customQuery === null && (parallelism ?? config.parallelism) > 1;
  return {
    best: namesOf('best', isParallel),
    snapshot: namesOf('snapshot', isParallel),
    locked: namesOf('locked', ({ customQuery }) => customQuery === null),
    lockedQueries: namesOf('locked', ({ customQuery }) => customQuery !== null),
  };
}

/** Specs that one snapshot does for. */
function byNeeds(specs: readonly PlacedSpec[]): PlacedSpec[][] {
  const run = runNow();
  return [...Map.groupBy(specs, ({ spec }) => JSON.stringify(needsOf(spec, run))).values()];
}

/**
 * @param findings gets what keeps specs from being planned.
 * @param done gets the tasks of which nothing more is to be found out.
 */
async function planGroup(
  at: SourceAtHand,
  name: string,
  group: readonly PlacedSpec[],
  findings: Finding[],
  done: Set<string>,
): Promise<PlannedSpec[]> {
  const source = mysqlSource(optionsOf(at.config, name));
  const planned: PlannedSpec[] = [];
  let snapshot: Snapshot | null = null;
  try {
    for (const one of group) {
      snapshot ??= await source.open(at.signal, needsOf(one.spec, runNow()));
      const result = await planSpec(at, one, snapshot);
      if ('plan' in result) {
        planned.push(result);
        continue;
      }
      findings.push(...result);
      done.add(one.task);
      // A value that could not be read to its end leaves a session that can answer nothing more.
      if (needsHorizon(one.spec, runNow())) {
        await snapshot.close();
        snapshot = null;
      }
    }
  } catch (thrown) {
    at.signal.throwIfAborted();
    const error = asTidemarkError(thrown);
    if (!isOfSource(error)) throw error;
    // Specs with other needs may still be looked at: a replica that stands still matters to watermarks alone.
    const reached = new Set([...planned.map(({ task }) => task), ...done]);
    const left = group.map(({ task }) => task).filter((task) => !reached.has(task));
    for (const task of left) done.add(task);
    findings.push(failureOf('source', name, error, left));
  } finally {
    await snapshot?.close();
  }
  return planned;
}
