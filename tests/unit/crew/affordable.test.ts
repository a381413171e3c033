/** As many lanes as there is memory for. */
import { fairSlots } from '../../../src/crew/slots.ts';
import { affordableCrews } from '../../../src/crew/affordable.ts';
import type { Crew, CrewRequest } from '../../../src/lane-ports.ts';

it.each([
  { slots: 11, format: 'csv', wanted: 4, lanes: 4 },
  { slots: 3, format: 'csv', wanted: 4, lanes: 3 },
  { slots: 3, format: 'parquet', wanted: 4, lanes: 1 },
  { slots: 8, format: 'parquet', wanted: 4, lanes: 4 },
  { slots: 1, format: 'parquet', wanted: 4, lanes: 1 },
] as const)('$slots slots: $wanted connections for $format become $lanes', async (one) => {
  const asked: number[] = [];
  const crews = {
    sparesOne: false,
    assemble: ({ lanes }: CrewRequest) => {
      asked.push(lanes);
      return Promise.resolve({} as Crew);
    },
  };
  const request = { lanes: one.wanted, output: { format: one.format } } as CrewRequest;
  await affordableCrews(crews, fairSlots(one.slots)).assemble(request, new AbortController().signal);
  expect(asked).toEqual([one.lanes]);
});
