import { census } from '../../../src/ha/census.ts';
import type { Head, View } from '../../../src/ha/shared-state.ts';
import { patience, standingOf, type Local } from '../../../src/ha/standing.ts';
import type { Position } from '../../../src/state/changes.ts';

const HEAD: Head = {
  lineage: 'one',
  version: 10,
  seq: 100,
  digest: 'd100',
  token: 4,
  copy: { id: 'c', seq: 50, bytes: 1, sha256: '', pieces: 1 },
  logged: 0,
};
const HOLDER = { node: 'a', host: 'a', pid: 1 };
const view = (changes: Partial<View> = {}): View => ({
  head: HEAD,
  lease: null,
  lastToken: 4,
  given: 4,
  released: false,
  changes: [],
  members: [],
  connection: 1,
  ...changes,
});
const position = (changes: Partial<Position> = {}): Position => ({
  lineage: 'one',
  seq: 100,
  digest: 'd100',
  token: 4,
  leads: null,
  ...changes,
});
const local = (changes: Partial<Local> = {}): Local => ({
  position: position(),
  blank: false,
  version: 10,
  passedHead: true,
  ...changes,
});
const change = (seq: number) => ({ seq, token: 4, digest: `d${seq}`, changeset: new Uint8Array() });
const EMPTY = view({ head: null, lastToken: 0, given: 0 });

const CASES: readonly (readonly [what: string, is: Local, sees: View, kind: string, more?: object])[] = [
  ['has all', local(), view(), 'ready', { anew: false }],
  ['is new, and Redis has a state', local({ position: null, blank: true }), view(), 'copy', { keep: false }],
  ['is new, and Redis has nothing', local({ position: null, blank: true }), EMPTY, 'census'],
  ['has a past alone, and Redis has nothing', local({ position: null }), EMPTY, 'census'],
  ['has a past alone, and Redis has a state', local({ position: null }), view(), 'foreign'],
  ['comes from another', local({ position: position({ lineage: 'two' }) }), view(), 'foreign'],
  [
    'is a little behind',
    local({ position: position({ seq: 98 }) }),
    view({ changes: [change(99)] }),
    'apply',
  ],
  [
    'is far behind',
    local({ position: position({ seq: 9 }), passedHead: false }),
    view({ changes: [change(51)] }),
    'copy',
    { keep: false },
  ],
  [
    'has led, and is far behind',
    local({ position: position({ seq: 9, leads: 1 }), passedHead: false }),
    view(),
    'copy',
    { keep: true },
  ],
  ['has as many changes, and others', local({ passedHead: false }), view(), 'copy', { keep: true }],
  [
    'has more, and others',
    local({ position: position({ seq: 101 }), passedHead: false }),
    view(),
    'copy',
    { keep: true },
  ],
  [
    'led last, and did not tell all',
    local({ position: position({ seq: 103, leads: 4 }) }),
    view(),
    'ready',
    { anew: false },
  ],
  [
    'led once, did not tell all, and another led since',
    local({ position: position({ seq: 103, token: 3, leads: 3 }) }),
    view(),
    'copy',
    { keep: true },
  ],
  [
    'led last, and Redis has lost that',
    local({ position: position({ seq: 103, leads: 4 }) }),
    view({ lastToken: 3, given: 3 }),
    'census',
  ],
  [
    'has what Redis has lost, while another took the lease and gave it back without leading',
    local({ position: position({ seq: 103 }) }),
    view({ given: 5, released: true }),
    'census',
  ],
  [
    'led once, knows that it no longer does, and did not tell all',
    local({ position: position({ seq: 103, token: 3 }) }),
    view(),
    'copy',
    { keep: true },
  ],
  ['has what Redis has lost', local({ position: position({ seq: 103 }) }), view(), 'census'],
  ['has a state, and Redis has nothing', local(), EMPTY, 'census'],
  [
    'led last, and Redis has no state yet',
    local({ position: position({ leads: 4 }) }),
    view({ head: null }),
    'ready',
    { anew: true },
  ],
  [
    'waits for the first state',
    local({ position: null }),
    view({ head: null, lease: { token: 5, holder: HOLDER } }),
    'wait',
  ],
  ['is older than the leader', local({ version: 9 }), view({ head: { ...HEAD, version: 11 } }), 'wait'],
  ['has another schema', local({ version: 9 }), view(), 'copy', { keep: false }],
];

it.each(CASES.map(([what, is, sees, kind, more = {}]) => [what, is, sees, kind, more] as const))(
  'a state that %s',
  (...[, is, sees, kind, more]) => {
    expect(standingOf(is, sees, 10)).toMatchObject({ kind, ...more });
  },
);

