/** A crew at work: every job once, whatever becomes of its lanes. */
import fc from 'fast-check';
import { crewOf } from '../../../src/crew/crew.ts';
import { fairSlots } from '../../../src/crew/slots.ts';
import { slotted } from '../../../src/crew/slotted.ts';
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

/** @param run does a job, and may fail. */
function laneThat(run: (job: BatchJob, signal: AbortSignal) => Promise<void>): Lane & { closed: number } {
  const unasked = (): never => {
    throw new Error('not asked for in this test');
  };
  const lane = {
    closed: 0,
    begin: unasked,
    scalar: unasked,
    run: async (job: BatchJob, _events: JobEvents, signal: AbortSignal) => {
      await run(job, signal);
      return resultOf(job);
    },
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
        const crew = crewOf(
          lanes.map((lane) => slotted(lane, 'run', all)),
          ONE_MOMENT,
        );
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
  const crew = crewOf([dying(), dying(), dying()], ONE_MOMENT);
  await expect(crew.export(jobsOf(1), () => EVENTS, NEVER)).rejects.toMatchObject({ code: 'LANE_LOST' });
  expect(tried).toEqual(['job 0', 'job 0']);
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
  const crew = crewOf([...lanes, failing], ONE_MOMENT);
  await expect(crew.export(jobsOf(10), () => EVENTS, NEVER)).rejects.toBe(failure);
  expect(working.size).toBe(0);
  await crew.close();
  expect(lanes.map(({ closed }) => closed)).toEqual([1, 1, 1]);
});

it('ends when it is told to, also while it waits for a slot', async () => {
  const slots = fairSlots(1);
  await slots.take('somebody else', 1, NEVER);
  const told = new AbortController();
  const lane = slotted(
    laneThat(() => turns(1)),
    'run',
    slots,
  );
  const crew = crewOf([lane], ONE_MOMENT);
  const exported = crew.export(jobsOf(2), () => EVENTS, told.signal);
  const reason = new Error('stop');
  told.abort(reason);
  await expect(exported).rejects.toBe(reason);
});
