/** Takes the lock named on the command line, says whether it could, and holds it until killed. */
import { acquireLock } from '../../../src/state/lock.ts';

const lock = acquireLock(process.argv[2] as string);
process.send?.(lock !== null);
// The channel to the parent keeps the process alive; `lock` must not be collected meanwhile.
process.on('disconnect', () => lock?.release());
