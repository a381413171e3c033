/** Every metric of the daemon. docs/metrics.md has the table of them. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { createCounters, type Meter } from './counters.ts';
import { createGauges } from './gauges.ts';
import type { Reading } from './reading.ts';

export interface Metrics extends Meter {
  /** Whether this daemon runs tasks: of two with one state, one does. At first, it does. */
  leads(does: boolean): void;
  /** All metrics in the text format of Prometheus, version 0.0.4. */
  text(reading: Reading): Promise<string>;
}

/** How often the event loop is asked how late it is, in milliseconds: an idle daemon is to stay idle. */
const LAG_PRECISION_MS = 20;
/** Sums that are not counters and are called as if they were. */
const MISNAMED = ['resources', 'handles', 'requests'].map((what) => `tidemark_nodejs_active_${what}_total`);

/** @param version of the program. */
export function createMetrics({ version }: { readonly version: string }): Metrics {
  const registry = new Registry();
  const counters = createCounters(registry);
  const show = createGauges(registry);
  const build = new Gauge({
    name: 'tidemark_build_info',
    help: 'Always 1; the label says which version runs.',
    labelNames: ['version'] as const,
    registers: [registry],
  });
  build.set({ version }, 1);
  const leader = new Gauge({
    name: 'tidemark_leader',
    help: '1 where this daemon runs tasks, 0 where it stands by for another.',
    registers: [registry],
  });
  leader.set(1);
  collectDefaultMetrics({
    register: registry,
    prefix: 'tidemark_',
    eventLoopMonitoringPrecision: LAG_PRECISION_MS,
  });
  for (const name of MISNAMED) registry.removeSingleMetric(name);

  return {
    ...counters,
    leads: (does) => leader.set(Number(does)),
    text(reading) {
      if (reading.tasks !== null) counters.keep(reading.tasks.map(({ task }) => task));
      counters.keepEndpoints(reading.sources, reading.sinks);
      show(reading);
      return registry.metrics();
    },
  };
}
