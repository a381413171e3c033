/** What the resident memory of a process is made of, by /proc/PID/smaps: where to look when it grows. */
import { readFileSync } from 'node:fs';

/** In MB of 10^6 bytes. */
export interface Regions {
  /** Pages of JavaScript objects, with garbage and with those that V8 keeps for later. */
  readonly v8: number;
  /** What native code has asked malloc for, and what malloc has not given back; the stacks of threads. */
  readonly malloc: number;
  /** The program, its libraries, and machine code made while it runs. */
  readonly code: number;
}

/** V8 asks for its pages at random addresses below this one; malloc's are given out from the top. */
const TOP = 0x7e0000000000;

export function regionsOf(pid: number): Regions {
  const sums = { v8: 0, malloc: 0, code: 0 };
  let region: keyof Regions = 'code';
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const head = /^([0-9a-f]+)-[0-9a-f]+ (\S+) \S+ \S+ \d+\s*(\S*)/.exec(line);
    if (head !== null) {
      const [, start, access, name] = head as unknown as [string, string, string, string];
      if (name.startsWith('/') || access.includes('x')) region = 'code';
      else region = name === '' && Number.parseInt(start, 16) < TOP ? 'v8' : 'malloc';
    } else if (line.startsWith('Rss:')) sums[region] += (Number(line.split(/\s+/)[1]) * 1024) / 1e6;
  }
  return sums;
}
