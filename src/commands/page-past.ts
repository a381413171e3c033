/** What the status pages show of the state, the logs and the buckets, without secrets. */
import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import type { PagePast } from '../daemon/page-source.ts';
import { runLogTail } from '../log-tail.ts';
import { BELOW_ALL } from '../plan/watermark.ts';
import type { ObjectReader } from '../object-ports.ts';
import { redactReport } from '../report.ts';
import type { StateDatabase } from '../state/database.ts';
import { findRun, listEvents } from '../state/history.ts';
import { recentRuns, recentRunsOf, runPlace } from '../state/recent-runs.ts';
import { taskStates } from '../state/task-states.ts';
import { knownWatermarks } from './known-watermarks.ts';
import { redactPast } from './redact-past.ts';
import { secondsBehind } from './status-document.ts';
import { version } from './version.ts';

/** A manifest names every object of its run: one of ten thousand objects has 5 MB. */
const MOST_MANIFEST = 20_000_000;
const MANIFEST_MS = 20_000;

export function pagePast(
  config: Config,
  db: StateDatabase['db'],
  redact: (text: string) => string,
  sinkNamed: (name: string) => ObjectReader,
): PagePast {
  return {
    instance: {
      host: hostname(),
      version: version(),
      mails: config.smtp !== null || config.notify.webhook !== null,
    },
    states() {
      const states = [...taskStates(db)];
      return new Map(
        states.map(([task, state]) => [
          task,
          { ...state, last: state.last === null ? null : redactPast(state.last, redact) },
        ]),
      );
    },
    recent: (count) => recentRuns(db, count),
    recentOf: (task, count) => recentRunsOf(db, task, count),
    watermarks: (spec, state, now) =>
      knownWatermarks(spec, state?.watermarks ?? []).map(({ table, column, watermark, kept }) => ({
        table,
        column: kept?.column ?? column,
        value: kept === null || kept.value === BELOW_ALL ? null : redact(kept.value),
        behind_seconds: kept === null ? null : secondsBehind(kept.value, watermark?.timezone ?? 'UTC', now),
      })),
    events: (task, limit) =>
      listEvents(db, { task, since: null, limit }).map(({ at, actor, detail }) => ({
        at,
        actor: redact(actor),
        detail: redact(detail),
      })),
    run(id) {
      const found = findRun(db, id);
      if (found === null) return null;
      const { run, report } = found;
      return { run: redactPast(run, redact), report: report === null ? null : redactReport(report, redact) };
    },
    log(id, most) {
      const place = runPlace(db, id);
      const tail = place === null ? null : runLogTail(config.logs_dir, place.task, place.stamp, most);
      // Redacted when it was written; by the secrets of now, too.
      return tail === null ? null : { ...tail, text: redact(tail.text) };
    },
    async manifest(id) {
      const place = runPlace(db, id);
      if (place === null || place.manifest === null) return null;
      const text = await readText(sinkNamed(place.sink), place.manifest);
      return text === null ? null : redact(text);
    },
  };
}

/** An object as text; null where it is not there, or is too large to be shown. */
async function readText(reader: ObjectReader, key: string): Promise<string | null> {
  const abort = new AbortController();
  const late = setTimeout(() => abort.abort(new Error('the bucket does not answer')), MANIFEST_MS);
  try {
    const found = await reader.read(key, abort.signal);
    if (found === null || found.bytes > MOST_MANIFEST) return null;
    const chunks: Uint8Array[] = [];
    for await (const chunk of found.body) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  } finally {
    clearTimeout(late);
    // Whoever reads no further must say so.
    abort.abort();
  }
}
