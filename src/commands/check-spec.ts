/** `tidemark check --connect` for one spec: its plan, as a run would make it, and what the server would have to do. */
import { isOfSource, specFailure, statementsIn } from '../check/failure.ts';
import { specFinding, type Finding, type TaskPlace } from '../check/finding.ts';
import { queryFindings, tableFindings } from '../check/scans.ts';
import { sequentialFindings } from '../check/sequential.ts';
import type { ServerFacts, ServerProbe } from '../check-ports.ts';
import type { Config } from '../config/config.ts';
import type { Plan } from '../domain/plan.ts';
import type { TaskMemory } from '../domain/run.ts';
import type { Spec } from '../domain/spec.ts';
import { asTidemarkError, type TidemarkError } from '../errors.ts';
import type { TableIndex } from '../key-ports.ts';
import { integerCaution, isInteger } from '../plan/build.ts';
import { tablesNamed } from '../plan/query-tables.ts';
import { makePlan } from '../planner.ts';
import type { Snapshot, TableFacts } from '../ports.ts';
import { sortWarning } from '../sources/mysql/metadata.ts';
import { COLUMN_TO_USE } from '../spec/cautions.ts';
import { transformsIn } from '../transform/transforms.ts';
import { planSettings } from './installation.ts';
import { memoryNow, runNow } from './plan-now.ts';

/** A spec, and what says where something stands in its file. */
export interface PlacedSpec extends TaskPlace {
  readonly spec: Spec;
}

/** What the specs on one source are looked at with. */
export interface SourceAtHand {
  readonly config: Config;
  readonly facts: ServerFacts;
  /** What has been asked of each table: many specs may name the same. */
  readonly tables: Map<string, TableFacts>;
  readonly indexes: Map<string, readonly TableIndex[]>;
  readonly signal: AbortSignal;
}

/** A spec that can be run as it stands. */
export interface PlannedSpec extends PlacedSpec {
  readonly plan: Plan;
  /** What the plan warns of, unless another finding says it. */
  readonly remarks: readonly Finding[];
}

/**
 * @param snapshot opened as the spec needs it.
 * @returns the plan, or why there is none.
 * @throws TidemarkError of the source as a whole, such as CONNECTION_LOST, or the signal's reason.
 */
export async function planSpec(
  at: SourceAtHand,
  placed: PlacedSpec,
  snapshot: Snapshot,
): Promise<PlannedSpec | readonly Finding[]> {
  const memory = memoryNow(at.config, placed.spec, new Date());
  try {
    const plan = await planOf(at, placed.spec, memory, snapshot);
    for (const { name } of placed.spec.tables)
      if (!at.tables.has(name)) at.tables.set(name, await snapshot.tableFacts(name));
    return { ...placed, plan, remarks: remarksOf(at, placed, plan, snapshot) };
  } catch (thrown) {
    return failuresOf(at, placed, memory, specError(at, thrown), snapshot);
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
  placed: PlacedSpec,
  memory: TaskMemory,
  error: TidemarkError,
  snapshot: Snapshot,
): Promise<Finding[]> {
  const { spec } = placed;
  if (spec.customQuery !== null) return refusalsOf(at, placed, spec.customQuery, memory, error, snapshot);
  if (spec.tables.length < 2) return [specFailure(placed, 0, error)];
  const findings: Finding[] = [];
  for (const [index, table] of spec.tables.entries()) {
    const transformations = spec.transformations.filter((one) => one.table === table.name);
    const alone = { ...spec, tables: [table], transformations, rowTransform: null };
    try {
      await planOf(at, alone, { ...memory, schemas: [] }, snapshot);
    } catch (thrown) {
      findings.push(specFailure(placed, index, specError(at, thrown)));
    }
  }
  if (findings.some(({ message }) => message === error.message)) return findings;
  return [specFailure(placed, null, error), ...findings];
}

/** The server refuses a query for the first table that may not be read; each by itself shows the others. */
async function refusalsOf(
  at: SourceAtHand,
  placed: PlacedSpec,
  query: string,
  memory: TaskMemory,
  error: TidemarkError,
  snapshot: Snapshot,
): Promise<Finding[]> {
  const first = specFailure(placed, null, error);
  if (error.code !== 'PRIVILEGE_MISSING') return [first];
  const refusals: Finding[] = [];
  for (const table of tablesNamed(query)) {
    // The columns do not matter: what may be read of the table is what is asked.
    const customQuery = `SELECT 1 AS one FROM ${table}`;
    const alone: Spec = {
      ...placed.spec,
      customQuery,
      queryWatermark: null,
      transformations: [],
      rowTransform: null,
    };
    try {
      await planOf(at, alone, { ...memory, schemas: [] }, snapshot);
    } catch (thrown) {
      const refused = specError(at, thrown);
      if (refused.code === 'PRIVILEGE_MISSING') refusals.push(specFailure(placed, null, refused));
    }
  }
  return refusals.some(({ message }) => message === error.message) ? refusals : [first, ...refusals];
}

/** @throws TidemarkError of the source, or the signal's reason. */
export async function scanSpec(
  { facts, tables, indexes }: SourceAtHand,
  { spec, plan, ...place }: PlannedSpec,
  probe: ServerProbe,
): Promise<Finding[]> {
  if (spec.customQuery !== null) {
    const steps = await probe.scan(plan.exports[0]!.sql);
    return [
      ...queryFindings(place, steps, spec.queryWatermark !== null),
      ...sequentialFindings(place, ['query', 'custom'], plan.exports[0]!.sequential),
    ];
  }
  const findings: Finding[] = [];
  const { database } = facts.server;
  for (const [at, table] of spec.tables.entries()) {
    const { name } = table;
    const known = indexes.get(name) ?? (await probe.indexes(name));
    indexes.set(name, known);
    const steps = await probe.scan(plan.exports[at]!.sql);
    const scan = { table, at, database, facts: tables.get(name)!, indexes: known, steps };
    findings.push(...tableFindings(place, scan));
    const why = plan.exports[at]!.sequential;
    findings.push(...sequentialFindings(place, ['table', at, 'name'], why));
  }
  return findings;
}

function remarksOf(
  { facts, tables }: SourceAtHand,
  { spec, ...place }: PlacedSpec,
  plan: Plan,
  snapshot: Snapshot,
): Finding[] {
  const blind = snapshot.horizon?.blind ?? null;
  // What the account lacks is said of the source; that a replica cannot see its source's transactions is not.
  const saidOfSource = !facts.seesTransactions && facts.replication !== 'replica';
  // The order of a table is looked at by its indexes; a view has none.
  const sorted = spec.tables.filter(({ name }) => tables.get(name)!.transactional !== null);
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
      if (integer === undefined) return remark(place, text);
      const path = [
        'table',
        spec.tables.findIndex(({ name }) => name === integer.table),
        'cdc',
        integer.column,
      ];
      const remedy = { kind: 'words', text: COLUMN_TO_USE } as const;
      return specFinding('warning', 'WATERMARK_INTEGER', place, path, text, remedy);
    });
}

function remark(place: TaskPlace, text: string): Finding {
  const statements = statementsIn(text);
  if (statements === null) return specFinding('warning', 'PLAN_WARNING', place, [], text);
  const code = text.startsWith('EXPLAIN was refused') ? 'EXPLAIN_REFUSED' : 'PLAN_WARNING';
  const message = text.replace(/ ?Run as an administrator:.*$/s, '');
  return specFinding('warning', code, place, [], message, { kind: 'sql', text: statements });
}
