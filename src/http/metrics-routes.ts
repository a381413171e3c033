/** `/metrics`, for Prometheus. */
import type { Route } from './route.ts';

export interface MetricsOptions {
  /** In the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
}

export function metricsRoutes({ metrics }: MetricsOptions): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      answer: async () =>
        new Response(await metrics(), {
          headers: {
            'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
            'Cache-Control': 'no-store',
          },
        }),
    },
  ];
}
