/**
 * `POST /tasks/NAME/run` and its like, and signing in for them. A browser acts with a cookie that no other site can make
 * it send, from a form of these pages; a program acts with the token in a header. No token is ever part of an address.
 */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { csrf } from 'hono/csrf';
import { HTTPException } from 'hono/http-exception';
import type { ErrorCode } from '../error-codes.ts';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { ACTIONS, DONE_WORDS, isAction, type Action } from './actions.ts';
import { json } from './json.ts';
import { page } from './page-routes.ts';
import type { Visitor } from './page/layout.ts';
import { loginPage } from './page/login-page.ts';
import { messagePage } from './page/message-page.ts';
import type { PageSource } from './page/model.ts';
import type { Route } from './route.ts';
import { SESSION_MS, type Sessions } from './sessions.ts';

export interface ActionOptions {
  /** Null: the config has no token, and nothing can be done. */
  readonly sessions: Sessions | null;
  /**
   * Does it.
   *
   * @param actor `user@host`.
   * @throws TidemarkError USAGE, ALREADY_RUNNING, BLACKOUT, NOT_LEADER, STATE_UNUSABLE; REDIS_UNREACHABLE or
   *   LEADERSHIP_LOST where it may count for nothing.
   */
  readonly act: (action: Action, task: string, actor: string) => void | Promise<void>;
  readonly pages: PageSource;
  readonly log: Log;
}

const COOKIE = 'tidemark_session';
/** What a person may be called in the history. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._'-]{0,63}$/u;
const OFF = 'The config has no http.token: nothing can be done here. Set one, and start the daemon again.';

/** Who looks at a page, and what has just been done. */
export function visitorOf(context: Context, sessions: Sessions | null): Visitor {
  const name = sessions?.nameOf(getCookie(context, COOKIE) ?? '') ?? null;
  const done = context.req.query('done') ?? '';
  return {
    actions: sessions === null ? 'off' : name === null ? 'out' : 'in',
    name,
    path: context.req.path,
    now: new Date(),
    notice: name !== null && isAction(done) ? DONE_WORDS[done] : null,
  };
}

export function actionRoutes(options: ActionOptions): readonly Route[] {
  const { sessions, pages } = options;
  const say = (context: Context, title: string, text: string, status: 403 | 404 | 409 | 503) =>
    page(context, messagePage(title, text, pages.instance(), visitorOf(context, sessions)), status);
  return [
    {
      method: 'GET',
      path: '/login',
      answer: (context) => {
        if (sessions === null) return say(context, 'Actions are off', OFF, 403);
        const next = localPath(context.req.query('next'));
        const form = { next, name: '', wrong: null };
        return page(context, loginPage(pages.instance(), visitorOf(context, sessions), form));
      },
    },
    {
      method: 'POST',
      path: '/login',
      answer: (context) => signIn(context, options),
    },
    {
      method: 'POST',
      path: '/logout',
      answer: async (context) => {
        if (!(await isOwnForm(context))) return say(context, 'Refused', FOREIGN, 403);
        sessions?.end(getCookie(context, COOKIE) ?? '');
        deleteCookie(context, COOKIE, { path: '/' });
        return context.redirect('/', 303);
      },
    },
    ...ACTIONS.map((action): Route => ({
      method: 'POST',
      path: `/tasks/:task/${action}`,
      answer: (context) =>
        context.req.header('authorization') === undefined
          ? actByForm(context, action, options, say)
          : actByHeader(context, action, options),
    })),
  ];
}

const FOREIGN = 'The request came from another site than this page.';

