import { confirmed } from '../../../src/daemon/confirmed.ts';
import { TidemarkError } from '../../../src/errors.ts';

const code = (wanted: string) => expect.objectContaining({ code: wanted });

it('says that something is done when Redis has it', async () => {
  const did: string[] = [];
  const has = Promise.withResolvers<void>();
  const act = confirmed(
    (action, task) => void did.push(`${action} ${task}`),
    () => {
      did.push('asks');
      return has.promise;
    },
  );
  const done = act('pause', 'a', 'ann@here').then(() => did.push('says so'));
  expect(did).toEqual(['pause a', 'asks']);
  has.resolve();
  await done;
  expect(did).toEqual(['pause a', 'asks', 'says so']);
});

it.each([
  ['REDIS_UNREACHABLE', new DOMException('too late', 'TimeoutError')],
  ['REDIS_UNREACHABLE', new TidemarkError('INTERRUPTED', 'Tidemark was asked to stop')],
  ['LEADERSHIP_LOST', new TidemarkError('LEADERSHIP_LOST', 'another one leads')],
])('says that it may count for nothing: %s', async (wanted, error) => {
  const act = confirmed(
    () => {},
    () => Promise.reject(error),
  );
  await expect(act('run', 'a', 'ann@here')).rejects.toEqual(code(wanted));
});

it('asks nobody where something cannot be done, or the daemon is alone', async () => {
  const refuse = (): never => {
    throw new TidemarkError('USAGE', 'There is no task "a".');
  };
  const settled = (): never => {
    throw new Error('it was asked');
  };
  await expect(confirmed(refuse, settled)('run', 'a', 'ann@here')).rejects.toEqual(code('USAGE'));
  await expect(confirmed(() => {}, undefined)('run', 'a', 'ann@here')).resolves.toBeUndefined();
});
