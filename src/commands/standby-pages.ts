/** What the pages of a standby show: as those of an installation, with sinks that are opened only to read a manifest. */
import type { Config } from '../config/config.ts';
import type { PagePast } from '../daemon/page-source.ts';
import type { ObjectReader } from '../object-ports.ts';
import { s3Sink } from '../sinks/s3/sink.ts';
import type { StateDatabase } from '../state/database.ts';
import { entryOf, sinkOptions } from './endpoints.ts';
import { pagePast } from './page-past.ts';

export function standbyPages(
  config: Config,
  db: StateDatabase['db'],
  redact: (text: string) => string,
): PagePast {
  const sink = (name: string): ObjectReader => {
    const one = s3Sink(sinkOptions(entryOf(config.sinks, name, 'sink')));
    return {
      url: one.url,
      async read(key, signal) {
        signal.addEventListener('abort', () => one.close());
        return one.read(key, signal);
      },
    };
  };
  return pagePast(config, db, redact, sink);
}
