import type { MailMessage } from '../../../src/notify/letter.ts';
import { type RecoveryDetails, recoveryMessage } from '../../../src/notify/recovery-message.ts';
import { instance, spec, success } from './sample.ts';

const details: RecoveryDetails = {
  owner: spec.owner,
  zone: 'Europe/Berlin',
  report: success,
  broken: {
    since: new Date('2026-06-28T00:01:05.120Z'),
    failures: 3,
    codes: ['SERVER_UNREACHABLE', 'ACCESS_DENIED'],
  },
  instance,
};
const forms = ({ text, html }: MailMessage): string[] =>
  [text, html.replaceAll(/<[^>]*>/g, ' ')].map((form) => form.replaceAll(/\s+/g, ' '));

it('goes to the owner, and needs no code in its subject', () => {
  const message = recoveryMessage(details);
  expect(message.to).toEqual({ name: 'A. Owner', address: 'owner@example.com' });
  expect(message.subject).toBe('[tidemark] employees recovered');
  expect(message.headers).toMatchObject({ 'X-Tidemark-Task': 'employees', 'X-Tidemark-Run': 'run-2' });
});

it.each([
  ['that nothing needs to be done', 'succeeds again. Nothing needs to be done.'],
  ['for how long it was broken', '3 days 0 h'],
  ['since when', '2026-06-28 00:01:05 UTC, 2026-06-28 02:01:05 Europe/Berlin (UTC+02:00)'],
  ['how many runs failed', '3 runs'],
  ['with which codes', 'SERVER_UNREACHABLE, ACCESS_DENIED'],
  [
    'what was caught up',
    'employees: 1,234 rows in 2 objects; updated_at (2026-06-28 00:00:00, 2026-06-30 23:59:00]',
  ],
  ['where the manifest is', 'employees/_manifest_20260701000000.json'],
])('says %s, in both forms', (_what, said) => {
  for (const form of forms(recoveryMessage(details))) expect(form).toContain(said);
});

it('does not look like an alarm', () => {
  const { text, html } = recoveryMessage(details);
  expect(text.startsWith('employees recovered\n')).toBe(true);
  expect(html).not.toContain('class="alarm"');
  expect(html).not.toContain('#c4291c');
});

it('says that it is the backfill that succeeds, where it is that', () => {
  const { text } = recoveryMessage({ ...details, report: { ...success, kind: 'backfill' } });
  expect(text).toContain('The backfill of employees succeeds again.');
});

it('stays under 100 KB with thousands of tables', () => {
  const tables = Array.from({ length: 5_000 }, (_, index) => ({
    ...success.tables[0]!,
    name: `${index}${'<'.repeat(500)}`,
  }));
  const { html } = recoveryMessage({ ...details, report: { ...success, tables } });
  expect(Buffer.byteLength(html)).toBeLessThan(100_000);
});
