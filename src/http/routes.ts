/** Every address that the server answers at, in one table: a page or a document of its own is a file and a line here. */
import { actionRoutes, visitorOf, type ActionOptions } from './action-routes.ts';
import { apiRoutes, type ApiOptions } from './api-routes.ts';
import { assetRoutes } from './asset-routes.ts';
import { liveRoutes, type LiveOptions } from './live-routes.ts';
import { metricsRoutes, type MetricsOptions } from './metrics-routes.ts';
import { pageRoutes, type PageOptions } from './page-routes.ts';
import { probeRoutes, type ProbeOptions } from './probe-routes.ts';
import type { Route } from './route.ts';

/** What the routes tell of. */
export interface RouteOptions
  extends ProbeOptions, MetricsOptions, ApiOptions, PageOptions, LiveOptions, ActionOptions {}

/** In the order in which a missing page names them. */
export function routesOf(options: RouteOptions): readonly Route[] {
  return [
    ...probeRoutes(options),
    ...metricsRoutes(options),
    ...apiRoutes(options),
    ...liveRoutes(options),
    ...pageRoutes(options, (context) => visitorOf(context, options.sessions)),
    ...actionRoutes(options),
    ...assetRoutes(),
  ];
}
