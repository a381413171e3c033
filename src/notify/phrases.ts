/** Turns of phrase that several mails share. Pure. */
import type { Spec } from '../domain/spec.ts';
import type { Window } from '../domain/plan.ts';
import type { RunReport } from '../domain/run.ts';
import { type Footer, formatInstant, isUtc, type MailAddress, oneLine } from './letter.ts';

/** Where this Tidemark runs, so that a reader with several knows which one to look at. */
export interface Instance {
  readonly host: string;
  /** The config's zone: that of tasks which name none. */
  readonly timezone: string;
}

export function ownerAddress({ name, email }: Spec['owner']): MailAddress {
  return { name: name === null ? null : oneLine(name, 200), address: oneLine(email, 320) };
}

/** @param reader whom the mail goes to: the owner of a task, the administrator. */
export function footerFor({ host }: Instance, reader: string): Footer {
  return { sender: `Tidemark on ${host}.`, reason: `You get this mail as the ${reader}.` };
}

export function inBothZones(instant: Date, zone: string): string {
  const utc = formatInstant(instant, 'UTC');
  return isUtc(zone) ? utc : `${utc}, ${formatInstant(instant, zone)}`;
}

/** `orders: updated_at (2026-07-01, 2026-07-02]`: after the one, up to and including the other. */
export function formatWindow(window: Window): string {
  return `${window.table}: ${formatBounds(window)}`;
}

/** The same without the table. */
export function formatBounds({ column, from, to, nulls }: Window): string {
  return `${column} ${boundsInWords(from, to)}${nulls ? ', and the rows where it is NULL' : ''}`;
}

function boundsInWords(from: string | null, to: string | null): string {
  if (from === null) return to === null ? 'without bounds' : `<= ${to}`;
  return to === null ? `> ${from}` : `(${from}, ${to}]`;
}

/** `3 h 5 min`, of the two largest units. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 100) / 10;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

/** `1 run`, `3 runs` */
export function countOf(count: number, one: string): string {
  return `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
}

/** Why the run took place; null: its time had come. */
export function kindInWords(kind: RunReport['kind']): string | null {
  switch (kind) {
    case 'scheduled':
      return null;
    case 'catch_up':
      return 'made up for a slot that was missed';
    case 'manual':
      return 'started by hand';
    case 'backfill':
      return 'backfill of a past window';
  }
}
