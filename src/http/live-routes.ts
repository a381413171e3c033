/** `/api/live`: server-sent events of what runs and of what has changed. */
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import { json } from './json.ts';
import type { LiveRun } from './live-run.ts';
import type { Route } from './route.ts';

export interface LiveFeed {
  /** In the order in which they began. */
  running(): readonly LiveRun[];
  /** Another one after each change. */
  version(): string;
  /** Calls back after runs, specs or pauses have changed. @returns calls it off. */
  onChange(listener: () => void): () => void;
}

export interface LiveOptions {
  readonly live: LiveFeed;
}

/** Pages that may be open at once: each holds a connection. */
export const MOST_VIEWERS = 64;
/** How often a run's progress is told. */
const PROGRESS_MS = 1000;
/** Something is sent at least as often as this, so that proxies and browsers know that the connection lives. */
const QUIET_MS = 20_000;
/** Changes that come together are told together. */
const GATHER_MS = 150;

/**
 * Event `live`, with every run in progress, each second while there is one; event `version` at first and after each
 * change: a page of another version is out of date.
 * Each viewer has a loop of its own, which waits until its last event is sent: a slow one hears less often.
 */
export function liveRoutes({ live }: LiveOptions): readonly Route[] {
  let viewers = 0;
  return [
    {
      method: 'GET',
      path: '/api/live',
      answer: (context) => {
        if (context.req.method === 'HEAD')
          return new Response(null, { headers: { 'Content-Type': 'text/event-stream' } });
        if (viewers >= MOST_VIEWERS) {
          const busy = json(
            { error: `${MOST_VIEWERS} pages are open already; close one, or reload later` },
            503,
          );
          busy.headers.set('Retry-After', '30');
          return busy;
        }
        viewers++;
        // Connections are kept alive in any case, and compressed nowhere on their way.
        context.header('X-Accel-Buffering', 'no');
        return streamSSE(context, async (stream) => {
          try {
            await tell(stream, live);
          } finally {
            viewers--;
          }
        });
      },
    },
  ];
}

async function tell(stream: SSEStreamingApi, live: LiveFeed): Promise<void> {
  let told = '';
  let wake = (): void => {};
  const stop = live.onChange(() => {
    wake();
  });
  stream.onAbort(() => wake());
  const quiet = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  try {
    while (!stream.aborted && !stream.closed) {
      const running = live.running();
      await stream.writeSSE({ event: 'live', data: JSON.stringify(running) });
      if (told !== live.version()) {
        told = live.version();
        await stream.writeSSE({ event: 'version', data: told });
      }
      // What has changed while something was sent, is told at once.
      if (told === live.version() && !stream.aborted)
        await quiet(running.length > 0 ? PROGRESS_MS : QUIET_MS);
      if (told !== live.version()) await quiet(GATHER_MS);
    }
  } finally {
    stop();
  }
}
