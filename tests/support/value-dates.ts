/** Of the wide table: days and times, with every number of decimals, and days that no calendar has. */
import { column, type ValueColumns } from './value-column.ts';

export function dateColumns(): ValueColumns {
  const columns: ValueColumns = {};
  const day = column('date', 'DATE');
  const partial = ["'0000-00-00'", "'2024-00-10'", "'2024-02-00'", "'0000-00-01'", "'2024-00-00'"];
  columns['c_date'] = day('DATE', "'2024-02-29'", ...partial, "'1000-01-01'", "'9999-12-31'", "'1969-12-31'", "'0001-01-01'", "'0000-01-01'", "'1582-10-10'");
  columns['c_date_needed'] = day('DATE NOT NULL', "'1970-01-01'", "'0000-00-00'", "'2026-11-22'");
  // With ALLOW_INVALID_DATES.
  columns['c_date_impossible'] = column('impossible', 'DATE')('DATE', "'2023-02-29'", "'2024-02-31'", "'2024-02-29'", "'2023-04-31'");
  for (let digits = 0; digits <= 6; digits++) {
    const fraction = digits === 0 ? '' : `.${'000001'.slice(-digits)}`;
    const most = digits === 0 ? '' : `.${'9'.repeat(digits)}`;
    const values = [`'2024-02-29 23:59:59${most}'`, "'0000-00-00'", `'2024-03-10 02:30:00${fraction}'`];
    const ends = [`'1000-01-01 00:00:00${fraction}'`, `'9999-12-31 23:59:59${most}'`, `'1969-12-31 23:59:59${most}'`];
    const zero = [`'2024-01-00 10:20:30${fraction}'`, "'2024-00-00 00:00:00'", "'0001-01-01 00:00:00'"];
    const instants = [`'1970-01-01 00:00:01${fraction}'`, `'2038-01-19 03:14:07${most}'`, "'1999-12-31 23:59:59'"];
    columns[`c_datetime${digits}`] = column('datetime', 'TIMESTAMP')(`DATETIME(${digits})`, ...values, ...ends, ...zero);
    columns[`c_timestamp${digits}`] = column('timestamp', 'TIMESTAMP WITH TIME ZONE')(`TIMESTAMP(${digits}) NULL`, ...values, ...instants);
    columns[`c_time${digits}`] = column('plain', 'VARCHAR')(`TIME(${digits})`, "'838:59:59'", "'-838:59:59'", `'-00:00:00${fraction}'`, `'25:00:00${most}'`, "'0'", `'-838:59:58${most}'`);
  }
  columns['c_datetime_needed'] = column('datetime', 'TIMESTAMP')('DATETIME(3) NOT NULL', "'1970-01-01 00:00:00'", "'0000-00-00'", "'2026-11-22 01:02:03.004'");
  columns['c_timestamp_needed'] = column('timestamp', 'TIMESTAMP WITH TIME ZONE')("TIMESTAMP(6) NOT NULL DEFAULT '2000-01-01 00:00:00'", "'1970-01-01 00:00:01'", "'2026-11-22 01:02:03.004005'");
  return columns;
} // prettier-ignore
