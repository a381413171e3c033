/**
 * The plan of a run, and who will read it. One connection asks the server and draws up the plan. It then reads everything
 * itself, or makes room for a crew whose snapshot is a later one: in that there is all that the plan knows of.
 */
import type { Plan } from './domain/plan.ts';
import type { Spec } from './domain/spec.ts';
import { TidemarkError } from './errors.ts';
import { soloCrew } from './crew/solo.ts';
import type { Crew, CrewRequest } from './lane-ports.ts';
import { paceOf, UNLIMITED } from './pace/pace.ts';
import { lanesOf, withAgreement } from './plan/consistency.ts';
import { refuseSchemaChanges } from './plan/schema-change.ts';
import { columnsSql } from './plan/sql.ts';
import { makePlan, needsOf } from './planner.ts';
import type { Snapshot } from './ports.ts';
import type { RunAttempt, RunState } from './report.ts';
import type { RunPorts } from './run.ts';

/**
 * @returns the plan with what the crew has agreed on; the crew is the caller's to close.
 * @throws TidemarkError of the source, of the plan or of the crew.
 */
export async function planAndAssemble(
  spec: Spec,
  run: RunAttempt,
  ports: RunPorts,
  state: RunState,
  signal: AbortSignal,
): Promise<{ readonly plan: Plan; readonly crew: Crew }> {
  // The module first: no snapshot is kept open for it.
  const { rowTransform } = spec;
  const declared = rowTransform === null ? null : await ports.transforms.inspect(rowTransform, signal);
  const settings = { ...ports.settings, declared };
  const { observer, source, deadline = null, pace = UNLIMITED } = ports;
  const onWait = (reason: string | null): void => observer.waits?.(reason);
  await paceOf(pace, onWait).beforeSnapshot(source, signal);
  const timeLeftMs = deadline === null ? null : deadline.getTime() - Date.now();
  const snapshot = await source.open(signal, { ...needsOf(spec, run), timeLeftMs, onWait });
  let open: { close(): Promise<void> } | null = snapshot;
  try {
    const known = await knownColumns(spec, snapshot, ports, signal);
    const drawn = await makePlan(spec, snapshot, run, ports.memory, settings, signal);
    state.plan = drawn;
    state.warnings.push(...drawn.warnings);
    refuseSchemaChanges(drawn, spec);
    const request = crewRequest(spec, run, drawn, snapshot, ports);
    const solo = isSolo(ports, request);
    if (!solo) {
      await snapshot.close();
      open = null;
    }
    const crew = solo
      ? soloCrew(snapshot, { sink: ports.sink, transforms: ports.transforms, pace })
      : await ports.crews!.assemble(request, signal);
    open = crew;
    if (!solo && known !== null) await checkUnaltered(known, crew, signal);
    const plan = withAgreement(drawn, crew.agreement);
    state.plan = plan;
    observer.planned(plan);
    return { plan, crew };
  } catch (error) {
    await open?.close();
    throw error;
  }
}

/** Whether the connection that the plan was made with reads everything. A lock is taken before a snapshot is begun. */
function isSolo(
  { crews = null }: RunPorts,
  { lanes, consistency }: Pick<CrewRequest, 'lanes' | 'consistency'>,
): boolean {
  return crews === null || (crews.sparesOne && lanes === 1 && consistency !== 'locked');
}

interface KnownColumns {
  readonly tables: readonly string[];
  readonly sql: string;
  readonly found: string | null;
}

/** What the columns of the tables are before the plan is made; null: the same snapshot reads them, or a query names them. */
async function knownColumns(
  { tables, consistency }: Spec,
  snapshot: Snapshot,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<KnownColumns | null> {
  const lanes = ports.settings.parallelism ?? 1;
  if (tables.length === 0 || isSolo(ports, { lanes, consistency })) return null;
  const names = tables.map(({ name }) => name);
  const sql = columnsSql(snapshot.server.database, names);
  return { tables: names, sql, found: await snapshot.scalar(sql, signal) };
}

/**
 * An ALTER TABLE that has waited for the planning transaction to end goes before the snapshots of the crew. Ranges of a
 * column that has become nullable, or has another collation, would lose rows or have them twice.
 */
async function checkUnaltered(
  { tables, sql, found }: KnownColumns,
  crew: Crew,
  signal: AbortSignal,
): Promise<void> {
  if ((await crew.scalar(sql, signal)) === found) return;
  throw new TidemarkError(
    'TABLE_CHANGED',
    `Columns of ${tables.join(', ')} are others than those that the run was planned with.`,
    { sql },
  );
}

function crewRequest(
  spec: Spec,
  run: RunAttempt,
  plan: Plan,
  snapshot: Snapshot,
  { settings, deadline = null, pace = UNLIMITED, observer }: RunPorts,
): CrewRequest {
  return {
    setup: {
      task: plan.task,
      runId: plan.runId,
      source: spec.source,
      sink: spec.sink,
      hmac: needsOf(spec, run).hmac,
      deadline: deadline?.toISOString() ?? null,
      pace,
    },
    lanes: lanesOf(plan, settings.parallelism ?? 1),
    consistency: spec.consistency,
    tables: spec.customQuery === null ? plan.exports.map(({ name }) => name) : null,
    output: plan.output,
    server: snapshot.mark?.server ?? null,
    onWait: (reason) => observer.waits?.(reason),
  };
}
