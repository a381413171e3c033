/** Stale tasks, as `tidemark status` shows them without a daemon. */
import { statusDocument, type StatusFacts } from '../../../src/commands/status-document.ts';
import { statusText } from '../../../src/commands/status-text.ts';
import { needsSomebody } from '../../../src/commands/status.ts';
import type { FreshnessPromise } from '../../../src/domain/freshness.ts';
import type { Spec } from '../../../src/domain/spec.ts';
import { sampleSpec } from '../watch/sample-spec.ts';

const HOUR = 3_600_000;
const now = new Date('2026-03-04T05:00:00Z');
const hoursAgo = (hours: number): Date => new Date(now.getTime() - hours * HOUR);
const spec = (freshnessMs: number | null): Spec => sampleSpec('a', { freshnessMs });
const promise = (more: Partial<FreshnessPromise> = {}): FreshnessPromise => ({
  task: 'a',
  file: 'specs/a.json',
  freshnessMs: 26 * HOUR,
  timezone: null,
  owner: { name: null, email: 'owner@example.com' },
  firstSeen: hoursAgo(100),
  ...more,
});

interface Site {
  readonly specs?: readonly Spec[];
  readonly broken?: readonly string[];
  readonly promises?: readonly FreshnessPromise[];
  /** Hours since the last success; undefined: there is none. */
  readonly success?: number;
}
function statusOf({ specs = [], broken = [], promises = [], success }: Site) {
  const facts: StatusFacts = {
    folder: {
      specs: new Map(specs.map((one) => [one.taskName, one])),
      unusable: broken.map((file) => ({ file, message: `${file}:1:1 not JSON` })),
    },
    states: new Map(),
    paused: new Map(),
    promises: new Map(promises.map((one) => [one.task, one])),
    lastSuccess: () => (success === undefined ? null : { runId: 'r', finishedAt: hoursAgo(success) }),
    blackoutEnd: () => null,
    timezone: 'UTC',
    daemon: null,
    isHeld: () => false,
    now,
  };
  return statusDocument(facts);
}
const sinceOf = (site: Site): (string | null)[] => statusOf(site).tasks.map((task) => task.stale_since);

it.each<[string, Site, (string | null)[]]>([
  ['one that succeeded within its freshness', { specs: [spec(26 * HOUR)], success: 25 }, [null]],
  ['one that did not', { specs: [spec(26 * HOUR)], success: 27 }, [hoursAgo(1).toISOString()]],
  ['one that promises nothing', { specs: [spec(null)], success: 1000 }, [null]],
  [
    'one that never succeeded',
    { specs: [spec(26 * HOUR)], promises: [promise()] },
    [hoursAgo(74).toISOString()],
  ],
  ['one that no daemon has seen, and never succeeded', { specs: [spec(26 * HOUR)] }, [null]],
  [
    'one whose spec cannot be used, by its last good version',
    { broken: ['specs/a.json'], promises: [promise()], success: 30 },
    [hoursAgo(4).toISOString()],
  ],
  ['one whose spec is gone', { promises: [promise()], success: 30 }, []],
  [
    'one whose spec promises more than before',
    { specs: [spec(HOUR)], promises: [promise()], success: 2 },
    [hoursAgo(1).toISOString()],
  ],
])('tells of %s', (_what, site, since) => {
  expect(sinceOf(site)).toEqual(since);
});

it('shows the word and since when, and puts it first', () => {
  const document = statusOf({
    specs: [sampleSpec('0'), spec(26 * HOUR)],
    promises: [promise()],
    success: 28,
  });
  expect(document.tasks.map(({ task }) => task)).toEqual(['a', '0']);
  const text = statusText(document, { width: null, paint: (colour, words) => `${colour}(${words})`, now });
  expect(text).toMatch(/\na +red\(stale\) /);
  expect(text).toContain('stale since 2026-03-04 03:00 UTC, 2h ago: no run has succeeded for too long');
});

it.each<[boolean, Site]>([
  [false, { specs: [spec(26 * HOUR)], success: 1 }],
  [true, { specs: [spec(26 * HOUR)], success: 27 }],
  [true, { broken: ['specs/b.json'] }],
])('says with its exit code whether somebody is needed: %s', (needed, site) => {
  expect(needsSomebody(statusOf(site))).toBe(needed);
});
