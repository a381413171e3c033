/** What metrics show of the state. */
import type { MetricsPast } from '../daemon/metrics-source.ts';
import type { StateDatabase } from '../state/database.ts';
import { mailsWaiting } from '../state/outbox.ts';
import { standings } from '../state/standings.ts';
import { listWatermarks } from '../state/watermarks.ts';
import { knownWatermarks } from './known-watermarks.ts';
import { secondsBehind } from './status-document.ts';

export function metricsPast(db: StateDatabase['db']): MetricsPast {
  return {
    mailsWaiting: () => mailsWaiting(db),
    standings: standings(db),
    watermarkLags(now) {
      const kept = Map.groupBy(listWatermarks(db, null), ({ task }) => task);
      return (spec) =>
        knownWatermarks(spec, kept.get(spec.taskName) ?? []).flatMap(({ table, watermark, kept: one }) => {
          // Of a table that the spec no longer has, a watermark does not move any more.
          if (watermark === null || one === null) return [];
          const seconds = secondsBehind(one.value, watermark.timezone ?? 'UTC', now);
          return seconds === null ? [] : [{ table, seconds }];
        });
    },
  };
}
