/** `tidemark check --connect` for one source: its server once, then every spec that reads from it, one after the other. */
import { failureOf, isOfSource } from '../check/failure.ts';
import type { Finding, TaskPlace } from '../check/finding.ts';
import { serverFindings } from '../check/server.ts';
import type { ServerProbe } from '../check-ports.ts';
import type { Config } from '../config/config.ts';
import type { Spec } from '../domain/spec.ts';
import { asTidemarkError } from '../errors.ts';
import { needsHorizon, needsOf } from '../planner.ts';
import type { Snapshot } from '../ports.ts';
import { probeServer } from '../sources/mysql/probe.ts';
import { mysqlSource } from '../sources/mysql/snapshot.ts';
import { checkSpec, type SourceAtHand } from './check-spec.ts';
import { sourceOptions } from './installation.ts';
import { runNow } from './plan-now.ts';

/** A spec, and what says where something stands in its file. */
export interface PlacedSpec extends TaskPlace {
  readonly spec: Spec;
}

/**
 * Two connections at most, however many specs there are.
 *
 * @throws the signal's reason.
 */
export async function checkSource(
  config: Config,
  name: string,
  specs: readonly PlacedSpec[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const seen = new Set<PlacedSpec>();
  let probe: ServerProbe | null = null;
  try {
    probe = await probeServer(optionsOf(config, name), signal);
    const facts = await probe.facts();
    findings.push(...serverFindings(name, facts, serverNeeds(specs), config.sources[name]!.tls));
    const at: SourceAtHand = { config, probe, facts, tables: new Map(), signal };
    for (const group of byNeeds(specs)) findings.push(...(await checkGroup(at, name, group, seen)));
  } catch (thrown) {
    signal.throwIfAborted();
    const left = specs.filter((one) => !seen.has(one)).map(({ task }) => task);
    findings.push(failureOf('source', name, asTidemarkError(thrown), left));
  } finally {
    await probe?.close();
  }
  return findings;
}

function optionsOf(config: Config, name: string): ReturnType<typeof sourceOptions> {
  return sourceOptions(config.sources[name]!, config.masking.hmac_key);
}

/** What the specs need of the server, as far as they alone show it. */
function serverNeeds(specs: readonly PlacedSpec[]): { watermarks: string[]; zones: string[] } {
  const run = runNow();
  const namesOf = (wanted: (spec: Spec) => boolean): string[] =>
    specs.filter(({ spec }) => wanted(spec)).map(({ task }) => task);
  return {
    watermarks: namesOf((spec) => needsHorizon(spec, run)),
    zones: namesOf(({ customQuery, transformations }) =>
      [customQuery, ...transformations.map(({ sql }) => sql)].some((sql) =>
        /\bconvert_tz\s*\(/i.test(sql ?? ''),
      ),
    ),
  };
}

/** Specs that one snapshot does for. */
function byNeeds(specs: readonly PlacedSpec[]): PlacedSpec[][] {
  const run = runNow();
  return [...Map.groupBy(specs, ({ spec }) => JSON.stringify(needsOf(spec, run))).values()];
}

/** @param seen gets each spec that has been looked at, or that a finding of the group stands for. */
async function checkGroup(
  at: SourceAtHand,
  name: string,
  group: readonly PlacedSpec[],
  seen: Set<PlacedSpec>,
): Promise<Finding[]> {
  const source = mysqlSource(optionsOf(at.config, name));
  const findings: Finding[] = [];
  let snapshot: Snapshot | null = null;
  try {
    for (const one of group) {
      snapshot ??= await source.open(at.signal, needsOf(one.spec, runNow()));
      const result = await checkSpec(at, one.spec, one, snapshot);
      findings.push(...result.findings);
      seen.add(one);
      // A value that could not be read to its end leaves a session that can answer nothing more.
      if (result.failed && needsHorizon(one.spec, runNow())) {
        await snapshot.close();
        snapshot = null;
      }
    }
    return findings;
  } catch (thrown) {
    at.signal.throwIfAborted();
    const error = asTidemarkError(thrown);
    if (!isOfSource(error)) throw error;
    const left = group.filter((one) => !seen.has(one));
    for (const one of left) seen.add(one);
    return [
      ...findings,
      failureOf(
        'source',
        name,
        error,
        left.map(({ task }) => task),
      ),
    ];
  } finally {
    await snapshot?.close();
  }
}
