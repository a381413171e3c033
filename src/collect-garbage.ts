/** Collects garbage now, of which V8 would keep much for long. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Flavor = 'regular' | 'last-resort';

let collect: ((how: object) => void) | null = null;

/** Of the thread that calls. `last-resort` also gives the pages that it empties back to the system. */
export function collectGarbage(flavor: Flavor): void {
  collect ??= collector();
  collect({ type: 'major', execution: 'sync', flavor });
}

/** The flag makes `gc` a global of contexts that are made from now on. */
function collector(): (how: object) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as (how: object) => void;
}
