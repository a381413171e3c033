/** Every address that the server answers at, in one table: a page or a document of its own is a file and a line here. */
import { apiRoutes, type ApiOptions } from './api-routes.ts';
import { probeRoutes, type ProbeOptions } from './probe-routes.ts';
import type { Route } from './route.ts';

/** What the routes tell of. */
export interface RouteOptions extends ProbeOptions, ApiOptions {}

/** In the order in which a missing page names them. */
export function routesOf(options: RouteOptions): readonly Route[] {
  return [...probeRoutes(options), ...apiRoutes(options)];
}
