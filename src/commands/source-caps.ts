/**
 * The caps on connections of all sources, over the configs of one process: runs that began with an old config and those
 * of the new one share the server, and so they share its cap.
 */
import type { Config, SourceConfig } from '../config/config.ts';
import { connectionCap, type ChangingCap, type SharedCap } from '../sources/mysql/connection-cap.ts';
import { entryOf } from './endpoints.ts';

export interface SourceCaps {
  /**
   * Puts the caps of a config in force, at once and for everybody.
   *
   * @returns the cap of a source of this config, by its name.
   */
  adopt(sources: Config['sources']): (name: string) => SharedCap;
}

export function openSourceCaps(): SourceCaps {
  // A name that now means another server begins anew.
  const caps = new Map<string, ChangingCap>();
  return {
    adopt(sources) {
      const adopted: Record<string, SharedCap> = {};
      for (const [name, source] of Object.entries(sources)) {
        const key = serverKey(name, source);
        const most = source.max_connections;
        const cap = caps.get(key) ?? connectionCap(most);
        cap.limit(most);
        caps.set(key, cap);
        adopted[name] = cap;
      }
      return (name) => entryOf(adopted, name, 'source');
    },
  };
}

/** What a source is over several configs, of the same process. */
export function serverKey(name: string, { host, port }: Pick<SourceConfig, 'host' | 'port'>): string {
  return `${name} ${host}:${port}`;
}
