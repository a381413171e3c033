/** The server's own end of a statement that nobody waits for any more. */
import type { ServerIdentity } from '../../domain/plan.ts';
import { TidemarkError } from '../../errors.ts';
import type { Session } from './connect.ts';

/** The run ends by itself before the server ends its query: what is reported is then the run's own timeout. */
const GRACE_MS = 10_000;

/**
 * Has the server end each statement of a session that takes longer than the run has left. A run whose process or machine
 * is gone leaves nothing working for longer than that. MySQL before 5.7.8 and MariaDB before 10.1 have no such limit.
 * A shorter limit that the administrator has set stays.
 */
export async function limitStatements(
  session: Session,
  server: ServerIdentity,
  timeLeftMs: number,
): Promise<void> {
  const ms = Math.max(1, Math.ceil(timeLeftMs) + GRACE_MS);
  // MySQL counts in milliseconds and only SELECTs, MariaDB in seconds.
  const [variable, limit] =
    server.flavor === 'mariadb' ? ['max_statement_time', ms / 1000] : ['max_execution_time', ms];
  const current = `@@SESSION.${variable}`;
  const least = `IF(${current} = 0, ${limit}, LEAST(${current}, ${limit}))`;
  // MySQL takes an integer and nothing else, which to it the least of a variable and a number is not.
  const value = server.flavor === 'mariadb' ? least : `CAST(${least} AS UNSIGNED)`;
  try {
    await session.query(`SET SESSION ${variable} = ${value}`);
  } catch (error) {
    if (!isUnknownVariable(error)) throw error;
  }
}

/** ER_UNKNOWN_SYSTEM_VARIABLE */
function isUnknownVariable(error: unknown): boolean {
  return error instanceof TidemarkError && (error.cause as { errno?: number } | undefined)?.errno === 1193;
}
