/** Crews of lanes in workers: assembled from whoever has room, or taken over from a process that is no more. */
import { randomBytes } from 'node:crypto';
import type { Agreement, Crew, CrewRequest, Crews, LeftRuns } from '../lane-ports.ts';
import { agree, AGREE_DEFAULTS } from '../crew/agree.ts';
import type { Source } from '../ports.ts';
import { assembleLanes } from './assembling.ts';
import { dissolve, queueCrew } from './crew.ts';
import { openRoom, type CrewRoom, type RoomPorts } from './crew-room.ts';
import { before, CLOSE_MS, within } from './before.ts';
import { questionName } from './ledger-desk.ts';
import type { LaneRequest, Order } from './messages.ts';
import { crewNames, releaseOf } from './names.ts';
import { keptRun, keptRuns, keptRunsOf } from './record.ts';

export interface QueueCrewsPorts extends RoomPorts {
  /** Version of this program. */
  readonly program: string;
  source(name: string): Source;
  /** What the sink's name stands for here. */
  place(sink: string): string;
  /** See `LaneRequest`. */
  hmacProof(crew: string): string | null;
  /** Calls on whoever leads: runs are left as they are, for the next who leads them. */
  readonly detach: AbortSignal;
}

export type QueueCrews = Crews & LeftRuns;

export function queueCrews(ports: QueueCrewsPorts, sparesOne: boolean): QueueCrews {
  const { connection, config, detach } = ports;
  const release = releaseOf(ports.program);
  const kept = (runId: string) => keptRun(connection.client, config.prefix, runId);

  return {
    sparesOne,
    async assemble({ setup, lanes, consistency, tables, output, server, onWait }, signal) {
      await connection.ready(config.worker_wait_ms, signal);
      const crew = `${setup.runId}.${randomBytes(3).toString('hex')}`;
      const room = openRoom(ports, crew, setup.task);
      const stopTelling = connection.onAway((reason) => onWait(reason === null ? null : awayText(reason)));
      try {
        const { runId, task } = setup;
        await before([signal], () => room.record.create({ runId, task, release }));
        const request: LaneRequest = {
          release,
          crew,
          setup: laneSetup(setup, lanes),
          output: { format: output.format },
          place: ports.place(setup.sink),
          hmacProof: setup.hmac ? ports.hmacProof(crew) : null,
          lostAfterMs: config.lost_after_ms,
        };
        onWait('it waits for workers');
        await assembleLanes(room, request, lanes, signal);
        onWait(null);
        const agreement = await agreed(ports, room, { setup, consistency, tables, server }, signal);
        return led(room, runId, agreement, new Set(), stopTelling);
      } catch (error) {
        stopTelling();
        // Queued where Redis is away: it is done when it is back.
        await within(connection.away() === null ? CLOSE_MS : 0, dissolve(room, setup.runId));
        room.leave();
        throw error;
      }
    },

    async find(signal) {
      const found = new Map<string, unknown>();
      await before([signal], async () => {
        for (const runId of await keptRuns(connection.client, config.prefix)) {
          const run = await kept(runId);
          if (run?.release === release) found.set(runId, run.memo);
        }
      });
      return found;
    },

    async leadOn({ runId, task }, signal) {
      await connection.ready(config.worker_wait_ms, signal);
      const run = await before([detach, signal], () => kept(runId));
      if (run === null) return null;
      const names = crewNames(config.prefix, run.crew);
      const said = await before([detach, signal], () => connection.client.xrange(names.orders, '-', '+'));
      const orders = said.map(([, fields]) => ({
        lane: fields[1] ?? '',
        order: JSON.parse(fields[3] ?? '') as Order,
      }));
      const room = openRoom(ports, run.crew, task);
      await before([detach, signal], () => room.record.claim()).catch((error: unknown) => {
        room.leave();
        throw error;
      });
      for (const lane of run.lanes) {
        const own = orders.filter((one) => one.lane === lane).map(({ order }) => order);
        if (own.some(({ type }) => type === 'close')) continue;
        const calls = own.map((order) => (order.type === 'ask' ? order.call + 1 : 0));
        room.add(lane, 'joined', Math.max(0, ...calls));
      }
      const answered = orders.flatMap(({ lane, order }) =>
        order.type === 'answer' ? [questionName(lane, order.call)] : [],
      );
      const lanes = room.present().length;
      return { ...led(room, runId, run.agreement, new Set(answered), () => {}), lanes };
    },

    async dissolve(task) {
      await connection.ready(config.worker_wait_ms);
      for (const { runId, crew } of await keptRunsOf(connection.client, config.prefix, task)) {
        const room = openRoom(ports, crew, task);
        await dissolve(room, runId).finally(() => room.leave());
      }
    },
  };

  function led(
    room: CrewRoom,
    runId: string,
    agreement: Agreement,
    answered: ReadonlySet<string>,
    onClose: () => void,
  ): Crew {
    const crew = queueCrew(room, { runId, agreement, answered, detach });
    return { ...crew, close: () => crew.close().finally(onClose) };
  }
}

/** Limits of the run hold for all lanes together. */
function laneSetup(setup: CrewRequest['setup'], lanes: number): LaneRequest['setup'] {
  const { bytesPerSecond } = setup.pace;
  const pace = {
    ...setup.pace,
    bytesPerSecond: bytesPerSecond === null ? null : bytesPerSecond / lanes,
    lanes,
  };
  // How many parts a lane may have on their way, the worker knows: it is its memory.
  return { ...setup, pace, partsAtOnce: null };
}

async function agreed(
  ports: QueueCrewsPorts,
  room: CrewRoom,
  { setup, consistency, tables, server }: Pick<CrewRequest, 'setup' | 'consistency' | 'tables' | 'server'>,
  signal: AbortSignal,
): Promise<Agreement> {
  const referee = ports.source(setup.source).referee(tables);
  try {
    const lanes = room.present().map(({ lane }) => lane);
    return await agree(lanes, referee, consistency, { ...AGREE_DEFAULTS, server }, signal);
  } finally {
    await referee.close();
  }
}

function awayText(reason: string): string {
  return `it waits for Redis: ${reason}`;
}
