/** `tidemark plan`: what a run would do, touching no data. */
import type { Warehouse } from '../describe/warehouses.ts';
import type { ExportPlan, Plan, Window } from '../domain/plan.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { loadTask } from './load.ts';
import type { TaskOptions } from './options.ts';
import { ddlText, planDdl } from './plan-ddl.ts';
import { planNow } from './plan-now.ts';
import { rangeLines } from './plan-ranges.ts';
import { printReport } from './print.ts';

export interface PlanOptions extends TaskOptions {
  readonly ddl?: Warehouse;
}

export async function planCommand(options: PlanOptions): Promise<ExitCode> {
  const { config, spec } = loadTask(options);
  const plan = await planNow(config, spec);
  if (options.ddl === undefined) {
    printReport(options, planDocument(plan), () => describePlan(plan));
  } else {
    const ddl = planDdl(options.ddl, plan, spec, config);
    printReport(options, { ddl }, () => ddlText(ddl));
  }
  return EXIT.done;
}

/** The plan in the names of the contract's JSON. */
export function planDocument(plan: Plan): object {
  return {
    task: plan.task,
    scheduled_for: plan.scheduledFor,
    source: { name: plan.source, ...plan.server },
    sink: plan.sink,
    consistency: plan.consistency,
    tables: plan.exports.map((table) => ({
      name: table.name,
      sql: table.sql,
      columns: table.columns.map(({ name, mysqlType, nullable }) => ({ name, type: mysqlType, nullable })),
      estimate: table.estimate,
      batched: table.batched,
      batches: batchesOf(table),
      threshold_bytes: table.thresholdBytes,
      key: table.keyPattern,
      ...rangesDocument(table),
    })),
    windows: plan.windows,
    schema_changes: plan.schemaChanges,
    manifest: plan.manifestKey,
    warnings: plan.warnings,
    cautions: plan.cautions,
  };
}

/** Nothing where one connection was asked for. */
function rangesDocument({ ranges, sequential }: ExportPlan): object {
  if (sequential !== undefined) return { ranges: null, sequential };
  if (ranges === undefined) return {};
  const [first] = ranges;
  return {
    ranges: ranges.map(({ range, rows }) => ({ ...range, rows })),
    range_sql: first!.sql,
  };
}

function batchesOf(table: ExportPlan): number {
  if (table.ranges !== undefined) return table.ranges.length;
  return table.batched ? Math.ceil((table.estimate.bytes ?? 0) / table.thresholdBytes) : 1;
}

function describePlan(plan: Plan): string {
  const { host, port, database, version } = plan.server;
  const lines = [
    `${plan.task}, scheduled for ${plan.scheduledFor}`,
    `  from ${plan.source}: ${database} on ${host}:${port} (${version}), consistency ${plan.consistency}`,
    `  to   ${plan.sink}`,
  ];
  for (const table of plan.exports) {
    const { rows, bytes, basis } = table.estimate;
    const size = bytes === null ? 'size unknown' : `about ${(bytes / 1e6).toFixed(1)} MB`;
    const count = rows === null ? 'rows unknown' : `about ${rows.toLocaleString('en')} rows`;
    lines.push('', `${table.name}: ${count}, ${size} (${basis})`);
    lines.push(...table.sql.split('\n').map((line) => `    ${line}`));
    lines.push(`  ${table.columns.length} columns → ${table.keyPattern}`);
    if (table.batched && table.ranges === undefined)
      lines.push(`  about ${batchesOf(table)} batches of at most ${table.thresholdBytes / 1e6} MB`);
    lines.push(...rangeLines(table).map((line) => `  ${line}`));
  }
  for (const window of plan.windows) lines.push('', `window: ${describeWindow(window)}`);
  lines.push('', `last of all: ${plan.manifestKey}`);
  for (const warning of [...plan.warnings, ...plan.cautions]) lines.push(`warning: ${warning}`);
  return `${lines.join('\n')}\n`;
}

function describeWindow({ table, column, mode, from, to, nulls }: Window): string {
  const begin = from === null ? 'from the beginning' : `after ${from}`;
  const end = to === null ? '' : `, up to and including ${to}`;
  return `${table}.${column} ${begin}${end} (${mode})${nulls ? ', and rows without a value' : ''}`;
}
