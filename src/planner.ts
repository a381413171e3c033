/**
 * Asks the server what a plan needs to know, and has the plan drawn up. The questions are here, the decisions in plan/.
 */
import { randomBytes } from 'node:crypto';
import type { Plan, Spec } from './domain.ts';
import { bindPlaceholders } from './plan/custom-query.ts';
import { buildPlan, type PlanSettings, type RunIdentity, type SizedDraft } from './plan/build.ts';
import { draftQuery, draftTable, selectedColumns } from './plan/draft.ts';
import { estimateQuery, estimateTable } from './plan/estimate.ts';
import { stampOf } from './plan/keys.ts';
import { quoteString } from './plan/sql.ts';
import { instantsOf, utcText } from './plan/windows.ts';
import type { Snapshot } from './ports.ts';

/** A run's identity: readable, sortable, and not to be confused with another attempt at the same slot. */
export function identifyRun(scheduledFor: Date): RunIdentity {
  // The stamp has whole seconds, so the run has too: what is named after it must say the same.
  const wholeSeconds = new Date(Math.floor(scheduledFor.getTime() / 1000) * 1000);
  return { scheduledFor: wholeSeconds, runId: `${stampOf(wholeSeconds)}-${randomBytes(4).toString('hex')}` };
}

/**
 * @throws TidemarkError of the source: TABLE_UNKNOWN, COLUMN_UNKNOWN, PRIVILEGE_MISSING, QUERY_INVALID …
 */
export async function makePlan(
  spec: Spec,
  snapshot: Snapshot,
  run: RunIdentity,
  settings: PlanSettings,
): Promise<Plan> {
  const drafts =
    spec.customQuery === null
      ? await draftTables(spec, snapshot, run)
      : [await draftCustom(spec.taskName, spec.customQuery, snapshot, run)];
  return buildPlan(spec, run, settings, snapshot.server, drafts);
}

async function draftTables(
  spec: Spec,
  snapshot: Snapshot,
  { scheduledFor }: RunIdentity,
): Promise<SizedDraft[]> {
  const clocks = new Map<string, string>();
  for (const instant of instantsOf(spec.tables, scheduledFor)) {
    clocks.set(instant.toISOString(), await snapshot.wallClock(instant));
  }
  const drafts: SizedDraft[] = [];
  // One after the other: a snapshot is one session, and a session answers one question at a time.
  for (const table of spec.tables) {
    const facts = await snapshot.tableFacts(table.name);
    const draft = draftTable(table, facts, scheduledFor, clocks);
    const explained = await snapshot.explain(draft.sql);
    const rows = draft.filtered || facts.rows === null ? explained.rows : null;
    const estimate = estimateTable(facts, selectedColumns(table, facts), rows);
    drafts.push({ draft, estimate, warnings: explained.warnings });
  }
  return drafts;
}

async function draftCustom(
  task: string,
  query: string,
  snapshot: Snapshot,
  { scheduledFor }: RunIdentity,
): Promise<SizedDraft> {
  const sql = bindPlaceholders(query, { scheduled_for: quoteString(utcText(scheduledFor)) });
  const draft = draftQuery(task, sql, await snapshot.describeQuery(sql), snapshot.server.flavor);
  const explained = await snapshot.explain(draft.sql);
  return { draft, estimate: estimateQuery(explained.rows), warnings: explained.warnings };
}
