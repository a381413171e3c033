/** The mail about columns that are no longer what the last run has written. The run itself succeeded. Pure. */
import type { Spec } from '../domain/spec.ts';
import type { RunReport } from '../domain/run.ts';
import { compose } from './compose.ts';
import { formatInstant, type MailMessage, shorten, shortenList } from './letter.ts';
import { inBothZones, kindInWords } from './phrases.ts';
import { type Instance, ownerAddress } from './phrases.ts';

export interface SchemaChangeDetails {
  readonly owner: Spec['owner'];
  /** IANA zone of the task. */
  readonly zone: string;
  /** Of the run that has written the changed columns. */
  readonly report: RunReport;
  readonly instance: Instance;
}

/** Tells a task's owner, once for each change, that whatever reads the files may have to change too. */
export function schemaChangeMessage({ owner, zone, report, instance }: SchemaChangeDetails): MailMessage {
  const { task, schema_changes: changes } = report;
  const kind = kindInWords(report.kind);
  return compose({
    to: ownerAddress(owner),
    subject: `[tidemark] ${task}: columns changed`,
    headers: { 'X-Tidemark-Task': task, 'X-Tidemark-Run': report.run_id },
    letter: (limits) => ({
      headline: `${task}: columns changed`,
      code: null,
      title: 'The run succeeded, and what it has published has other columns than before.',
      when: `Scheduled for ${inBothZones(new Date(report.scheduled_for), zone)}`,
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
        {
          kind: 'facts',
          heading: 'The run',
          rows: [
            ['Task', task],
            ...(kind === null ? [] : [['Kind', kind] as const]),
            ['Started', formatInstant(new Date(report.started_at), 'UTC')],
            ['Manifest', shorten(report.manifest ?? 'none', limits.line)],
            ['Host', instance.host],
            ['Run id', report.run_id],
          ],
        },
      ],
      footer: `Tidemark on ${instance.host}. You get this mail as the owner of the task ${task}.`,
    }),
  });
}
