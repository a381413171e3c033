/**
 * Sends messages to a webhook that takes what Slack's incoming webhooks take, and says in words why one was not taken.
 * The URL is a secret: whoever knows it may write to the channel. Messages name its host only.
 */
import { TidemarkError } from '../errors.ts';
import type { MailObstacle } from '../mail-ports.ts';
import type { Carrier } from './carrier.ts';

export interface WebhookSettings {
  readonly url: string;
  /** How long the whole answer may take. */
  readonly timeoutMs: number;
}

/** What the log keeps of an answer, in characters. */
const SAID = 200;
const NOT_TAKEN = 'The message was not taken: ';
/** Nobody is asked to wait longer, whatever is answered. */
const LONGEST_PAUSE_MS = 3_600_000;

/** What went wrong, beside the words. `status` 0: there was no answer. */
interface WebhookFailure {
  readonly status: number;
  readonly pauseMs: number;
}

export interface Webhook extends Carrier {
  /**
   * Asks its host for a page that is no webhook, by the way that messages take: any answer will do. Nothing is posted,
   * and the URL stays secret.
   *
   * @throws TidemarkError WEBHOOK_FAILED.
   */
  reach(signal: AbortSignal): Promise<void>;
}

/** `redact` is applied to what the other side says, which becomes part of the error. */
export function createWebhook(
  { url, timeoutMs }: WebhookSettings,
  redact: (text: string) => string,
): Webhook {
  const { host } = new URL(url);
  const failed = (what: string, hint: string, failure: WebhookFailure): TidemarkError =>
    new TidemarkError('WEBHOOK_FAILED', redact(what), {
      hint,
      retryable: obstacle(failure.status) === 'server',
      cause: failure,
    });

  const ask = (to: string | URL, request: RequestInit, signal: AbortSignal): Promise<Response> =>
    fetch(to, {
      ...request,
      headers: { 'user-agent': 'tidemark', ...(request.headers as Record<string, string>) },
      // It could lead anywhere, and would take the message there.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  const unreached = (error: unknown, prefix = ''): TidemarkError =>
    failed(`${prefix}${host} ${whyNot(error)}`, HINTS.unreachable, { status: 0, pauseMs: 0 });

  return {
    send: async ({ chat }, signal) => {
      let response: Response;
      try {
        const headers = { 'content-type': 'application/json; charset=utf-8' };
        response = await ask(url, { method: 'POST', headers, body: JSON.stringify(chat) }, signal);
      } catch (error) {
        throw unreached(error, NOT_TAKEN);
      }
      const said = await beginning(response);
      if (response.ok) return;
      const { status } = response;
      const pauseMs = pauseIn(response.headers.get('retry-after'));
      const answer = said === '' ? String(status) : `${status} (${said})`;
      throw failed(`${NOT_TAKEN}${host} answered ${answer}`, hintFor(status), { status, pauseMs });
    },
    reach: async (signal) => {
      try {
        const response = await ask(new URL('/', url), { method: 'HEAD' }, signal);
        await response.body?.cancel();
      } catch (error) {
        throw unreached(error);
      }
    },
    obstacleOf: (error) => obstacle(failureIn(error).status),
    pauseAfter: (error) => failureIn(error).pauseMs,
  };
}

function failureIn({ cause }: TidemarkError): WebhookFailure {
  return (cause as WebhookFailure | undefined) ?? { status: 0, pauseMs: 0 };
}

/** 408 and 429 pass by themselves; every other answer from 300 to 499 is about this message or the address. */
function obstacle(status: number): MailObstacle {
  return status >= 300 && status < 500 && status !== 408 && status !== 429 ? 'refused' : 'server';
}

const HINTS = {
  unreachable:
    'Check `notify.webhook.url` in the config, and that its host can be reached from this machine over HTTPS. For a private authority, name the file of its certificate in the environment variable NODE_EXTRA_CA_CERTS.',
  gone: 'The webhook is unknown or switched off: make a new one in the chat service, and put its URL into `notify.webhook.url`.',
  moved: 'Put the URL that the webhook has moved to into `notify.webhook.url`: a redirect is not followed.',
  refused: 'The answer says why; see what the chat service documents of its incoming webhooks.',
  passing: 'This passes by itself. The message is kept and tried again.',
};

function hintFor(status: number): string {
  if (status < 400) return HINTS.moved;
  if ([401, 403, 404, 410].includes(status)) return HINTS.gone;
  return obstacle(status) === 'server' ? HINTS.passing : HINTS.refused;
}

/** Of `fetch`: what is worth knowing is in the cause. */
function whyNot(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return 'did not answer in time';
  if (name === 'AbortError') return 'had not answered when Tidemark stopped';
  return `cannot be reached (${[cause?.code, cause?.message ?? message].filter(Boolean).join(': ')})`;
}

/** The first words of an answer, on one line; the rest is not waited for. */
async function beginning(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  let text = '';
  const decoder = new TextDecoder();
  try {
    while (text.length < SAID) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    await reader.cancel();
  } catch {
    // The status has said it all.
  }
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, SAID);
}

/** Seconds, or a date. */
function pauseIn(retryAfter: string | null): number {
  if (retryAfter === null) return 0;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), LONGEST_PAUSE_MS);
}
