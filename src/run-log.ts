/** What a run's log says of it: from the plan to the end. */
import type { RunLog, RunObserver } from './ports.ts';
import type { RunEnd } from './report.ts';

/**
 * The observer, with the plan also written to the run's log.
 *
 * @param said what this process has said already of what cannot be promised; once for each task is enough.
 */
export function tellLog(log: RunLog, said: Set<string>, observer: RunObserver): RunObserver {
  return {
    planned(plan) {
      const { host, port, version } = plan.server;
      const { consistency, consistencyBasis: basis, sourcePosition: position } = plan;
      log.info('snapshot opened', { server: `${host}:${port}`, version, consistency, basis, position });
      for (const caution of plan.cautions) {
        const ofTask = `${plan.task}: ${caution}`;
        if (said.has(ofTask)) continue;
        said.add(ofTask);
        log.warn(caution);
      }
      for (const { mode, table, column, from, to } of plan.windows) {
        log.info('window', { mode, column: `${table}.${column}`, from, to });
      }
      for (const { name, estimate, batched, sql } of plan.exports) {
        log.info('reading', { table: name, estimated_rows: estimate.rows, batched, sql });
      }
      observer.planned(plan);
    },
    progress: observer.progress,
    waits(reason) {
      if (reason === null) log.info('run goes on');
      else log.info('run waits', { reason });
      observer.waits?.(reason);
    },
    said: (table, message) => log.info(message, { table, by: 'row_transform' }),
  };
}

export function logEnd(log: RunLog, { report, error }: RunEnd): void {
  const { status, manifest, duration_ms, attempts } = report;
  for (const warning of report.warnings) log.warn(warning);
  for (const { name, rows, bytes, files } of report.tables)
    log.info('table read', { table: name, rows, bytes, files });
  if (error === null) return log.info(`run ${status}`, { duration_ms, attempts, manifest });
  if (status === 'skipped') return log.info('run skipped', { code: error.code, error });
  if (error.code === 'RUN_LEFT') return log.info('run is left to the next daemon', { attempts });
  const published =
    error.code === 'PUBLISH_INCOMPLETE' ? 'it is neither finished nor undone yet' : 'nothing was published';
  log.error(`run failed; ${published}`, {
    duration_ms,
    attempts,
    code: error.code,
    error,
    sql: error.sql ?? undefined,
  });
}
