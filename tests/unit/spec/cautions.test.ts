import { cautionsOf } from '../../../src/spec/cautions.ts';
import { spec } from './documents.ts';

const watermark = (initial?: unknown) => ({ mode: 'watermark', initial });

it('warns of each watermark that begins at a number, and says what to use', () => {
  const tables = [
    { name: 'orders', cdc: { id: watermark(0), 'created\n': 5 } },
    { name: 'events', cdc: { seq: watermark(17) } },
  ];
  const cautions = cautionsOf(spec({ table: tables }));
  expect(cautions.map(({ message }) => message)).toEqual([
    expect.stringContaining('the watermark "id" of table "orders" is a number'),
    expect.stringContaining('the watermark "seq" of table "events" is a number'),
  ]);
  expect(cautions[0]!.remedy).toContain('updated_at TIMESTAMP(6)');
});

it.each([[watermark('2024-01-01')], [watermark()], ['12 hours'], [17]])('says nothing of %j', (bound) => {
  expect(cautionsOf(spec({ table: { name: 't', cdc: { a: bound } } }))).toEqual([]);
});
