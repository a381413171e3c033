/** Whether what was sampled over time is flat: the slope that half of all pairs of samples lie above. */
import { median } from './measure.ts';

export interface Sample {
  readonly minute: number;
  readonly value: number;
}

/** Theil and Sen's estimate, by the minute: a few samples far off, as garbage collection makes them, do not move it. */
export function slope(samples: readonly Sample[]): number {
  const slopes: number[] = [];
  for (const [index, one] of samples.entries())
    for (const other of samples.slice(index + 1))
      if (other.minute > one.minute) slopes.push((other.value - one.value) / (other.minute - one.minute));
  return slopes.length === 0 ? 0 : median(slopes);
}

/** What they are about, from the least to the most, and how they grow. */
export function describe(samples: readonly Sample[], unit: string): string {
  const values = samples.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(0));
  const growth = slope(samples);
  const sign = growth >= 0 ? '+' : '−';
  return `${median(values).toFixed(0)}${unit} (${least} to ${most}), ${sign}${Math.abs(growth).toFixed(2)}${unit}/min`;
}