describe('who waits', () => {
  const held = view({ lease: { token: 4, holder: HOLDER } });
  it('leads as soon as a lease that it has seen has ended', () => {
    const { mayLead } = patience(5000);
    expect(mayLead(held, 'copy', 0)).toBe(false);
    expect(mayLead(view(), 'copy', 200)).toBe(true);
  });

  it('lets who led come first where Redis was away, whatever was seen before', () => {
    const { mayLead } = patience(5000);
    expect(mayLead(held, 'copy', 0)).toBe(false);
    expect(mayLead(view({ connection: 2 }), 'copy', 10_000)).toBe(false);
    expect(mayLead(view({ connection: 2 }), 'copy', 14_999)).toBe(false);
    expect(mayLead(view({ connection: 2 }), 'copy', 15_000)).toBe(true);
  });

  it.each([
    ['it led itself', view(), 'own'],
    ['the lease was given back', view({ released: true }), 'copy'],
  ] as const)('waits for nobody where %s', (_why, sees, claim) => {
    expect(patience(5000).mayLead(sees, claim, 0)).toBe(true);
  });

  it('leaves those who may have a state the time to say so, where it would begin one', () => {
    const { mayLead } = patience(5000);
    expect(mayLead(held, 'first', 0)).toBe(false);
    expect(mayLead(EMPTY, 'first', 200)).toBe(false);
    expect(mayLead(view({ head: null, released: true }), 'first', 4999)).toBe(false);
    expect(mayLead(EMPTY, 'first', 5000)).toBe(true);
  });
});

describe('where Redis has lost the state', () => {
  const [a, b] = [
    { node: 'a', host: 'one' },
    { node: 'b', host: 'two' },
  ];
  const at = (seq: number, token = 4, host = 'two') => ({ host, lineage: 'one', seq, token });
  const none = (seq: number, host: string) => ({ host, lineage: null, seq, token: 0 });

  it('the daemon that has the most goes on', () => {
    const said = new Map([
      ['a', at(10)],
      ['b', at(11)],
    ]);
    expect(census(b, at(11), [a, b], said)).toEqual({ kind: 'mine' });
    expect(census(a, at(10), [a, b], said)).toEqual({ kind: 'theirs', host: 'two' });
  });

  it('changes of a later leader count for more', () => {
    const said = new Map([
      ['a', at(3, 5, 'one')],
      ['b', at(11, 4)],
    ]);
    expect(census(a, at(3, 5), [a, b], said)).toEqual({ kind: 'mine' });
    expect(census(b, at(11, 4), [a, b], said)).toEqual({ kind: 'theirs', host: 'one' });
  });

  it('of two that are equal, one goes on', () => {
    const said = new Map([
      ['a', at(3)],
      ['b', at(3)],
    ]);
    expect([census(a, at(3), [a, b], said).kind, census(b, at(3), [a, b], said).kind]).toEqual([
      'mine',
      'theirs',
    ]);
  });

  it('nobody goes on before all have said how far they are', () => {
    expect(census(a, at(10), [a, b], new Map([['a', at(10)]]))).toEqual({ kind: 'missing', hosts: ['two'] });
  });

  it('who has no copy leaves it to those who have one, of whatever state, and waits for them', () => {
    const said = new Map([['b', at(11)]]);
    expect(census(a, none(1, 'one'), [], said)).toEqual({ kind: 'theirs', host: 'two' });
    expect(census(a, none(0, 'one'), [b], new Map())).toEqual({ kind: 'missing', hosts: ['two'] });
    expect(census(b, at(11), [b], new Map([['a', none(1, 'one')]]))).toEqual({ kind: 'mine' });
  });

  it('of those without a copy, one that has recorded something begins, or else one of them', () => {
    const said = new Map([
      ['a', none(0, 'one')],
      ['b', none(1, 'two')],
    ]);
    expect(census(a, none(0, 'one'), [], said)).toEqual({ kind: 'theirs', host: 'two' });
    expect(census(b, none(1, 'two'), [], said)).toEqual({ kind: 'mine' });
    said.set('b', none(0, 'two'));
    expect(census(a, none(0, 'one'), [], said)).toEqual({ kind: 'mine' });
    expect(census(b, none(0, 'two'), [], said)).toEqual({ kind: 'theirs', host: 'one' });
  });

  it('nobody waits for the state of another', () => {
    const said = new Map([['b', { host: 'two', lineage: 'other', seq: 99, token: 9 }]]);
    expect(census(a, at(10), [a], said)).toEqual({ kind: 'mine' });
  });

  it('who has never met another goes on', () => {
    expect(census(a, at(10), [], new Map())).toEqual({ kind: 'mine' });
  });
});
