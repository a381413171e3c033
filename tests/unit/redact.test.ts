import { createRedactor } from '../../src/redact.ts';

describe('createRedactor', () => {
  const secret = `p@ss "w'ö\\rd/+&`;
  const redact = createRedactor([secret]);

  it.each([
    ['as it is', secret],
    ['in a URL', encodeURIComponent(secret)],
    ['in a URL, with lower case escapes', encodeURIComponent(secret).toLowerCase()],
    ['in a form', encodeURIComponent(secret).replaceAll('%20', '+')],
    ['in a URL that escapes quotes too', encodeURIComponent(secret).replaceAll("'", '%27')],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ['in JSON in JSON', JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ['in SQL, with backslashes', `p@ss \\"w\\'ö\\\\rd/+&`],
    ['in SQL, with doubled quotes', secret.replaceAll("'", "''")],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64 for URLs', Buffer.from(secret).toString('base64url')],
  ])('takes it out %s', (_where, form) => {
    expect(redact(`before ${form} after`)).toBe('before [redacted] after');
  });

  it.each(['', 'u', 'us', 'user:', '\0tidemark\0'])(
    'takes it out of the base64 of a login after %j',
    (before) => {
      const redacted = redact(Buffer.from(`${before}correct horse battery staple`).toString('base64'));
      expect(redacted).not.toContain('[redacted]');
      const login = Buffer.from(`${before}${secret}\0`).toString('base64');
      expect(redact(login)).toContain('[redacted]');
      expect(redact(login).replace('[redacted]', '').length).toBeLessThan(before.length * 1.4 + 8);
    },
  );

  it('takes out every occurrence', () => {
    expect(createRedactor(['abc'])('abc, abc and abcd')).toBe('[redacted], [redacted] and [redacted]d');
  });

  it('takes the longest first, so that no end of a secret is left standing', () => {
    expect(createRedactor(['pass', 'password-2'])('password-2 pass')).toBe('[redacted] [redacted]');
  });

  it('ignores secrets of fewer than three characters', () => {
    expect(createRedactor(['', 'a', 'ab'])('a tab')).toBe('a tab');
  });

  it('takes secrets literally, not as patterns', () => {
    expect(createRedactor(['a.c*', '[x-z]', '^$|'])('abc a.c* y [x-z] ^$|')).toBe(
      'abc [redacted] y [redacted] [redacted]',
    );
  });

  it('leaves text alone where there are no secrets', () => {
    expect(createRedactor([])('nothing to see')).toBe('nothing to see');
  });

  it('takes a secret with half of a surrogate pair', () => {
    expect(createRedactor(['\ud800abc'])('x\ud800abcx')).toBe('x[redacted]x');
  });
});
