/** The wide table: a column of every type, rows at its edges, and what the server says of each cell. */
import type { RowDataPacket } from 'mysql2';
import type { TypeTables } from './type-tables.ts';
import { abilitiesOf, column, type Abilities, type Says, type ValueColumns } from './value-column.ts';
import { dateColumns } from './value-dates.ts';
import { fractionColumns, integerColumns } from './value-numbers.ts';
import { bytesColumns, charsetColumns, textColumns } from './value-texts.ts';

/** How values are meant to appear: as in CSV, in JSON, or in Parquet. docs/formats.md says how they differ. */
export type Form = 'text' | 'json' | 'parquet';

export type Cells = readonly (readonly (string | null)[])[];

/** Settings of a spec that change what is expected. */
export interface Conventions {
  readonly zeroDates: 'null' | 'string';
  readonly binary: 'base64' | 'hex';
  /** Minutes that `output_timezone` is ahead of UTC at all times of the table. */
  readonly aheadMinutes: number;
}

export interface WideTable {
  readonly name: string;
  readonly columns: ValueColumns;
  /** `id` and the columns. */
  readonly names: readonly string[];
  readonly rowCount: number;
  /** Rows in the order of `id`, cells in the order of `names`, as the server says they are. */
  expected(form: Form, conventions: Conventions): Promise<Cells>;
}

/** Columns that hide, or that the table computes. */
function ownColumns(has: Abilities): ValueColumns {
  const computed = (type: string, as: string): string => `${type} GENERATED ALWAYS AS (${as})`;
  return {
    ...(has.invisible !== null && {
      c_invisible: column('plain', 'INTEGER')(`INT ${has.invisible}`, '20', '-3'),
    }),
    ...(has.generated && {
      c_virtual: column('plain', 'INTEGER')(`${computed('INT', 'c_int_needed DIV 2')} VIRTUAL`),
      c_stored: column(
        'text',
        'VARCHAR',
      )(`${computed('VARCHAR(60) CHARACTER SET utf8mb4', "CONCAT(c_int_needed, '\"é')")} STORED`),
    }),
  };
}

function wideColumns(has: Abilities): ValueColumns {
  return {
    ...integerColumns(),
    ...fractionColumns(),
    ...dateColumns(),
    ...textColumns(has),
    ...charsetColumns(has),
    ...bytesColumns(has),
    ...ownColumns(has),
  };
}

const quoted = (name: string): string => `\`${name}\``;

export async function makeWideTable({ sql, server, here }: TypeTables): Promise<WideTable> {
  const columns = wideColumns(abilitiesOf(server));
  const all = Object.entries(columns);
  const table = 'wide';
  // Zero dates, days that do not exist, and members that an ENUM does not have, are for a lenient session only.
  await sql("SET sql_mode = 'ALLOW_INVALID_DATES'");
  const definitions = all.map(([name, { type }]) => `${quoted(name)} ${type}`);
  await sql(`CREATE TABLE ${table} (id INT PRIMARY KEY, ${definitions.join(', ')})
    ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4`);
  const given = all.filter(([, { values }]) => values.length > 0);
  const rowCount = Math.max(...given.map(([, { values }]) => values.length)) + 1;
  for (let row = 0; row < rowCount; row++) {
    const cells = given.map(([, { type, values }]) =>
      type.includes('NOT NULL') ? values[row % values.length]! : (values[row] ?? 'NULL'),
    );
    await sql(`INSERT INTO ${table} (id, ${given.map(([name]) => quoted(name)).join(', ')})
      VALUES (${[row, ...cells].join(', ')})`);
  }

  return {
    name: table,
    columns,
    names: ['id', ...Object.keys(columns)],
    rowCount,
    async expected(form, conventions) {
      const questions = all.map(([name, { says }], index) => {
        const question = QUESTIONS[says](quoted(name), { form, ...conventions });
        return `${question} AS c${index}`;
      });
      const text = `SELECT ${['id', ...questions].join(', ')} FROM ${table} ORDER BY id`;
      // The binary protocol: FLOAT and DOUBLE come as bits, and everything else has been made a text.
      const [rows] = await here.database.connection.execute<RowDataPacket[]>(text);
      return rows.map((row) => [
        String(row['id']),
        ...all.map(([, { says }], index) => answered(says, row[`c${index}`], form, conventions)),
      ]);
    },
  };
}

interface Asked extends Conventions {
  readonly form: Form;
}

const asText = (name: string): string => `CAST(${name} AS CHAR)`;
/** Filled-up zeros are there in texts only. */
const asNumber = (name: string): string => asText(`${name} + 0`);
const asFilled = (name: string, { form }: Asked): string => (form === 'text' ? asText(name) : asNumber(name));
const asUtf8 = (name: string): string => `HEX(CONVERT(${name} USING utf8mb4))`;

const unlessPartial = (name: string, { zeroDates }: Asked, value: string): string =>
  zeroDates === 'string' ? value : `IF(MONTH(${name}) = 0 OR DAYOFMONTH(${name}) = 0, NULL, ${value})`;

/** Parquet has six decimals always, unless days and times are texts. */
const microseconds = (name: string, { form, zeroDates }: Asked): string =>
  form === 'parquet' && zeroDates === 'null' ? `CAST(${name} AS DATETIME(6))` : name;

const QUESTIONS: Readonly<Record<Says, (name: string, asked: Asked) => string>> = {
  plain: asText,
  decimal: asText,
  filled: asFilled,
  filledDecimal: asFilled,
  bit: asNumber,
  float: (name) => name,
  double: (name) => name,
  date: (name, asked) => unlessPartial(name, asked, asText(name)),
  datetime: (name, asked) => unlessPartial(name, asked, asText(microseconds(name, asked))),
  timestamp(name, asked) {
    // As instants, times of Parquet are in UTC.
    const isShifted = asked.aheadMinutes !== 0 && !(asked.form === 'parquet' && asked.zeroDates === 'null');
    const moved = asText(`${name} + INTERVAL ${asked.aheadMinutes} MINUTE`);
    const plain = asText(microseconds(name, asked));
    return unlessPartial(name, asked, isShifted ? `IF(MONTH(${name}) = 0, ${plain}, ${moved})` : plain);
  },
  // No day of Parquet's. LAST_DAY is asked of the first of the month, which exists.
  impossible: (name, { form, zeroDates }) =>
    form === 'parquet' && zeroDates === 'null'
      ? `IF(DAYOFMONTH(${name}) > DAYOFMONTH(LAST_DAY(CONCAT(LEFT(${asText(name)}, 8), '01'))), NULL, ${asText(name)})`
      : asText(name),
  text: asUtf8,
  json: asUtf8,
  bytes: (name) => `HEX(${name})`,
  wkt: (name) => `ST_AsText(${name})`,
};

function answered(
  says: Says,
  answer: unknown,
  form: Form,
  { binary }: Pick<Conventions, 'binary'>,
): string | null {
  if (answer === null) return null;
  if (typeof answer === 'number') return Object.is(answer, -0) ? '-0' : String(answer);
  if (typeof answer !== 'string') throw new Error(`the server answered ${typeof answer}, not a text`);
  switch (says) {
    case 'text':
    case 'json':
      return Buffer.from(answer, 'hex').toString();
    case 'bytes':
      if (form === 'parquet' || binary === 'hex') return answer.toLowerCase();
      return Buffer.from(answer, 'hex').toString('base64');
    default:
      return answer;
  }
}
