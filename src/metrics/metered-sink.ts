/** A sink whose parts are counted as they arrive. */
import type { Sink } from '../ports.ts';
import type { Meter } from './counters.ts';

/**
 * @param name of the sink in the config.
 * @param meter left out: nobody counts.
 */
export function meteredSink<S extends Sink>(sink: S, name: string, meter?: Pick<Meter, 'partSent'>): S {
  if (meter === undefined) return sink;
  return {
    ...sink,
    async begin(...args: Parameters<Sink['begin']>) {
      const upload = await sink.begin(...args);
      return {
        ...upload,
        async sendPart(partNumber: number, body: Buffer, crc32: number) {
          const { length } = body;
          const part = await upload.sendPart(partNumber, body, crc32);
          meter.partSent(name, length);
          return part;
        },
      };
    },
  };
}
