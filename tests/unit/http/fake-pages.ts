/** What the HTTP server asks for, where a test is about something else: no pages, and nothing runs. */
import type { PauseBook } from '../../../src/daemon/controls.ts';
import type { PagePast } from '../../../src/daemon/page-source.ts';
import type { LiveFeed } from '../../../src/http/live-routes.ts';
import type { Instance, PageSource } from '../../../src/http/page/model.ts';

export const INSTANCE: Instance = {
  host: 'db-7',
  version: '1.2.3',
  started_at: '2026-03-04T05:06:07.000Z',
  page_version: '1-0',
  not_ready: null,
  mails: true,
};

export const NO_PAGES: PageSource = {
  instance: () => INSTANCE,
  overview: () => null,
  task: () => null,
  run: () => null,
  log: () => null,
  manifest: () => Promise.resolve(null),
};

export const NOTHING_RUNS: LiveFeed = { running: () => [], version: () => '1-0', onChange: () => () => {} };

/** Nobody may act. */
export const NO_ACTIONS = { allowed_hosts: [], token: null, act: () => {} };

/** Nobody has paused anything, and nothing is kept. */
export const NO_PAUSES: PauseBook = {
  load: () => new Map(),
  pause: () => {},
  resume: () => {},
  noteRun: () => {},
};

/** A daemon's past of which nothing is known. */
export const NO_PAST: PagePast = {
  instance: { host: 'db-7', version: '1.2.3', mails: true },
  states: () => new Map(),
  recent: () => new Map(),
  recentOf: () => [],
  watermarks: () => [],
  events: () => [],
  run: () => null,
  log: () => null,
  manifest: () => Promise.resolve(null),
};
