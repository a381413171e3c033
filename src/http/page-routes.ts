/** `/`, `/tasks/NAME` and `/runs/ID`: the status pages, and the log and the manifest of a run as they are. */
import type { Context } from 'hono';
import type { Html, Visitor } from './page/layout.ts';
import { messagePage } from './page/message-page.ts';
import type { PageSource } from './page/model.ts';
import { overviewPage } from './page/overview.ts';
import { runPage } from './page/run-page.ts';
import { taskPage } from './page/task-page.ts';
import type { Route } from './route.ts';

export interface PageOptions {
  readonly pages: PageSource;
}

/** Bytes of the end of a log that is served as text; longer ones are for whoever has the file. */
const MOST_LOG = 5_000_000;

export function pageRoutes(
  { pages }: PageOptions,
  visitorOf: (context: Context) => Visitor,
): readonly Route[] {
  const missing = (context: Context, what: string): Response | Promise<Response> =>
    page(context, messagePage('Not found', what, pages.instance(), visitorOf(context)), 404);
  return [
    {
      method: 'GET',
      path: '/',
      answer: (context) => {
        const overview = pages.overview();
        const visitor = visitorOf(context);
        if (overview !== null) return page(context, overviewPage(overview, visitor));
        const reading = 'The specs folder is being read.';
        return page(context, messagePage('Tidemark starts', reading, pages.instance(), visitor), 503);
      },
    },
    {
      method: 'GET',
      path: '/tasks/:task',
      answer: (context) => {
        const detail = pages.task(context.req.param('task') ?? '');
        if (detail !== null) return page(context, taskPage(detail, visitorOf(context)));
        return missing(
          context,
          'No spec in force has a task of this name. Its runs of the past are in `tidemark history`.',
        );
      },
    },
    {
      method: 'GET',
      path: '/runs/:id',
      answer: (context) => {
        const detail = pages.run(context.req.param('id') ?? '');
        if (detail !== null) return page(context, runPage(detail, visitorOf(context)));
        return missing(
          context,
          'The history has no run of this id; old ones are removed after `history_retention`.',
        );
      },
    },
    {
      method: 'GET',
      path: '/runs/:id/log',
      answer: (context) => {
        const log = pages.log(context.req.param('id') ?? '', MOST_LOG);
        return log === null ? missing(context, 'The log of this run is gone.') : text(log.text, 'text/plain');
      },
    },
    {
      method: 'GET',
      path: '/runs/:id/manifest',
      answer: async (context) => {
        const manifest = await pages.manifest(context.req.param('id') ?? '');
        if (manifest !== null) return text(manifest, 'application/json');
        return missing(context, 'This run has no manifest, or it is gone from the bucket.');
      },
    },
  ];
}

/** @param body escaped. */
export async function page(
  context: Context,
  body: Html,
  status: 200 | 400 | 401 | 403 | 404 | 409 | 429 | 503 = 200,
): Promise<Response> {
  context.header('Cache-Control', 'no-store');
  return context.html(await body, status);
}

function text(body: string, type: string): Response {
  return new Response(body, {
    headers: { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store' },
  });
}
