/** Names that the server does not know, with the nearest that it does. */
import { TidemarkError } from '../../../../src/errors.ts';
import type { Session } from '../../../../src/sources/mysql/connect.ts';
import { unknownDatabase, whyNotSeen, withSuggestion } from '../../../../src/sources/mysql/unknown-names.ts';

/** A session that knows these names, and answers any other question with an error. */
function session(
  names: readonly string[],
  refusal = new TidemarkError('TABLE_UNKNOWN', 'no such table'),
): Session {
  const fake: Pick<Session, 'context' | 'query'> = {
    context: { host: 'db', port: 3306, user: 'tidemark', database: 'hr' },
    query: async (sql) => {
      if (!sql.includes('information_schema')) throw refusal;
      return names.map((name) => ({ name })) as never;
    },
  };
  return fake as Session;
}

it('suggests the table that was probably meant', async () => {
  expect(await whyNotSeen(session(['employees', 'jobs']), 'Employes')).toMatchObject({
    code: 'TABLE_UNKNOWN',
    message: 'There is no table Employes in database hr on db:3306. Did you mean employees?',
    hint: 'Write employees in the spec.',
  });
  expect((await whyNotSeen(session(['jobs']), 'employees')).message).not.toContain('Did you mean');
});

it('says that a table is hidden where it is', async () => {
  const denied = new TidemarkError('PRIVILEGE_MISSING', 'denied', { hint: 'GRANT …' });
  expect(await whyNotSeen(session([], denied), 'employees')).toBe(denied);
});

it('suggests the column, with the SQL that named it', async () => {
  const error = new TidemarkError('COLUMN_UNKNOWN', "Unknown column 'e.salery' in 'SELECT'", {
    sql: 'SELECT e.salery',
  });
  expect(await withSuggestion(session(['salary', 'name']), error)).toMatchObject({
    code: 'COLUMN_UNKNOWN',
    message: "Unknown column 'e.salery' in 'SELECT'. Did you mean salary?",
    sql: 'SELECT e.salery',
  });
});

it('suggests the table of a query', async () => {
  const error = new TidemarkError('TABLE_UNKNOWN', "Table 'hr.employes' doesn't exist");
  expect(await withSuggestion(session(['employees']), error)).toMatchObject({
    hint: 'Write employees in the spec.',
  });
});

it('suggests the database', async () => {
  const error = new TidemarkError('DATABASE_UNKNOWN', "Unknown database 'hr'");
  expect(await unknownDatabase(session(['hrm', 'sales']), error)).toMatchObject({
    code: 'DATABASE_UNKNOWN',
    message: 'There is no database hr on db:3306, or tidemark may not see it. Did you mean hrm?',
  });
});

it('leaves other errors alone', async () => {
  const other = new TidemarkError('QUERY_INVALID', "syntax error near 'x'");
  expect(await withSuggestion(session(['x1']), other)).toBe(other);
  const unknown = new Error("Unknown column 'a'");
  expect(await withSuggestion(session(['a1']), unknown)).toBe(unknown);
});
