/** A state without runs, mails and watermarks, as metrics read it. */
import type { MetricsPast } from '../../../src/daemon/metrics-source.ts';

export const NO_READINGS: MetricsPast = {
  mailsWaiting: () => 0,
  standings: () => () => ({ lastSuccess: null, succeededFor: null, failures: 0, triedFor: null }),
  watermarkLags: () => () => [],
};