async function signIn(context: Context, { sessions, pages, log }: ActionOptions): Promise<Response> {
  const visitor = visitorOf(context, sessions);
  if (sessions === null)
    return page(context, messagePage('Actions are off', OFF, pages.instance(), visitor), 403);
  if (!(await isOwnForm(context)))
    return page(context, messagePage('Refused', FOREIGN, pages.instance(), visitor), 403);
  const form = await context.req.parseBody();
  const [name, token, next] = [textOf(form['name']).trim(), textOf(form['token']), localPath(form['next'])];
  const again = (wrong: string, status: 400 | 401 | 429): Promise<Response> =>
    page(context, loginPage(pages.instance(), visitor, { next, name, wrong }), status);
  if (!NAME.test(name)) return again('A name of up to 64 letters, digits, blanks and . _ - is needed.', 400);
  if (sessions.isTired()) return again('Too many wrong tokens: try again in a minute.', 429);
  const secret = sessions.begin(token, name);
  if (secret === null) {
    log.warn('a wrong token was given on the status page', { name, address: addressOf(context) });
    return again('This is not the token.', 401);
  }
  log.info('signed in on the status page', { name, address: addressOf(context) });
  setCookie(context, COOKIE, secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'Strict',
    secure: new URL(context.req.url).protocol === 'https:',
    maxAge: SESSION_MS / 1000,
  });
  return context.redirect(next, 303);
}

type Say = (
  context: Context,
  title: string,
  text: string,
  status: 403 | 404 | 409 | 503,
) => Promise<Response>;

async function actByForm(
  context: Context,
  action: Action,
  { sessions, act }: ActionOptions,
  say: Say,
): Promise<Response> {
  if (sessions === null) return say(context, 'Actions are off', OFF, 403);
  if (!(await isOwnForm(context))) return say(context, 'Refused', FOREIGN, 403);
  const { name } = visitorOf(context, sessions);
  const task = context.req.param('task') ?? '';
  if (name === null) return context.redirect(`/login?next=${encodeURIComponent(`/tasks/${task}`)}`, 303);
  const form = await context.req.parseBody();
  try {
    await act(action, task, `${name}@${addressOf(context)}`);
  } catch (thrown) {
    const { code, message } = asTidemarkError(thrown);
    if (code === 'USAGE' || NOT_NOW.has(code)) return say(context, 'Not done', message, 409);
    if (NOT_SURE.has(code)) return say(context, 'Not confirmed', message, 503);
    throw thrown;
  }
  return context.redirect(`${localPath(form['next'])}?done=${action}`, 303);
}

/** @returns what a program reads. No other site can make a browser send this header. */
async function actByHeader(
  context: Context,
  action: Action,
  { sessions, act, log }: ActionOptions,
): Promise<Response> {
  if (sessions === null) return json({ error: OFF }, 403);
  const [, said = ''] = /^Bearer +(\S+)$/i.exec(context.req.header('authorization') ?? '') ?? [];
  if (sessions.isTired()) return json({ error: 'too many wrong tokens: try again in a minute' }, 429);
  if (!sessions.isToken(said)) {
    log.warn('a wrong token was given over HTTP', { address: addressOf(context) });
    const refused = json({ error: 'Authorization: Bearer with the http.token of the config is needed' }, 401);
    refused.headers.set('WWW-Authenticate', 'Bearer');
    return refused;
  }
  const name = context.req.header('x-tidemark-actor') ?? 'token';
  if (!NAME.test(name))
    throw new TidemarkError('USAGE', `X-Tidemark-Actor: found ${JSON.stringify(name)}; allowed: a name.`);
  const task = context.req.param('task') ?? '';
  try {
    await act(action, task, `${name}@${addressOf(context)}`);
  } catch (thrown) {
    const { code, message } = asTidemarkError(thrown);
    if (NOT_NOW.has(code)) return json({ error: message, code }, 409);
    if (NOT_SURE.has(code)) return json({ error: message, code }, 503);
    throw thrown;
  }
  return json({ task, action, status: 'accepted' }, 202);
}

const NOT_NOW: ReadonlySet<string> = new Set<ErrorCode>(['ALREADY_RUNNING', 'BLACKOUT', 'NOT_LEADER']);
const NOT_SURE: ReadonlySet<string> = new Set<ErrorCode>(['REDIS_UNREACHABLE', 'LEADERSHIP_LOST']);

const sameSite = csrf();

async function isOwnForm(context: Context): Promise<boolean> {
  try {
    await sameSite(context, () => Promise.resolve());
    return true;
  } catch (error) {
    if (error instanceof HTTPException) return false;
    throw error;
  }
}

function addressOf(context: Context): string {
  return getConnInfo(context).remote.address ?? 'unknown';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A path of these pages; the first page for anything that leads elsewhere. */
export function localPath(value: unknown): string {
  const text = textOf(value);
  return /^\/(?:[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*)?$/.test(text) ? text : '/';
}
