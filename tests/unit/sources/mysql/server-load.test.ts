/** Which of the threads that run on a server are no reason to wait. */
import { serverLoad } from '../../../../src/sources/mysql/server-load.ts';
import { SERVER } from '../../plan/sample.ts';
import { fakeSession } from './session.ts';

const BUSY = fakeSession((sql) => (sql.includes('Threads_running') ? [{ Value: '19' }] : undefined));
const THREADS = { threads: true, replication: false };

it('counts neither who asks nor what this process reads', async () => {
  expect(await serverLoad(BUSY, SERVER, THREADS, 6)).toEqual({ threadsRunning: 12, replicaLagS: null });
});

it('counts no lane of the run, wherever it is', async () => {
  const { threadsRunning } = await serverLoad(BUSY, SERVER, { ...THREADS, lanes: 18 }, 6);
  expect(threadsRunning).toBe(0);
  const more = await serverLoad(BUSY, SERVER, { ...THREADS, lanes: 4 }, 6);
  expect(more.threadsRunning).toBe(12);
});
