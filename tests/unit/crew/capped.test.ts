/** The cap on connections, over all crews: places are taken before lanes are opened, and always given back. */
import { cappedCrews, countedLeft, type Places } from '../../../src/crew/capped.ts';
import type { Crew, CrewRequest, Crews, LeftRuns } from '../../../src/lane-ports.ts';

const NEVER = new AbortController().signal;
const request = (lanes: number): CrewRequest =>
  ({ setup: { source: 'mysql' }, lanes, onWait: () => {} }) as unknown as CrewRequest;

/** Of so many connections; what is not free is not waited for. */
function turnstile(max: number): { readonly places: Places; inUse(): number } {
  let inUse = 0;
  return {
    inUse: () => inUse,
    places: (_source, count) => {
      const free = Math.min(count, max - inUse);
      if (free === 0) return Promise.reject(new Error('none is free'));
      inUse += free;
      return Promise.resolve(Array.from({ length: free }, () => () => void inUse--));
    },
  };
}

function crewsThat(assemble: (request: CrewRequest) => Crew): Crews {
  return { sparesOne: false, assemble: (asked) => Promise.resolve(asked).then(assemble) };
}
const crewThat = (close: () => Promise<void>): Crew => ({ close }) as Crew;

it('gives a crew as many lanes as there are places, until it is closed', async () => {
  const asked: number[] = [];
  const gate = turnstile(5);
  const crews = cappedCrews(
    crewsThat(({ lanes }) => {
      asked.push(lanes);
      return crewThat(() => Promise.resolve());
    }),
    gate.places,
  );
  const first = await crews.assemble(request(3), NEVER);
  const second = await crews.assemble(request(3), NEVER);
  expect([asked, gate.inUse()]).toEqual([[3, 2], 5]);
  await expect(crews.assemble(request(1), NEVER)).rejects.toThrow('none is free');
  await first.close();
  expect(gate.inUse()).toBe(2);
  await second.close();
  expect(gate.inUse()).toBe(0);
});

it('gives places back where there is no crew, or its end fails', async () => {
  const gate = turnstile(2);
  const failing = crewsThat(() => {
    throw new Error('no server');
  });
  await expect(cappedCrews(failing, gate.places).assemble(request(2), NEVER)).rejects.toThrow('no server');
  expect(gate.inUse()).toBe(0);
  const stuck = crewsThat(() => crewThat(() => Promise.reject(new Error('stuck'))));
  const crew = await cappedCrews(stuck, gate.places).assemble(request(2), NEVER);
  await expect(crew.close()).rejects.toThrow('stuck');
  expect(gate.inUse()).toBe(0);
});

it('counts the lanes of a run that is led on, until it is closed', async () => {
  let inUse = 0;
  const closed = [() => Promise.resolve(), () => Promise.reject(new Error('stuck'))];
  const left: LeftRuns = {
    find: () => Promise.resolve(new Map()),
    dissolve: () => Promise.resolve(),
    leadOn: ({ runId }) => {
      const close = closed.shift();
      return Promise.resolve(
        close === undefined ? null : { ...crewThat(close), lanes: runId === 'a' ? 3 : 2 },
      );
    },
  };
  const counted = countedLeft(left, (source) => {
    expect(source).toBe('mysql');
    inUse++;
    return () => void inUse--;
  });
  const run = (runId: string) => ({ runId, task: 't', source: 'mysql' });
  const first = await counted.leadOn(run('a'), NEVER);
  const second = await counted.leadOn(run('b'), NEVER);
  expect(inUse).toBe(5);
  await first!.close();
  expect(inUse).toBe(2);
  await expect(second!.close()).rejects.toThrow('stuck');
  expect(inUse).toBe(0);
  expect(await counted.leadOn(run('c'), NEVER)).toBeNull();
  expect(inUse).toBe(0);
});
