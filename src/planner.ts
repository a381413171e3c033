/**
 * Asks the server what a plan needs to know, and has the plan drawn up. The questions are here, the decisions in plan/.
 */
import { randomBytes } from 'node:crypto';
import type { ColumnTransformation, Spec, TableSpec } from './domain/spec.ts';
import type { OutputColumn, Plan } from './domain/plan.ts';
import type { RunIdentity, TaskMemory, Trigger } from './domain/run.ts';
import {
  assignQuery,
  assignTable,
  checkAllAssigned,
  namesakes,
  probeSql,
  slowDocuments,
  wrongExpression,
  type Assignment,
} from './plan/assign.ts';
import { resultSource, tableSource, type SourceColumn } from './plan/columns.ts';
import { floorTo, parseClock, unitOf } from './plan/clock.ts';
import { bindPlaceholders } from './plan/custom-query.ts';
import { buildPlan, thresholdOf, type PlanSettings, type SizedDraft } from './plan/build.ts';
import {
  checkColumnsKnown,
  columnFinder,
  draftQuery,
  draftTable,
  fromQuery,
  selectedColumns,
} from './plan/draft.ts';
import { withSchemaChanges } from './plan/schema-change.ts';
import { estimateQuery, estimateTable } from './plan/estimate.ts';
import { stampOf } from './plan/keys.ts';
import { QUERY_IS_WHOLE } from './plan/ranges/usable-key.ts';
import { maximumSql, quoteName, quoteString } from './plan/sql.ts';
import { transformColumns, type TransformedColumns } from './plan/transform.ts';
import { BEGINNING, queryWarnings, queryWindow } from './plan/query-window.ts';
import { questionsOf, utcText } from './plan/windows.ts';
import type { Answers, Questions, WindowContext } from './plan/windows.ts';
import type { Snapshot } from './ports.ts';
import { tableRanges } from './table-ranges.ts';

/** A run's identity: readable, sortable, and not to be confused with another run for the same slot. */
export function identifyRun({ kind, scheduledFor, until, backfill }: Trigger): RunIdentity {
  // The stamp has whole seconds, so the run has too: what is named after it must say the same.
  const wholeSeconds = new Date(Math.floor(scheduledFor.getTime() / 1000) * 1000);
  const time = stampOf(wholeSeconds);
  return {
    runId: `${time}-${randomBytes(4).toString('hex')}`,
    kind,
    scheduledFor: wholeSeconds,
    stamp: backfill === null ? time : backfillStamp(backfill, time),
    until,
    backfill,
  };
}

/** A backfill never writes over what the live runs have published, nor over another backfill. */
function backfillStamp({ id, to }: NonNullable<Trigger['backfill']>, time: string): string {
  const end = parseClock(to);
  if (end === null) return `backfill_${id}_${to}`;
  // The last window may be shorter than a second, and must not be named like the one before it.
  const fraction = end - floorTo(end, unitOf(0));
  return `backfill_${id}_${time}${fraction === 0n ? '' : `_${String(fraction).padStart(6, '0')}`}`;
}

/** Whether the plan of a spec depends on the server's clock and its open transactions. */
export function needsHorizon(spec: Spec, run: RunIdentity): boolean {
  return (
    run.backfill !== null ||
    spec.queryWatermark !== null ||
    spec.tables.some((table) => table.cdc.some(({ bound }) => bound.kind === 'watermark'))
  );
}

/** What the snapshot of a spec has to be opened with. */
export function needsOf(spec: Spec, run: RunIdentity): { readonly horizon: boolean; readonly hmac: boolean } {
  return {
    horizon: needsHorizon(spec, run),
    hmac: spec.transformations.some(({ mask }) => mask === 'hmac'),
  };
}

/**
 * @param snapshot opened with its horizon where the spec needs it.
 * @param memory what the task remembers.
 * @throws TidemarkError of the source: TABLE_UNKNOWN, COLUMN_UNKNOWN, PRIVILEGE_MISSING, QUERY_INVALID …, or of the
 * windows: WATERMARK_TYPE, WATERMARK_MISMATCH …
 */
export async function makePlan(
  spec: Spec,
  snapshot: Snapshot,
  run: RunIdentity,
  memory: TaskMemory,
  settings: PlanSettings,
  signal: AbortSignal,
): Promise<Plan> {
  const context: WindowContext = { run, memory, horizon: snapshot.horizon };
  const drafts: SizedDraft[] = [];
  const assignments: Assignment[] = [];
  if (spec.customQuery !== null)
    drafts.push(await draftCustom(spec, spec.customQuery, snapshot, context, settings, assignments));
  // One after the other: a snapshot is one session, and a session answers one question at a time.
  const clocks = new Map<bigint, string>();
  for (const table of spec.tables)
    drafts.push(await draftOne(spec, table, snapshot, context, settings, clocks, assignments, signal));
  checkAllAssigned(spec.transformations, assignments);
  const plan = buildPlan(spec, run, settings, snapshot.server, drafts, snapshot.horizon?.blind ?? null);
  return withSchemaChanges(plan, spec.onSchemaChange, memory.schemas);
}

