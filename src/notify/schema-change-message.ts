/** The mail about columns that are no longer what the last run has written. The run itself succeeded. Pure. */
import { type MailMessage, shorten, shortenList } from './letter.ts';
import { composeRunMail, runFacts, type RunMail } from './run-mail.ts';

/**
 * Tells a task's owner, once for each change, that whatever reads the files may have to change too.
 *
 * @param about the run that has written the changed columns.
 */
export function schemaChangeMessage(about: RunMail): MailMessage {
  const { task, schema_changes: changes, manifest } = about.report;
  return composeRunMail(about, `${task}: columns changed`, null, (limits) => ({
    title: 'The run succeeded, and what it has published has other columns than before.',
    blocks: [
      {
        kind: 'list',
        heading: 'What changed',
        items: shortenList(
          changes.map(({ message }) => shorten(message, limits.line)),
          limits.entries,
        ),
      },
      {
        kind: 'list',
        heading: 'What this means',
        items: [
          'The objects of this run have the new columns; those of earlier runs keep the old ones. The manifest lists both under schema_changes, and the new ones under describe.',
          'Whatever reads the files may have to be changed. Statements for the table as it is now: tidemark plan --ddl athena|redshift|bigquery|snowflake|duckdb.',
          'The next run compares with this one: this change is mailed about once. To stop at a change before anything is read, set "on_schema_change": "fail" in the spec; to hear of none, "ignore".',
        ],
      },
      runFacts(about, [['Manifest', shorten(manifest ?? 'none', limits.line)]]),
    ],
  }));
}
