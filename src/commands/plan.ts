/** `tidemark plan`: what a run would do, touching no data. */
import type { ExportPlan, Plan } from '../domain.ts';
import { identifyRun, makePlan } from '../planner.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { planSettings, sourceOptions } from './installation.ts';
import { loadTask } from './load.ts';
import type { TaskOptions } from './options.ts';
import { mysqlSource } from '../sources/mysql/snapshot.ts';

export async function planCommand(options: TaskOptions): Promise<ExitCode> {
  const { config, spec } = loadTask(options);
  const source = mysqlSource(sourceOptions(config.sources[spec.source]!));
  const snapshot = await source.open(new AbortController().signal);
  try {
    const plan = await makePlan(spec, snapshot, identifyRun(new Date()), planSettings(config, spec));
    process.stdout.write(
      options.json === true ? `${JSON.stringify(planDocument(plan), null, 2)}\n` : describePlan(plan),
    );
    return EXIT.done;
  } finally {
    await snapshot.close();
  }
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
    })),
    windows: plan.windows,
    manifest: plan.manifestKey,
    warnings: plan.warnings,
  };
}

function batchesOf(table: ExportPlan): number {
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
    if (table.batched)
      lines.push(`  about ${batchesOf(table)} batches of at most ${table.thresholdBytes / 1e6} MB`);
  }
  for (const { table, column, from } of plan.windows) lines.push('', `window: ${table}.${column} > ${from}`);
  lines.push('', `last of all: ${plan.manifestKey}`);
  for (const warning of plan.warnings) lines.push(`warning: ${warning}`);
  return `${lines.join('\n')}\n`;
}
