/** Records runs, one after the other, in the state folder named on the command line, until it is killed. */
import { openState } from '../../../src/state/database.ts';
import { recordUnpublished } from '../../../src/state/runs.ts';
import { attemptOf, recordFor, slotOf } from '../../support/runs.ts';

const { db } = openState(process.argv[2] as string);
let number = 0;
const record = (): void => {
  const run = attemptOf(slotOf(new Date(Date.UTC(2026, 0, 1) + number++ * 1000)));
  const watermarks = [{ table: 'orders', column: 'id', value: String(number) }];
  recordUnpublished(db, recordFor(run, 'orders', { watermarks }));
  if (number === 10) process.send?.('writing');
  setImmediate(record);
};
record();
process.on('disconnect', () => process.exit());
