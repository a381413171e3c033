/**
 * The mails that go to whoever keeps Tidemark running, or wrote a spec that cannot be used: what is wrong with a file
 * or with the machine, not with a run. Pure.
 */
import type { Spec } from '../domain/spec.ts';
import { ERRORS } from '../error-codes.ts';
import { type Fault, formatFault, type TidemarkError } from '../errors.ts';
import { compose } from './compose.ts';
import { type MailMessage, oneLine, shorten, shortenList } from './letter.ts';
import { footerFor, type Instance, ownerAddress } from './phrases.ts';

const ADMINISTRATOR = 'administrator of this Tidemark';

export interface InvalidSpecDetails {
  readonly file: string;
  readonly faults: readonly Fault[];
  /** The version that stays scheduled; null: the file never was a valid spec. */
  readonly lastGood: Pick<Spec, 'taskName' | 'owner'> | null;
  /** Who is told where there is no last good version. */
  readonly admin: string;
  readonly instance: Instance;
}

/** Tells the owner, or the administrator, that a spec file is not valid. */
export function invalidSpecMessage(details: InvalidSpecDetails): MailMessage {
  const { file, faults, lastGood, admin, instance } = details;
  const code = 'SPEC_INVALID';
  const name = lastGood?.taskName ?? oneLine(file.split('/').at(-1) ?? file, 128);
  const count = faults.length === 1 ? '1 fault was' : `${faults.length.toLocaleString('en')} faults were`;

  return compose({
    to: lastGood === null ? { name: null, address: admin } : ownerAddress(lastGood.owner),
    subject: `[tidemark] ${name} failed: ${code}`,
    headers: { 'X-Tidemark-Task': name, 'X-Tidemark-Code': code },
    letter: (limits) => ({
      headline: `${name}: the spec cannot be used`,
      code,
      title: ERRORS[code].title,
      when: null,
      blocks: [
        { kind: 'words', heading: 'Cause', text: `${count} found in ${shorten(file, limits.line)}.` },
        {
          kind: 'code',
          heading: 'Faults',
          text: shortenList(
            faults.map((fault) => shorten(formatFault(fault), limits.line)),
            limits.entries,
          ).join('\n'),
        },
        {
          kind: 'words',
          heading: 'What to do',
          text: `Correct what is listed and save the file. To see every fault while editing: tidemark check ${shorten(file, limits.line)}`,
          strong: true,
        },
        {
          kind: 'list',
          heading: 'What this means',
          items:
            lastGood === null
              ? [
                  'The task is not scheduled: no valid version of the file has been seen.',
                  'What happens next: the file is read again as soon as it changes.',
                ]
              : [
                  `The last good version of ${lastGood.taskName} stays scheduled and runs as before; the edit has no effect.`,
                  'What happens next: the file is read again as soon as it changes.',
                ],
        },
        {
          kind: 'facts',
          heading: 'Where',
          rows: [
            ['File', shorten(file, limits.line)],
            ['Host', instance.host],
          ],
        },
      ],
      footer: footerFor(
        instance,
        lastGood === null ? ADMINISTRATOR : `owner of the task ${lastGood.taskName}`,
      ),
    }),
  });
}

/** Tells the administrator that log lines are lost to the files. */
export function logsUnwritableMessage(
  error: Pick<TidemarkError, 'code' | 'message' | 'hint'>,
  admin: string,
  instance: Instance,
): MailMessage {
  return compose({
    to: { name: null, address: admin },
    subject: `[tidemark] logs on ${oneLine(instance.host, 100)} failed: ${error.code}`,
    headers: { 'X-Tidemark-Code': error.code },
    letter: (limits) => ({
      headline: `Logs on ${instance.host} cannot be written`,
      code: error.code,
      title: ERRORS[error.code].title,
      when: null,
      blocks: [
        { kind: 'words', heading: 'Cause', text: shorten(error.message, limits.value) },
        { kind: 'words', heading: 'What to do', text: shorten(error.hint, limits.value), strong: true },
        {
          kind: 'list',
          heading: 'What this means',
          items: [
            'Tasks go on running and publishing. Their log lines go to stderr only.',
            'What happens next: the files are tried again with every line, and written again as soon as that works.',
          ],
        },
      ],
      footer: footerFor(instance, ADMINISTRATOR),
    }),
  });
}
