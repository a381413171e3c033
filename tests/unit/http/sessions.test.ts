import { openSessions, SESSION_MS } from '../../../src/http/sessions.ts';
import { localPath } from '../../../src/http/action-routes.ts';

const TOKEN = 'a-token-of-the-config';

it('begins a session for the token, which ends with its time or when it is ended', () => {
  let now = 0;
  const sessions = openSessions(TOKEN, () => now);
  expect(sessions.begin('another', 'Ann')).toBeNull();
  const [ann, bob] = [sessions.begin(TOKEN, 'Ann')!, sessions.begin(TOKEN, 'Bob')!];
  expect(ann).toMatch(/^[\w-]{43}$/);
  expect([sessions.nameOf(ann), sessions.nameOf(bob), sessions.nameOf('')]).toEqual(['Ann', 'Bob', null]);
  sessions.end(bob);
  expect(sessions.nameOf(bob)).toBeNull();
  now = SESSION_MS - 1;
  expect(sessions.nameOf(ann)).toBe('Ann');
  now = SESSION_MS;
  expect(sessions.nameOf(ann)).toBeNull();
});

it('looks at no token for a while where many were wrong, and keeps a hundred sessions', () => {
  let now = 0;
  const sessions = openSessions(TOKEN, () => now);
  const first = sessions.begin(TOKEN, 'first')!;
  for (let n = 0; n < 100; n++) sessions.begin(TOKEN, 'other');
  expect(sessions.nameOf(first)).toBeNull();
  for (let n = 0; n < 20; n++) expect(sessions.isToken(`wrong ${n}`)).toBe(false);
  expect([sessions.isTired(), sessions.isToken(TOKEN)]).toEqual([true, false]);
  now = 60_000;
  expect([sessions.isTired(), sessions.isToken(TOKEN)]).toEqual([false, true]);
});

it.each([
  ['/', '/'],
  ['/tasks/orders.v2', '/tasks/orders.v2'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['/a?b', '/'],
  ['/a\r\nSet-Cookie: x', '/'],
  [undefined, '/'],
])('leads from %p to %s', (wanted, path) => {
  expect(localPath(wanted)).toBe(path);
});
