/** Killing the task at a random moment of a run, of `tidemark run` or of the daemon. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningCli } from '../../support/cli.ts';
import type { Chance } from './random.ts';
import { expectDone, type KillSite } from './site.ts';
import { REQUESTS } from './steps.ts';

/** How long an undisturbed `tidemark run` takes here and now, in milliseconds. */
export interface Pace {
  /** From its start to its end. */
  readonly whole: number;
  /** From the line that says that the run begins. */
  readonly run: number;
}

export async function measurePace(site: KillSite): Promise<Pace> {
  const started = performance.now();
  const running = site.run();
  await running.waitForLine(RUN_BEGINS);
  const begun = performance.now();
  expectDone(await running.exit);
  const ended = performance.now();
  return { whole: ended - started, run: ended - begun };
}

const RUN_BEGINS = /run begins/;

/** From which event on the time until the kill is counted. */
const SINCE = ['start', 'run', 'run', 'part', 'part', 'commit', 'commit'] as const;

export interface Kill {
  /** False: the process came to its end before. */
  readonly killed: boolean;
  /** For whoever has to find out what went wrong. */
  readonly what: string;
}

/** Starts the task one way or the other, and kills it after a random time. */
export async function killSometime(site: KillSite, chance: Chance, pace: Pace): Promise<Kill> {
  const command = chance.fraction() < 0.85 ? 'run' : 'daemon';
  const since = chance.pick(SINCE);
  // Mostly shorter than what is left of the run then: a process that has ended cannot be killed.
  const longest = {
    start: pace.whole,
    run: 0.8 * pace.run,
    part: pace.run / 6,
    commit: pace.run / 10,
  }[since];
  const delay = Math.round(chance.fraction() * longest);
  const arrived = arrival(site, since);
  const victim = command === 'run' ? site.run() : site.daemon();
  await Promise.race([arrived(victim), victim.exit]);
  await Promise.race([sleep(delay), victim.exit]);
  victim.kill('SIGKILL');
  const result = await victim.exit;
  const killed = result.signal === 'SIGKILL';
  if (!killed) expectDone(result);
  return { killed, what: `${command} killed ${delay} ms after ${since}${killed ? '' : ': too late'}` };
}

/** To be called before the start; what it returns waits for the event, or for good where it never comes. */
function arrival(
  { gate }: KillSite,
  since: (typeof SINCE)[number],
): (victim: RunningCli) => Promise<unknown> {
  switch (since) {
    case 'start':
      return () => Promise.resolve();
    case 'run':
      return (victim) => victim.waitForLine(RUN_BEGINS).catch(() => victim.exit);
    case 'part':
    case 'commit': {
      gate.holdMatching(since === 'part' ? REQUESTS.part : REQUESTS.complete);
      return (victim) =>
        gate.held().then(
          () => gate.open(),
          () => victim.exit,
        );
    }
  }
}
