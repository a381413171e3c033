/** Days of the Gregorian calendar, against Date. What the clocks show: plan/clock.test.ts and extract/zone.test.ts. */
import fc from 'fast-check';
import { daysFromCivil } from '../../src/zone-clock.ts';

it('counts days as Date does', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      (date) => {
        const days = daysFromCivil(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
        expect(days).toBe(Math.floor(date.getTime() / 86_400_000));
      },
    ),
  );
});
