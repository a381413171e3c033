/** A crew at work: every job once, whatever becomes of its lanes. */
import fc from 'fast-check';
import { slotsFor } from '../../../src/crew/budget.ts';
import { crewOf } from '../../../src/crew/crew.ts';
import { fairSlots, type Slots } from '../../../src/crew/slots.ts';
import { TidemarkError } from '../../../src/errors.ts';
import type { Agreement, BatchJob, BatchResult, JobEvents, Lane } from '../../../src/lane-ports.ts';

const NEVER = new AbortController().signal;
const ONE_MOMENT: Agreement = { level: 'snapshot', basis: 'They said so.', position: null };
const EVENTS = {} as JobEvents;
const lost = (): TidemarkError => new TidemarkError('LANE_LOST', 'gone');
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => void setImmediate(resolve));
};

const jobsOf = (count: number): BatchJob[] =>
  Array.from(
    { length: count },
    (_, index) =>
      ({ id: `job ${index}`, output: { format: index % 3 === 0 ? 'parquet' : 'csv' } }) as BatchJob,
  );
const resultOf = (job: BatchJob): BatchResult => ({ notes: [job.id] }) as unknown as BatchResult;

const slotsOf = (slots: Slots) => (job: BatchJob, signal: AbortSignal) =>
  slots.take('run', slotsFor(job.output), signal);
const ROOM = slotsOf(fairSlots(100));

interface TestLane extends Lane {
  closed: number;
  /** Ends the lane, whatever it does. */
  lose(): void;
}

/** @param run does a job, and may fail. */
function laneThat(run: (job: BatchJob, signal: AbortSignal) => Promise<void>): TestLane {
  const unasked = (): never => {
    throw new Error('not asked for in this test');
  };
  let loss: TidemarkError | null = null;
  const losing = Promise.withResolvers<never>();
  losing.promise.catch(() => {});
  const alive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (loss !== null) throw loss;
    return Promise.race([work(), losing.promise]);
  };
  const lane: TestLane = {
    closed: 0,
    lose() {
      loss = lost();
      losing.reject(loss);
    },
    begin: unasked,
    scalar: (sql) => alive(() => Promise.resolve(sql)),
    run: (job, _events, signal) =>
      alive(async () => {
        await run(job, signal);
        return resultOf(job);
      }),
    loss: () => loss,
    close: () => Promise.resolve(void lane.closed++),
  };
  return lane;
}

it('does every job once, in whatever order, and gives the results in theirs', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 40 }),
      fc.array(fc.record({ turns: fc.nat(3), diesAt: fc.option(fc.nat(20), { nil: Infinity }) }), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.integer({ min: 1, max: 6 }),
      async (count, kinds, slots) => {
        // One survives.
        const lanes = [...kinds, { turns: 1, diesAt: Infinity }].map((kind) => {
          let done = 0;
          return laneThat(async () => {
            await turns(kind.turns);
            if (done++ === kind.diesAt) throw lost();
          });
        });
        const all = fairSlots(slots);
        const crew = crewOf(lanes, ONE_MOMENT, slotsOf(all));
        const jobs = jobsOf(count);
        const heard: string[] = [];
        const exported = crew.export(
          jobs,
          () => EVENTS,
          NEVER,
          (job) => heard.push(job.id),
        );
        try {
          const results = await exported;
          expect(results).toEqual(jobs.map(resultOf));
          expect(heard.toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
        } catch (error) {
          // The same job may have met two lanes that died with it.
          expect(error).toMatchObject({ code: 'LANE_LOST' });
        }
      },
    ),
  );
});

it('does a job again in another lane when its own is lost, and not a third time', async () => {
  const tried: string[] = [];
  const dying = (): Lane =>
    laneThat(async (job) => {
      tried.push(job.id);
      await turns(1);
      throw lost();
    });
  const crew = crewOf([dying(), dying(), dying()], ONE_MOMENT, ROOM);
  await expect(crew.export(jobsOf(1), () => EVENTS, NEVER)).rejects.toMatchObject({ code: 'LANE_LOST' });
  expect(tried).toEqual(['job 0', 'job 0']);
});

