/** What every kind of mail is written with. */
import type { Log } from '../ports.ts';
import type { Instance } from './phrases.ts';
import type { Post } from './post.ts';

export interface MailMeans {
  readonly post: Post;
  readonly log: Log;
  /** Takes secrets out of everything that is mailed, before it is shortened. */
  readonly redact: (text: string) => string;
  readonly instance: Instance;
}

/** Of mails about what may go on: they are written ever less often. */
export interface RepeatingMeans extends MailMeans {
  /** After how long the same failure is mailed again; the last one repeats. Milliseconds. */
  readonly repeatAfterMs: readonly number[];
}
