/** One address that the server answers at. */
import type { Context } from 'hono';

/** A route of GET answers HEAD, too. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** As hono writes it: `/tasks/:task`. */
  readonly path: string;
  /** Whether it answers by whatever name it is asked; see own-host.ts. */
  readonly anyHost?: boolean;
  /** Throws TidemarkError USAGE for a question that makes no sense: it is answered with 400. */
  readonly answer: (context: Context) => Response | Promise<Response>;
}
