/** Failures as findings: where they belong in a spec, and of hints what can be pasted. */
import { isOfSource, remedyOf, specFailure, statementsIn } from '../../../src/check/failure.ts';
import { foldersOf } from '../../../src/check/folders.ts';
import { smtpFindings } from '../../../src/check/mail-server.ts';
import type { ErrorCode } from '../../../src/error-codes.ts';
import { TidemarkError } from '../../../src/errors.ts';
import { specOf } from '../plan/sample.ts';
import { taskPlace } from './sample.ts';

const error = (code: ErrorCode, message = 'why', hint?: string) => new TidemarkError(code, message, { hint });

it.each<[ErrorCode, string, number | null, string]>([
  ['TABLE_UNKNOWN', 'why', 1, 'table[1].name'],
  ['PRIVILEGE_MISSING', 'why', 0, 'table[0].name'],
  ['COLUMN_UNKNOWN', 'why', 2, 'table[2]'],
  ['COLUMN_UNKNOWN', 'column_transformation names x', 0, 'column_transformation'],
  ['WATERMARK_TYPE', 'why', 0, 'table[0].cdc'],
  ['QUERY_INVALID', 'why', null, 'query.custom'],
  ['TRANSFORM_INVALID', 'why', 0, 'row_transform'],
  ['TRANSFORM_UNFIT', 'why', 0, 'column_transformation'],
  ['SCHEMA_CHANGED', 'why', 0, 'on_schema_change'],
])('%s (%s) of table %s stands at %s', (code, message, table, path) => {
  const finding = specFailure(taskPlace('t'), table, error(code, message));
  expect(finding).toMatchObject({ severity: 'error', code, message, tasks: ['t'], places: [{ path }] });
});

it('tells what ails a source from what ails a spec', () => {
  expect([isOfSource(error('CONNECTION_LOST')), isOfSource(error('TABLE_UNKNOWN'))]).toEqual([true, false]);
});

it('takes the statements out of a hint', () => {
  expect(statementsIn("Run as an administrator: GRANT SELECT ON `d`.`t` TO 'u'@'%';")).toBe(
    "GRANT SELECT ON `d`.`t` TO 'u'@'%';",
  );
  const hint =
    "If it does not exist yet: CREATE USER 'u'@'%' IDENTIFIED BY '…'; GRANT SELECT ON `d`.* TO 'u'@'%';";
  expect(remedyOf({ hint })).toEqual({
    kind: 'sql',
    text: "CREATE USER 'u'@'%' IDENTIFIED BY '…';\nGRANT SELECT ON `d`.* TO 'u'@'%';",
  });
  expect(remedyOf({ hint: 'Write events in the spec.' })).toEqual({
    kind: 'words',
    text: 'Write events in the spec.',
  });
});

describe('the folders of a task', () => {
  const at = new Date('2026-04-01T03:00:00Z');
  it.each([
    [{}, ['p/staff/']],
    [{ key_template: '{task}/{table}/dt={date}/{stamp}.{ext}' }, ['p/staff/']],
    [
      { key_template: 'lake/{table}/dt={date}/{stamp}.{ext}' },
      ['p/staff/', 'p/lake/employees/dt=2026-04-01/'],
    ],
    [{ key_template: '{table}_{stamp}.{ext}' }, ['p/']],
  ])('with %j', (more, folders) => {
    const spec = specOf({ task_name: 'staff', table: { name: 'employees', columns: '*' }, ...more });
    expect(foldersOf(spec, 'p/', at)).toEqual(folders);
  });
});

describe('the mail server', () => {
  const smtp = { host: 'smtp.example.com', port: 587, user: 'me', secure: 'auto' };
  const codes = (...given: Parameters<typeof smtpFindings>) =>
    smtpFindings(...given).map(({ severity, code }) => `${severity} ${code}`);

  it('answers, refuses, or is not there', () => {
    expect(codes(smtp, null, false)).toEqual(['info SMTP']);
    expect(codes(smtp, error('MAIL_FAILED'), true)).toEqual(['error MAIL_FAILED']);
    expect(codes(null, null, false)).toEqual(['info SMTP_NONE']);
    // The webhook tells of failures.
    expect(codes(null, null, true)).toEqual([]);
  });

  it('is to be spoken to in secret, unless it is on this machine', () => {
    expect(codes({ ...smtp, secure: 'none' }, null, false)).toEqual([
      'info SMTP',
      'warning SMTP_UNENCRYPTED',
    ]);
    expect(codes({ ...smtp, secure: 'none', host: '127.0.0.1' }, null, false)).toEqual(['info SMTP']);
  });
});
