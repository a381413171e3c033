/** `tidemark check --connect` for one spec: its plan, as a run would make it, and what the server would have to do. */
import { specFinding, type Finding, type Severity, type TaskPlace } from '../check/finding.ts';
import { isOfSource, specFailure, statementsIn } from '../check/failure.ts';
import { queryFindings, tableFindings } from '../check/scans.ts';
import type { ServerFacts, ServerProbe, TableIndex } from '../check-ports.ts';
import type { Config } from '../config/config.ts';
import type { Plan } from '../domain/plan.ts';
import type { TaskMemory } from '../domain/run.ts';
import type { Spec } from '../domain/spec.ts';
import { asTidemarkError, type TidemarkError } from '../errors.ts';
import { integerCaution, isInteger } from '../plan/build.ts';
import { makePlan } from '../planner.ts';
import type { Snapshot, TableFacts } from '../ports.ts';
import { COLUMN_TO_USE } from '../spec/cautions.ts';
import { sortWarning } from '../sources/mysql/metadata.ts';
import { transformsIn } from '../transform/transforms.ts';
import { planSettings } from './installation.ts';
import { memoryNow, runNow } from './plan-now.ts';

/** What the specs on one source are looked at with. */
export interface SourceAtHand {
  readonly config: Config;
  readonly probe: ServerProbe;
  readonly facts: ServerFacts;
  /** What has been asked of each table: many specs may name the same. */
  readonly tables: Map<string, { readonly facts: TableFacts; readonly indexes: readonly TableIndex[] }>;
  readonly signal: AbortSignal;
}

/**
 * @param snapshot opened as the spec needs it.
 * @throws TidemarkError of the source as a whole, such as CONNECTION_LOST, or the signal's reason.
 */
export async function checkSpec(
  at: SourceAtHand,
  spec: Spec,
  task: TaskPlace,
  snapshot: Snapshot,
): Promise<{ readonly findings: Finding[]; readonly failed: boolean }> {
  const memory = memoryNow(at.config, spec, new Date());
  try {
    const plan = await planOf(at, spec, memory, snapshot);
    const scans = await scansOf(at, spec, task, plan, snapshot);
    return { findings: [...scans, ...remarksOf(at, spec, task, plan, snapshot)], failed: false };
  } catch (thrown) {
    const error = specError(at, thrown);
    return { findings: await failuresOf(at, spec, task, memory, error, snapshot), failed: true };
  }
}

/** Of what concerns more than this spec, the caller hears. */
function specError({ signal }: SourceAtHand, thrown: unknown): TidemarkError {
  signal.throwIfAborted();
  const error = asTidemarkError(thrown);
  if (isOfSource(error)) throw error;
  return error;
}

async function planOf(
  { config, signal }: SourceAtHand,
  spec: Spec,
  memory: TaskMemory,
  snapshot: Snapshot,
): Promise<Plan> {
  const { rowTransform } = spec;
  const declared =
    rowTransform === null ? null : await transformsIn(config.transforms_dir).inspect(rowTransform, signal);
  const settings = { ...planSettings(config, spec), declared };
  return makePlan(spec, snapshot, runNow(), memory, settings, signal);
}

/** A plan ends with its first failure; each table by itself shows those of the others. */
async function failuresOf(
  at: SourceAtHand,
  spec: Spec,
  task: TaskPlace,
  memory: TaskMemory,
  error: TidemarkError,
  snapshot: Snapshot,
): Promise<Finding[]> {
  if (spec.tables.length < 2) return [specFailure(task, spec.customQuery === null ? 0 : null, error)];
  const findings: Finding[] = [];
  for (const [index, table] of spec.tables.entries()) {
    const transformations = spec.transformations.filter((one) => one.table === table.name);
    const alone = { ...spec, tables: [table], transformations, rowTransform: null };
    try {
      await planOf(at, alone, { ...memory, schemas: [] }, snapshot);
    } catch (thrown) {
      findings.push(specFailure(task, index, specError(at, thrown)));
    }
  }
  if (findings.some(({ message }) => message === error.message)) return findings;
  return [specFailure(task, null, error), ...findings];
}

async function scansOf(
  at: SourceAtHand,
  spec: Spec,
  task: TaskPlace,
  plan: Plan,
  snapshot: Snapshot,
): Promise<Finding[]> {
  const { probe, facts, tables } = at;
  if (spec.customQuery !== null) {
    const steps = await probe.scan(plan.exports[0]!.sql);
    return queryFindings(task, steps, spec.queryWatermark !== null);
  }
  const findings: Finding[] = [];
  for (const [index, table] of spec.tables.entries()) {
    const known = tables.get(table.name) ?? {
      facts: await snapshot.tableFacts(table.name),
      indexes: await probe.indexes(table.name),
    };
    tables.set(table.name, known);
    const steps = await probe.scan(plan.exports[index]!.sql);
    const { database } = facts.server;
    findings.push(...tableFindings(task, { table, at: index, database, ...known, steps }));
  }
  return findings;
}

/** What the plan warns of, unless another finding says it. */
function remarksOf(
  { facts, tables }: SourceAtHand,
  spec: Spec,
  task: TaskPlace,
  plan: Plan,
  snapshot: Snapshot,
): Finding[] {
  const blind = snapshot.horizon?.blind ?? null;
  // What the account lacks is said of the source; that a replica cannot see its source's transactions is not.
  const saidOfSource = !facts.seesTransactions && facts.replication !== 'replica';
  // The order of a table is looked at by its indexes; a view has none.
  const sorted = spec.tables.filter(({ name }) => tables.get(name)?.facts.transactional !== null);
  const known = new Set([...(saidOfSource ? [blind] : []), ...sorted.map(({ name }) => sortWarning(name))]);
  const integers = new Map(
    plan.windows
      .filter((window) => window.mode === 'watermark' && isInteger(window))
      .map((window) => [integerCaution(window), window]),
  );
  return [...plan.warnings, ...plan.cautions]
    .filter((text) => !known.has(text))
    .map((text) => {
      const integer = integers.get(text);
      if (integer !== undefined) {
        const index = spec.tables.findIndex(({ name }) => name === integer.table);
        const remedy = { kind: 'words', text: COLUMN_TO_USE } as const;
        return specFinding(
          'warning',
          'WATERMARK_INTEGER',
          task,
          ['table', index, 'cdc', integer.column],
          text,
          remedy,
        );
      }
      return remark(task, text);
    });
}

function remark(task: TaskPlace, text: string): Finding {
  const statements = statementsIn(text);
  const severity: Severity = 'warning';
  if (statements === null) return specFinding(severity, 'PLAN_WARNING', task, [], text);
  const code = text.startsWith('EXPLAIN was refused') ? 'EXPLAIN_REFUSED' : 'PLAN_WARNING';
  const message = text.replace(/ ?Run as an administrator:.*$/s, '');
  return specFinding(severity, code, task, [], message, { kind: 'sql', text: statements });
}
