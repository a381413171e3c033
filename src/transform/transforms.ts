/** The modules of `transforms_dir`: looked at when a plan is made, and put to work for each table of a run. */
import { TidemarkError } from '../errors.ts';
import type { DeclaredColumns } from '../domain/spec.ts';
import type { Transforms } from '../transform-ports.ts';
import { findModule } from './find-module.ts';
import { rowTransformer } from './row-transformer.ts';
import { startThread } from './thread.ts';

/** @param folder absolute path of `transforms_dir`. */
export function transformsIn(folder: string): Transforms {
  return {
    async inspect(transform, signal) {
      signal.throwIfAborted();
      const file = findModule(folder, transform.module);
      const loaded = Promise.withResolvers<DeclaredColumns | null>();
      const abort = (): void => loaded.reject(signal.reason);
      signal.addEventListener('abort', abort);
      const thread = startThread({ file, name: transform.module, job: null }, transform, {
        message(message) {
          if (message.kind === 'loaded') loaded.resolve(message.declared);
        },
        failed: (error) => loaded.reject(asInvalid(error)),
      });
      try {
        return await loaded.promise;
      } finally {
        signal.removeEventListener('abort', abort);
        await thread.end();
      }
    },
    open(transform, output, context, target, log) {
      const data = {
        file: findModule(folder, transform.module),
        name: transform.module,
        job: {
          input: transform.input,
          output,
          key: transform.key,
          context,
          memoryBytes: transform.memoryMb * 1024 * 1024,
        },
      };
      return rowTransformer((events) => startThread(data, transform, events), context.table, target, log);
    },
  };
}

/** What fails before a row is there is a fault of the module itself. */
function asInvalid(error: TidemarkError): TidemarkError {
  if (error.code !== 'TRANSFORM_FAILED') return error;
  return new TidemarkError('TRANSFORM_INVALID', error.message, { cause: error });
}
