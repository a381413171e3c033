/** Times and lengths of time as people read them. Pure. */
import ms from 'ms';

/** `2026-04-01 03:00`, UTC; with seconds where asked for. */
export function shownTime(iso: string | null, seconds = false): string {
  return iso === null ? '-' : iso.slice(0, seconds ? 19 : 16).replace('T', ' ');
}

/** `45s`, `12m`, `3h`, `2d`: the time between two instants, whichever comes first. */
export function shownGap(from: Date, to: Date): string {
  const gap = Math.abs(to.getTime() - from.getTime());
  return gap < 1000 ? '0s' : ms(gap);
}

/** `850 ms`, `3.2 s`, `4 min 10 s`, `2 h 5 min`. */
export function shownDuration(milliseconds: number | null): string {
  if (milliseconds === null) return '-';
  if (milliseconds < 1000) return `${milliseconds} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