it('does not give a job to a lane that died while it waited for one', async () => {
  const never = (): Promise<void> => new Promise(() => {});
  const [busy, idle] = [laneThat(never), laneThat(never)];
  const { promise: free, resolve } = Promise.withResolvers<void>();
  const elsewhere = laneThat(() => free);
  const crew = crewOf([busy, elsewhere, idle], ONE_MOMENT, ROOM);
  const exported = crew.export(jobsOf(2), () => EVENTS, NEVER);
  await turns(1);
  // The one thread of both.
  busy.lose();
  idle.lose();
  await turns(2);
  resolve();
  expect(await exported).toEqual(jobsOf(2).map(resultOf));
});

it('does not take a job for the cause where its lane died before it began', async () => {
  const slots = fairSlots(1);
  const others = await slots.take('somebody else', 1, NEVER);
  const [one, two] = [laneThat(() => turns(1)), laneThat(() => turns(1))];
  const third = laneThat(() => turns(1));
  const crew = crewOf([one, two, third], ONE_MOMENT, slotsOf(slots));
  const exported = crew.export(jobsOf(1), () => EVENTS, NEVER);
  await turns(1);
  one.lose();
  two.lose();
  others();
  expect(await exported).toEqual(jobsOf(1).map(resultOf));
});

it('fails when all lanes are lost, and so does what it is asked for afterwards', async () => {
  const lanes = [laneThat(() => new Promise(() => {})), laneThat(() => turns(1))];
  const crew = crewOf(lanes, ONE_MOMENT, ROOM);
  const exported = crew.export(jobsOf(1), () => EVENTS, NEVER);
  await turns(1);
  for (const lane of lanes) lane.lose();
  const isLost = { code: 'LANE_LOST' };
  await expect(exported).rejects.toMatchObject(isLost);
  await expect(crew.export(jobsOf(1), () => EVENTS, NEVER)).rejects.toMatchObject(isLost);
  await expect(crew.scalar('SELECT 1', NEVER)).rejects.toMatchObject(isLost);
});

it('asks another lane where the first is lost', async () => {
  const [first, second] = [laneThat(() => turns(1)), laneThat(() => turns(1))];
  const crew = crewOf([first, second], ONE_MOMENT, ROOM);
  first.lose();
  expect(await crew.scalar('SELECT 1', NEVER)).toBe('SELECT 1');
});

it('fails with the first failure, once no lane does anything any more', async () => {
  const working = new Set<string>();
  const failure = new Error('row 7');
  const lanes = Array.from({ length: 3 }, () =>
    laneThat(async (job, signal) => {
      working.add(job.id);
      while (!signal.aborted) await turns(1);
      await turns(5);
      working.delete(job.id);
      throw signal.reason;
    }),
  );
  const failing = laneThat(async (job) => {
    await turns(1);
    if (job.id === 'job 5') throw failure;
  });
  const crew = crewOf([...lanes, failing], ONE_MOMENT, ROOM);
  await expect(crew.export(jobsOf(10), () => EVENTS, NEVER)).rejects.toBe(failure);
  expect(working.size).toBe(0);
  await crew.close();
  expect(lanes.map(({ closed }) => closed)).toEqual([1, 1, 1]);
});

it('ends when it is told to, also while it waits for a slot', async () => {
  const slots = fairSlots(1);
  await slots.take('somebody else', 1, NEVER);
  const told = new AbortController();
  const crew = crewOf([laneThat(() => turns(1))], ONE_MOMENT, slotsOf(slots));
  const exported = crew.export(jobsOf(2), () => EVENTS, told.signal);
  const reason = new Error('stop');
  told.abort(reason);
  await expect(exported).rejects.toBe(reason);
});
