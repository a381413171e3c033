/** That a task which asks for several connections is read over one, and what would change that. Pure. */
import { specFinding, type Finding, type TaskPlace } from './finding.ts';

/** The statement that a plan ends its reason with. */
const STATEMENT = / (CREATE INDEX [^]*;)$/;

/**
 * @param path of the table, or of the query, in the spec.
 * @param why of the plan; left out: it is not so.
 */
export function sequentialFindings(
  task: TaskPlace,
  path: readonly (string | number)[],
  why: string | undefined,
): Finding[] {
  if (why === undefined) return [];
  const statement = STATEMENT.exec(why)?.[1];
  const message = `Read over one connection: ${why.replace(STATEMENT, '')}`;
  if (statement === undefined) return [specFinding('info', 'READ_ALONE', task, path, message)];
  return [specFinding('warning', 'READ_ALONE', task, path, message, { kind: 'sql', text: statement })];
}
