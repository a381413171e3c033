import fc from 'fast-check';
import { TidemarkError } from '../../../src/errors.ts';
import type { MailMessage } from '../../../src/notify/letter.ts';
import { invalidSpecMessage, logsUnwritableMessage } from '../../../src/notify/admin-message.ts';
import { type FailureDetails, failureMessage } from '../../../src/notify/message.ts';
import { specOf } from '../plan/sample.ts';
import { failure, instance, report, spec, SQL, success } from './sample.ts';

const details: FailureDetails = {
  spec,
  report,
  nextFire: new Date('2026-07-02T00:00:00Z'),
  logTail: ['line one', 'line two'],
  instance,
  repeat: null,
};
const withError = (error: Partial<NonNullable<FailureDetails['report']['error']>>): FailureDetails => ({
  ...details,
  report: { ...report, error: { ...failure, ...error } },
});

/** What a reader of the HTML sees, and the text without its indentation: comparable. */
function forms(message: MailMessage): [string, string] {
  const seen = message.html
    .replace(/<head>[\s\S]*<\/head>/, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
  return [message.text.replaceAll(/\s+/g, ' '), seen.replaceAll(/\s+/g, ' ')];
}

describe('failureMessage', () => {
  it('does not say that nothing was published where that is not yet so', () => {
    for (const form of forms(failureMessage(withError({ code: 'PUBLISH_INCOMPLETE' })))) {
      expect(form).not.toContain('Nothing was published');
      expect(form).toContain('may show objects of this run');
    }
  });

  it('goes to the owner, with the task and the code in the subject', () => {
    const message = failureMessage(details);
    expect(message.to).toEqual({ name: 'A. Owner', address: 'owner@example.com' });
    expect(message.subject).toBe('[tidemark] employees failed: PRIVILEGE_MISSING');
    expect(message.headers).toMatchObject({
      'Auto-Submitted': 'auto-generated',
      'X-Tidemark-Task': 'employees',
      'X-Tidemark-Code': 'PRIVILEGE_MISSING',
      'X-Tidemark-Run': 'run-1',
    });
  });

  it.each([
    ['what failed', 'The database user lacks a privilege'],
    ['the scheduled time', '2026-07-01 00:00:00 UTC'],
    ['the scheduled time in the zone of the task', '2026-07-01 02:00:00 Europe/Berlin (UTC+02:00)'],
    ['the cause', failure.message],
    ['the cure', failure.hint],
    ['the SQL', SQL],
    ['that nothing was published', 'Nothing was published'],
    ['where the watermark is', 'The watermark is where it was'],
    ['the next fire', 'runs again at 2026-07-02 00:00:00 UTC, 2026-07-02 02:00:00 Europe/Berlin'],
    ['what to expect of it', 'It will fail in the same way unless'],
    ['how to run it by hand', 'tidemark run -s specs/employees.json'],
    ['the log', 'line one line two'],
    ['the window', 'employees: hire_date > 1995-05-05'],
    ['the warnings', 'no index on hire_date'],
    ['how long it took', '1 min 5 s'],
    ['the host', 'etl-1.example.com'],
    ['the run', 'run-1'],
  ])('says %s, in both forms', (_what, said) => {
    const [text, html] = forms(failureMessage(details));
    expect(text).toContain(said);
    expect(html).toContain(said);
  });

  it('says cause and cure before everything else', () => {
    const { text } = failureMessage(details);
    const places = [failure.message, failure.hint, 'Nothing was published', SQL, 'line one'].map((said) =>
      text.indexOf(said),
    );
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  describe('on the watermark', () => {
    const of = (changes: Partial<FailureDetails['report']>, document: object = {}): string =>
      forms(
        failureMessage({
          ...details,
          spec: { ...spec, ...pick(document) },
          report: { ...report, ...changes },
        }),
      )[0];
    const pick = (document: object) => {
      const { tables, queryWatermark, schedule } = specOf({ schedule: '0 2 * * *', ...document });
      return { tables, queryWatermark, schedule };
    };
    const [window] = success.windows;

    it('says where it is, and that the next success covers the gap', () => {
      const text = of({ windows: [window!, { ...window!, table: 'jobs', from: null }] });
      expect(text).toContain(
        'The watermark is where it was: employees.updated_at = 2026-06-28 00:00:00, jobs.updated_at has none yet. The next run that succeeds begins there',
      );
      expect(text).toContain('employees: updated_at (2026-06-28 00:00:00, 2026-06-30 23:59:00]');
    });

    it('says so also of a run that failed before it had a window', () => {
      const cdc = { updated_at: { mode: 'watermark' } };
      expect(of({ windows: [] }, { table: [{ name: 'employees', columns: '*', cdc }] })).toContain(
        'The watermark is where it was: only a run that succeeds moves it.',
      );
    });

    it('says of a span that the next run reaches back, where there is a schedule', () => {
      const table = [{ name: 'employees', columns: '*', cdc: { updated_at: '12 hours' } }];
      expect(of({}, { table })).toContain('reaches back to the last success, so it covers the gap');
      expect(of({}, { table, schedule: null })).toContain('counts back from each run');
    });

    it('says that there is none where there is none', () => {
      expect(of({})).toContain('The watermark is where it was: this task has none, it reads the same rows');
    });

    it('says of a backfill that it moves none, and how it goes on', () => {
      const text = of({ kind: 'backfill', windows: [{ ...window!, mode: 'backfill' }] });
      expect(text).toContain('The watermark is where it was: a backfill never moves it.');
      expect(text).toContain('the same tidemark backfill command goes on');
      expect(text).not.toContain('runs again at');
    });
  });

  it('says of a failure that repeats since when, how often, and when the next mail comes', () => {
    const since = new Date('2026-06-30T00:00:00Z');
    for (const form of forms(
      failureMessage({ ...details, repeat: { since, failures: 25, quietMs: 86_400_000 } }),
    )) {
      expect(form).toContain('25 runs have failed with this code since 2026-06-30 00:00:00 UTC');
      expect(form).toContain('comes in 24 h 0 min at the earliest');
    }
    expect(failureMessage(details).text).not.toContain('at the earliest');
  });

  it('says how often the run was tried, and why it took place where its time had not simply come', () => {
    const [text] = forms(
      failureMessage({ ...details, report: { ...report, attempts: 4, kind: 'catch_up' } }),
    );
    expect(text).toContain('The run was tried 4 times.');
    expect(text).toContain('1 min 5 s, 4 attempts');
    expect(text).toContain('made up for a slot that was missed');
    expect(failureMessage(details).text).not.toContain('was tried');
  });

  it('says of a cause that passes by itself that it may have passed', () => {
    expect(failureMessage(withError({ retryable: true })).text).toContain(
      'The cause may have passed by then.',
    );
  });

  it('says of a task that does not fire again how it is run', () => {
    const byHand = failureMessage({ ...details, spec: { ...spec, schedule: null }, nextFire: null });
    expect(byHand.text).toContain('the task runs by hand only. To run it again: tidemark run');
    expect(failureMessage({ ...details, nextFire: null }).text).toContain('no longer scheduled');
  });

  it('names the time once where the zone is UTC, and takes the zone of the config where the task has none', () => {
    const inUtc = failureMessage({ ...details, spec: { ...spec, timezone: null } }).text;
    expect(inUtc).toContain('Scheduled for 2026-07-01 00:00:00 UTC\n');
    const inTokyo = failureMessage({
      ...details,
      spec: { ...spec, timezone: null },
      instance: { ...instance, timezone: 'Asia/Tokyo' },
    }).text;
    expect(inTokyo).toContain('2026-07-01 09:00:00 Asia/Tokyo (UTC+09:00)');
  });

  it('shows the statement that failed, and each statement once', () => {
    const { text } = failureMessage({ ...details, sql: SQL });
    expect(text).toContain('SQL THAT FAILED');
    expect(text.split(SQL)).toHaveLength(2);
  });

  it('says so where there was no statement and no log', () => {
    const [text, html] = forms(
      failureMessage({ ...details, report: { ...report, tables: [] }, logTail: [] }),
    );
    for (const form of [text, html]) {
      expect(form).toContain('failed before it began to read rows');
      expect(form).toContain('left no log lines');
    }
  });

  it('refuses a report without an error', () => {
    expect(() => failureMessage({ ...details, report: { ...report, error: null } })).toThrow(
      /run-1 .*no error/,
    );
  });

  it('escapes every value in HTML', () => {
    const evil = `<script>alert("1")</script>&'<img src=x onerror=alert(2)>`;
    const message = failureMessage({
      spec: { ...spec, taskName: evil, file: evil, owner: { name: evil, email: 'owner@example.com' } },
      report: {
        ...report,
        run_id: evil,
        error: { ...failure, message: evil, hint: evil },
        warnings: [evil],
        windows: [{ table: evil, column: evil, mode: 'literal', from: evil, to: evil, nulls: false }],
        tables: [{ name: evil, rows: 0, bytes: 0, files: 0, sql: [evil] }],
      },
      sql: `${evil}2`,
      nextFire: null,
      repeat: null,
      logTail: [evil],
      instance: { ...instance, host: evil },
    });
    expect(message.html).not.toMatch(/<script|<img/);
    expect(message.html).toContain('&lt;script&gt;');
    const [text, html] = forms(message);
    expect(html.split(evil).length).toBeGreaterThanOrEqual(11);
    expect(text.split(evil).length).toBeGreaterThanOrEqual(11);
  });

  it('loads nothing from elsewhere', () => {
    expect(failureMessage(details).html).not.toMatch(/https?:|src=|url\(|<link|@import/i);
  });

  it('lets no value pass for a heading or another line of the text form', () => {
    const { text } = failureMessage(withError({ message: 'x\n\nWHAT TO DO\nDROP TABLE' }));
    expect(text.match(/^WHAT TO DO$/gm)).toHaveLength(1);
  });

  it('lets no value break out of a header', () => {
    const evil = 'employees\r\nBcc: everybody@example.com\n\nbody';
    const message = failureMessage({
      ...details,
      spec: { ...spec, taskName: evil, owner: { name: evil, email: `a@example.com\r\nBcc: b@example.com` } },
      report: { ...report, run_id: evil },
    });
    const inHeaders = [
      message.subject,
      message.to.name,
      message.to.address,
      ...Object.values(message.headers),
    ];
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    for (const value of inHeaders) expect(value).not.toMatch(/[\x00-\x1f]/);
  });

  it.each([
    ['a long statement', { sql: `SELECT ${'`column`, '.repeat(200_000)}1` }],
    ['long log lines', { logTail: Array.from({ length: 500 }, () => '<&>'.repeat(50_000)) }],
    ['a long message', withError({ message: '&'.repeat(2_000_000), hint: '"'.repeat(2_000_000) })],
    [
      'many tables',
      {
        report: {
          ...report,
          tables: Array.from({ length: 3_000 }, (_, table) => ({
            name: `t${table}`,
            rows: 0,
            bytes: 0,
            files: 0,
            sql: [`SELECT ${table} ${'<'.repeat(10_000)}`],
          })),
          warnings: Array.from({ length: 5_000 }, () => "'".repeat(5_000)),
          windows: Array.from({ length: 5_000 }, () => ({
            ...success.windows[0]!,
            table: '😀'.repeat(999),
          })),
        },
      },
    ],
  ])('stays under 100 KB with %s, and says that something was left out', (_what, change) => {
    const message = failureMessage({ ...details, ...change });
    for (const form of [message.text, message.html]) {
      expect(Buffer.byteLength(form)).toBeLessThan(100_000);
      expect(form).toMatch(/characters left out\]|more/);
      expect(form).toContain('Nothing was published');
    }
  });

  it('is whole for any text there is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (any) => {
        const message = failureMessage({
          ...withError({ message: any, hint: any }),
          sql: any,
          logTail: [any],
        });
        expect(message.html.isWellFormed()).toBe(true);
        // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
        expect(message.text + message.html).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]/);
        expect(message.html.match(/<\/?(h1|h2|table|pre|p)\b/g)?.length).toBe(
          failureMessage({ ...withError({ message: '', hint: '' }), sql: 'x', logTail: ['x'] }).html.match(
            /<\/?(h1|h2|table|pre|p)\b/g,
          )?.length,
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe('invalidSpecMessage', () => {
  const faults = [
    {
      file: 'specs/orders.json',
      line: 3,
      column: 14,
      path: 'table[0].colums',
      message: 'did you mean "columns"?',
    },
    {
      file: 'specs/orders.json',
      line: 9,
      column: 3,
      path: 'schedule',
      message: 'found "x"; a cron expression is allowed',
    },
  ];
  const invalid = { file: 'specs/orders.json', faults, lastGood: spec, admin: 'admin@example.com', instance };

  it('goes to the owner of the last good version, with every fault in both forms', () => {
    const message = invalidSpecMessage(invalid);
    expect(message.to.address).toBe('owner@example.com');
    expect(message.subject).toBe('[tidemark] employees failed: SPEC_INVALID');
    for (const form of forms(message)) {
      expect(form).toContain('specs/orders.json:3:14 table[0].colums: did you mean "columns"?');
      expect(form).toContain('specs/orders.json:9:3 schedule: found "x"; a cron expression is allowed');
      expect(form).toContain('The last good version of employees stays scheduled');
      expect(form).toContain('tidemark check specs/orders.json');
    }
  });

  it('goes to the administrator where there never was a good version', () => {
    const message = invalidSpecMessage({ ...invalid, lastGood: null });
    expect(message.to).toEqual({ name: null, address: 'admin@example.com' });
    expect(message.subject).toBe('[tidemark] orders.json failed: SPEC_INVALID');
    for (const form of forms(message)) expect(form).toContain('The task is not scheduled');
  });

  it('keeps a hostile file name out of the headers', () => {
    const message = invalidSpecMessage({
      ...invalid,
      lastGood: null,
      file: 'specs/a\r\nBcc: b@example.com\u2028ü.json',
    });
    expect(message.subject).toBe('[tidemark] a Bcc: b@example.com ü.json failed: SPEC_INVALID');
    expect(message.headers['X-Tidemark-Task']).toBe('a Bcc: b@example.com ?.json');
  });

  it('shows the first faults of very many, and how many more there are', () => {
    const many = Array.from({ length: 10_000 }, (_, line) => ({
      ...faults[0]!,
      line,
      message: '<'.repeat(3_000),
    }));
    const message = invalidSpecMessage({ ...invalid, faults: many });
    expect(Buffer.byteLength(message.html)).toBeLessThan(100_000);
    expect(message.text).toContain('10,000 faults were found');
    expect(message.text).toMatch(/… and 9,9\d\d more/);
  });
});

describe('logsUnwritableMessage', () => {
  it('tells the administrator that runs go on', () => {
    const error = new TidemarkError('LOGS_UNWRITABLE', 'logs/tidemark.log cannot be written (ENOSPC)');
    const message = logsUnwritableMessage(error, 'admin@example.com', instance);
    expect(message.to.address).toBe('admin@example.com');
    expect(message.subject).toBe('[tidemark] logs on etl-1.example.com failed: LOGS_UNWRITABLE');
    for (const form of forms(message)) {
      expect(form).toContain('logs/tidemark.log cannot be written (ENOSPC)');
      expect(form).toContain(error.hint);
      expect(form).toContain('Tasks go on running and publishing');
    }
  });
});
