import { secretsOf } from '../../../src/config/config.ts';
import { withSourceOverrides } from '../../../src/config/source-overrides.ts';
import { load, MINIMAL } from './files.ts';

describe('withSourceOverrides', () => {
  const config = load(MINIMAL);

  it('replaces what the flags name and leaves the rest', () => {
    const flags = { database: 'sales', host: 'db', user: 'u', password: 'p', port: '3307' };
    const changed = withSourceOverrides(config, 'mysql', flags);
    expect(changed).toEqual({
      ...config,
      sources: { mysql: { ...config.sources['mysql'], ...flags, port: 3307 } },
    });
    expect(secretsOf(changed)).toEqual(['p']);
    expect(config.sources['mysql']?.host).toBe('127.0.0.1');
    expect(withSourceOverrides(config, 'mysql', {})).toEqual(config);
  });

  it.each([
    ['mysq', {}, 'Did you mean "mysql"?'],
    ['__proto__', {}, 'the config has no source "__proto__"'],
    ['mysql', { port: '0' }, '--port: found "0"'],
    ['mysql', { port: '65536' }, '--port: found "65536"'],
    ['mysql', { port: '33x' }, '--port: found "33x"'],
    ['mysql', { database: '' }, '--db: found an empty text'],
    ['mysql', { host: '' }, '--host: found an empty text'],
  ])('refuses %s %j', (source, flags, expected) => {
    expect(() => withSourceOverrides(config, source, flags)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringContaining(expected) as string,
      }) as Error,
    );
  });
});