async function draftOne(
  spec: Spec,
  table: TableSpec,
  snapshot: Snapshot,
  context: WindowContext,
  settings: PlanSettings,
  clocks: Map<bigint, string>,
  assignments: Assignment[],
  signal: AbortSignal,
): Promise<SizedDraft> {
  const facts = await snapshot.tableFacts(table.name);
  checkColumnsKnown(table, facts, spec.transformations);
  const find = columnFinder(facts);
  const assignment = assignTable(spec, table, facts);
  assignments.push(assignment);
  const from = `FROM ${quoteName(table.name)}`;
  const sourceOf = (name: string): SourceColumn | undefined => {
    const column = find(name);
    return column === undefined ? undefined : tableSource(column);
  };
  const transformed = await transform(assignment, from, sourceOf, snapshot);
  const questions = questionsOf(table, (name) => find(name)!, context);
  const answers = await ask(questions, table.name, snapshot, clocks, signal);
  const drafted = draftTable(table, facts, context, answers, transformed);
  const draft =
    facts.transactional === null ? { ...drafted, unkept: await snapshot.unkept(drafted.sql) } : drafted;
  const explained = await snapshot.explain(draft.sql);
  const rows = draft.filtered || facts.rows === null ? explained.rows : null;
  const estimate = estimateTable(facts, selectedColumns(table, facts), rows, spec.output.format);
  const known = facts.columns.map(({ name }) => name);
  const { sql, parts } = draft;
  const { parallelism = 1 } = settings;
  const thresholdBytes = thresholdOf(spec, settings);
  const asked = { spec, table, facts, sql, parts: parts!, estimate, thresholdBytes, parallelism };
  return {
    draft,
    estimate,
    ranges: await tableRanges(asked, snapshot, signal),
    warnings: [
      ...explained.warnings,
      ...namesakes(assignment, known),
      ...slowDocuments(assignment, draft.mapping),
    ],
  };
}

/** Asks the server for the type of each expression of the spec; null where nothing is transformed. */
async function transform(
  { columns, transforms }: Assignment,
  from: string,
  sourceOf: (name: string) => SourceColumn | undefined,
  snapshot: Snapshot,
): Promise<TransformedColumns | null> {
  if (!transforms) return null;
  const described = new Map<ColumnTransformation, OutputColumn>();
  for (const { column, transformation } of columns) {
    if (transformation === null || transformation.sql === null) continue;
    try {
      const [found] = await snapshot.describeQuery(probeSql(transformation.sql, column, from));
      described.set(transformation, found!);
    } catch (error) {
      throw wrongExpression(transformation, error);
    }
  }
  return transformColumns(columns, sourceOf, described, snapshot.server);
}

/** @param clocks what the server's clock is known to show: the tables of a task mostly ask for the same instants. */
async function ask(
  questions: Questions,
  table: string,
  snapshot: Snapshot,
  clocks: Map<bigint, string>,
  signal: AbortSignal,
): Promise<Answers> {
  for (const instant of questions.clocks)
    if (!clocks.has(instant)) clocks.set(instant, await snapshot.wallClock(instant));
  const maxima = new Map<string, string | null>();
  for (const column of questions.maxima)
    maxima.set(column, await snapshot.scalar(maximumSql(table, column), signal));
  return { clocks, maxima };
}

async function draftCustom(
  spec: Spec,
  query: string,
  snapshot: Snapshot,
  context: WindowContext,
  settings: PlanSettings,
  assignments: Assignment[],
): Promise<SizedDraft> {
  const window =
    spec.queryWatermark === null ? null : queryWindow(spec.taskName, spec.queryWatermark, context);
  const sql = bindPlaceholders(query, {
    scheduled_for: quoteString(utcText(context.run.scheduledFor)),
    ...(window === null
      ? {}
      : { from: quoteString(window.from ?? BEGINNING), to: quoteString(window.to ?? BEGINNING) }),
  });
  const columns = await snapshot.describeQuery(sql);
  const known = columns.map(({ name }) => name);
  const assignment = assignQuery(spec, known);
  assignments.push(assignment);
  const sourceOf = (name: string): SourceColumn | undefined => {
    const column = columns.find((one) => one.name.toLowerCase() === name.toLowerCase());
    return column === undefined ? undefined : resultSource(column);
  };
  const draft = draftQuery(
    spec.taskName,
    sql,
    columns,
    snapshot.server.flavor,
    window === null ? [] : [window],
    await transform(assignment, fromQuery(sql), sourceOf, snapshot),
  );
  const explained = await snapshot.explain(draft.sql);
  const warnings = [
    ...explained.warnings,
    ...namesakes(assignment, known),
    ...slowDocuments(assignment, draft.mapping),
  ];
  const behind =
    spec.queryWatermark === null ? [] : queryWarnings(spec.taskName, spec.queryWatermark, context);
  return {
    draft: { ...draft, unkept: await snapshot.unkept(sql), warnings: [...draft.warnings, ...behind] },
    estimate: estimateQuery(explained.rows),
    ...((settings.parallelism ?? 1) > 1 ? { ranges: { sequential: QUERY_IS_WHOLE } } : {}),
    warnings,
  };
}
