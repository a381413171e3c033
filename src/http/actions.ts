/** What may be done to a task over HTTP. */

export const ACTIONS = ['run', 'retry', 'pause', 'resume'] as const;
export type Action = (typeof ACTIONS)[number];

/** What a page says of an action that was done. */
export const DONE_WORDS: Readonly<Record<Action, string>> = {
  run: 'The run was asked for.',
  retry: 'The failed run was asked for once more.',
  pause: 'The task is paused: its slots pass without a run until it is resumed.',
  resume: 'The task is resumed: it runs again at its next slot.',
};

export function isAction(text: string): text is Action {
  return (ACTIONS as readonly string[]).includes(text);
}
