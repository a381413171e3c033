/** What is to be said of the mail server, of the webhook, and of the way to them. Pure. */
import type { TidemarkError } from '../errors.ts';
import { failureOf } from './failure.ts';
import type { Finding } from './finding.ts';

/** What the config says of it. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly secure?: string | undefined;
  readonly user: string | null;
}

/**
 * @param smtp null: the config has none.
 * @param failure of the trial login; null: it went well.
 * @param told whether failures are told by other means, too.
 */
export function smtpFindings(
  smtp: SmtpSettings | null,
  failure: TidemarkError | null,
  told: boolean,
): Finding[] {
  if (smtp === null && told) return [];
  const common = { scope: 'smtp', name: null, tasks: [], places: [] } as const;
  if (smtp === null) {
    const message = 'The config has no `smtp`: nobody is told when a task fails.';
    const text = JSON.stringify({
      smtp: { host: 'smtp.example.com', port: 587, from: 'tidemark@example.com', admin: 'data@example.com' },
    });
    return [{ ...common, severity: 'info', code: 'SMTP_NONE', message, remedy: { kind: 'config', text } }];
  }
  if (failure !== null) return [failureOf('smtp', null, failure)];
  const login = smtp.user === null ? 'without a login' : `as ${smtp.user}`;
  const message = `${smtp.host}:${smtp.port} answers and would take mails, ${login}.`;
  const findings: Finding[] = [{ ...common, severity: 'info', code: 'SMTP', message, remedy: null }];
  const leaves = !/^(localhost|127(\.\d{1,3}){3}|::1)$/.test(smtp.host);
  if (smtp.secure === 'none' && leaves) {
    findings.push({
      ...common,
      severity: 'warning',
      code: 'SMTP_UNENCRYPTED',
      message: `Mails${smtp.user === null ? '' : ' and the password'} go to ${smtp.host} unencrypted, as "secure" is "none".`,
      remedy: { kind: 'config', text: JSON.stringify({ smtp: { secure: 'starttls' } }) },
    });
  }
  return findings;
}

/**
 * @param host of its URL; the rest is secret.
 * @param failure to reach it; null: it answered.
 */
export function webhookFindings(host: string, failure: TidemarkError | null): Finding[] {
  if (failure !== null) return [failureOf('webhook', null, failure)];
  const message = `${host} answers. No message was sent: whether the webhook is the right one shows with the first.`;
  const common = { scope: 'webhook', name: null, tasks: [], places: [], remedy: null } as const;
  return [{ ...common, severity: 'info', code: 'WEBHOOK', message }];
}
