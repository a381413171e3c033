/** A run of which the tests of lanes need to know nothing. */
import type { CrewRequest } from '../../src/lane-ports.ts';

export const RUN_SETUP: CrewRequest['setup'] = {
  task: 't',
  runId: 'r',
  source: 'mysql',
  sink: 's3',
  hmac: false,
  deadline: null,
  pace: { maxLoad: null, bytesPerSecond: null },
};
