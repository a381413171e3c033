/** A crew whose lanes are in workers, on any number of machines. Its jobs go through BullMQ. */
import { Queue } from 'bullmq';
import { TidemarkError } from '../errors.ts';
import type { Agreement, Crew } from '../lane-ports.ts';
import { before, CLOSE_MS, within } from './before.ts';
import type { CrewRoom } from './crew-room.ts';
import { runFlow } from './flow.ts';

export interface QueueCrewOptions {
  readonly runId: string;
  readonly agreement: Agreement;
  /** See `FlowJobs`. */
  readonly answered: ReadonlySet<string>;
  /** Calls on whoever leads: the run is left as it is, for the next who leads it. */
  readonly detach: AbortSignal;
}

export function queueCrew(room: CrewRoom, options: QueueCrewOptions): Crew {
  const { agreement, answered, detach, runId } = options;
  let flows = 0;
  let isLeft = false;
  return {
    agreement,
    async keep(memo, signal) {
      const lanes = room.present().map(({ lane }) => lane.id);
      await before([detach, signal], () => room.record.keep(runId, { lanes, agreement, memo }));
    },
    async export(jobs, events, signal, onResult) {
      flows += 1;
      const work = runFlow(room, { flow: flows, jobs, events, answered, detach }, signal);
      const results = await work.catch((error: unknown) => {
        isLeft = detach.aborted && error === detach.reason;
        throw error;
      });
      // Only now: until the last is done, Redis may lose what one has become, and it is done again.
      for (const [index, job] of jobs.entries()) onResult?.(job, results[index]!);
      return results;
    },
    async scalar(sql, signal) {
      for (;;) {
        const [member] = room.present();
        if (member === undefined) throw new TidemarkError('LANE_LOST', 'No worker is left to ask.');
        try {
          return await member.lane.scalar(sql, signal);
        } catch (error) {
          // Another lane of the snapshot gives the same answer.
          if (room.present().some(({ lane }) => lane.id === member.lane.id)) throw error;
        }
      }
    },
    async close() {
      if (isLeft) {
        room.leave();
        return;
      }
      const ending = async (): Promise<void> => {
        if (await room.record.isOurs()) await dissolve(room, runId);
      };
      await within(CLOSE_MS, ending());
      room.leave();
    },
  };
}

/** Sends the lanes home and leaves nothing of the crew in Redis. */
export async function dissolve(room: CrewRoom, runId: string): Promise<void> {
  // A Redis that is full takes no words, and may not let go of a queue either. Without the record, lanes go home all the
  // same, and the rest goes when the task is next cleared up.
  await room.tell('*', { type: 'close' }).catch(() => {});
  await removeQueues(room).catch(async (error: unknown) => {
    await room.connection.client.del(room.names.record);
    throw error;
  });
  await room.record.remove(runId);
}

async function removeQueues({ connection, config, names }: CrewRoom): Promise<void> {
  for (const name of [names.batches, names.commits]) {
    const queue = new Queue(name, { connection: connection.client, prefix: config.prefix });
    queue.on('error', () => {}); // The connection says so itself.
    // A queue of any size: what cannot be removed in one step is, in several.
    await queue.obliterate({ force: true });
    await queue.close();
  }
}
