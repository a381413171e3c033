/** What a run's log says of its plan. */
import type { RunLog } from '../../src/ports.ts';
import { UNOBSERVED } from '../../src/execute.ts';
import { tellLog } from '../../src/run-log.ts';
import { planOf } from './plan/sample.ts';
import { keptLog, type KeptLog } from './schedule/kept-log.ts';

function runLog(): KeptLog & RunLog {
  return { ...keptLog(), file: 'run.log', tail: () => [], close: () => Promise.resolve() };
}

it('says once for each task what cannot be promised, also where the words are the same', () => {
  const said = new Set<string>();
  const caution = 'the result is sorted by the server';
  const warned = ['staff', 'orders', 'staff'].map((task) => {
    const log = runLog();
    tellLog(log, said, UNOBSERVED).planned({ ...planOf(), task, cautions: [caution] });
    return log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  });
  expect(warned).toEqual([[caution], [caution], []]);
});
