import { cronFaults, zoneFault } from '../../../src/spec/schedule.ts';

describe('cronFaults', () => {
  it.each(['0 3 * * *', '*/5 * * * * *', '0 6 * * mon-fri', '15 10 1,15 jan-jun *', '0 0 L * *'])(
    'takes %j',
    (expression) => {
      expect(cronFaults(expression)).toEqual([]);
    },
  );

  it.each([
    ['', '0 fields'],
    ['* * *', '3 fields. Allowed: 5 fields'],
    ['@daily', '1 field. Allowed: 5 fields'],
    ['* * * * * * *', '7 fields'],
    ['61 * * * *', '"61" does not fit the field minute (0-59)'],
    ['61 * * * * *', '"61" does not fit the field second (0-59)'],
    ['0 25 * * *', '"25" does not fit the field hour (0-23)'],
    ['0 0 32 * *', '"32" does not fit the field day of month (1-31)'],
    ['0 0 * fev *', '"fev" does not fit the field month (1-12 or jan-dec)'],
    ['0 0 * * 8', '"8" does not fit the field day of week (0-7 or sun-sat)'],
    ['0 0 31 2 *', 'no month named there has such a day of month'],
    [`${'0,'.repeat(1000)}0 * * * *`, 'at most 256 characters'],
  ])('says what is wrong with %j', (expression, expected) => {
    expect(cronFaults(expression)[0]).toContain(expected);
  });

  it('names every field that is wrong', () => {
    expect(cronFaults('61 25 * * *')).toHaveLength(2);
  });
});

describe('zoneFault', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Asia/Kolkata'])('takes %s', (zone) => {
    expect(zoneFault(zone)).toBeNull();
  });

  it.each([
    ['Europe/Berln', 'Did you mean "Europe/Berlin"?'],
    ['UTZ', 'Did you mean "UTC"?'],
    ['+02:00', 'Allowed: an IANA time zone'],
    ['', 'Allowed: an IANA time zone'],
    ['x'.repeat(100_000), 'Allowed: an IANA time zone'],
  ])('refuses %j', (zone, expected) => {
    expect(zoneFault(zone)).toContain(expected);
  });
});
