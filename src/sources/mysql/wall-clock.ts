/** The server's own wall clock at an instant: the zone that the session had before it was set to UTC. */
import { formatClock, parseClock } from '../../plan/clock.ts';
import type { Session } from './connect.ts';

const DAY = 86_400_000_000n;
/** After 28 years, dates fall on the same days of the week, and daylight saving changes alike. */
const CYCLE = 10_227n * DAY;
/** Servers know their zones from 1970 to 2038, some longer; a day is left for the zone itself. */
const FIRST = DAY;
const LAST = 2_147_483_647_000_000n - DAY;
/** The years that MySQL writes with four digits: 0 to 9999. */
const EARLIEST = -62_167_219_200_000_000n + DAY;
const LATEST = 253_402_300_799_999_999n - DAY;

/**
 * `YYYY-MM-DD HH:MM:SS.ffffff`, exact to the microsecond, without touching the snapshot that may be open. Beyond what
 * the server knows of its zone, as in the year of the same calendar that it does know.
 *
 * @param instant in microseconds since 1970 UTC; outside the years 0 to 9999, their border is meant.
 */
export async function wallClock(session: Session, instant: bigint): Promise<string> {
  const wanted = instant < EARLIEST ? EARLIEST : instant > LATEST ? LATEST : instant;
  const known = intoKnown(wanted);
  const [row] = await session.query(
    "SELECT CAST(CONVERT_TZ(CAST(? AS DATETIME(6)), '+00:00', @tidemark_zone) AS CHAR) AS clock",
    [formatClock(known, 6)],
  );
  return formatClock(parseClock(row!['clock'])! + wanted - known, 6);
}

function intoKnown(instant: bigint): bigint {
  if (instant < FIRST) return instant + ((FIRST - instant + CYCLE - 1n) / CYCLE) * CYCLE;
  if (instant > LAST) return instant - ((instant - LAST + CYCLE - 1n) / CYCLE) * CYCLE;
  return instant;
}
