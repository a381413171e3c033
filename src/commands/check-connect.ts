/** `tidemark check --connect`: every spec against its real server, bucket and mail server. Leaves nothing behind. */
import { crc32 } from 'node:zlib';
import type { Config } from '../config/config.ts';
import type { Spec } from '../domain/spec.ts';
import { asTidemarkError } from '../errors.ts';
import { createMailer } from '../notify/mailer.ts';
import { createRedactor } from '../redact.ts';
import { s3Sink } from '../sinks/s3/sink.ts';
import { secretsOf } from '../config/config.ts';
import { sinkOptions } from './installation.ts';
import { planNow } from './plan-now.ts';

export interface Finding {
  readonly severity: 'error' | 'warning' | 'ok';
  /** What was looked at: `task employees`, `sink s3`, `smtp`. */
  readonly subject: string;
  readonly message: string;
  readonly remedy: string | null;
}

/** One finding at least for each spec, for each sink that a spec names, and for the mail server. */
export async function checkConnections(config: Config, specs: readonly Spec[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const spec of specs) findings.push(...(await checkTask(config, spec)));
  for (const name of new Set(specs.map((spec) => spec.sink))) findings.push(await checkSink(config, name));
  if (config.smtp !== null) {
    const mailer = createMailer(config.smtp, createRedactor(secretsOf(config)));
    findings.push(await attempt('smtp', 'the server takes mails', () => mailer.verify()));
    mailer.close();
  }
  return findings;
}

/** Plans the task: that names every table and column, has the SQL explained, and reads no data. */
async function checkTask(config: Config, spec: Spec): Promise<Finding[]> {
  const subject = `task ${spec.taskName}`;
  const warnings: Finding[] = [];
  const result = await attempt(
    subject,
    'server, tables, columns and grants are as the spec needs them',
    async () => {
      const plan = await planNow(config, spec);
      for (const message of [...plan.warnings, ...plan.cautions])
        warnings.push({ severity: 'warning', subject, message, remedy: null });
    },
  );
  return [result, ...warnings];
}

/** What writing and clearing up take, with nothing to see: a part is sent, and the upload aborted. */
async function checkSink(config: Config, name: string): Promise<Finding> {
  const options = config.sinks[name]!;
  const sink = s3Sink(sinkOptions(options));
  try {
    return await attempt(`sink ${name}`, `bucket ${options.bucket} takes and aborts uploads`, async () => {
      const key = `${options.prefix}_tidemark_check`;
      const meta = { contentType: 'text/plain', runId: 'check' };
      const upload = await sink.begin(key, meta, new AbortController().signal);
      try {
        await upload.sendPart(1, Buffer.from('check'), crc32('check'));
        await sink.openUploads(key);
        await sink.runOf(key);
      } finally {
        await sink.abort(upload);
      }
    });
  } finally {
    sink.close();
  }
}

async function attempt(subject: string, success: string, action: () => Promise<void>): Promise<Finding> {
  try {
    await action();
    return { severity: 'ok', subject, message: success, remedy: null };
  } catch (thrown) {
    const { code, message, hint } = asTidemarkError(thrown);
    return { severity: 'error', subject, message: `${code}: ${message}`, remedy: hint };
  }
}
