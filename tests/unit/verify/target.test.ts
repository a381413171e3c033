/** What `tidemark verify` is to look at, from one argument. */
import { targetOf } from '../../../src/verify/target.ts';

const SINKS = {
  s3: { bucket: 'exports', prefix: '' },
  archive: { bucket: 'archive', prefix: 'cold/' },
  team: { bucket: 'exports', prefix: 'team/' },
};

it.each([
  ['employees', null, { kind: 'task', task: 'employees' }],
  ['employees', 'archive', { kind: 'task', task: 'employees' }],
  ['a.task-with_all', null, { kind: 'task', task: 'a.task-with_all' }],
  [
    's3://archive/cold/t/_manifest_1.json',
    null,
    { kind: 'manifest', sink: 'archive', key: 'cold/t/_manifest_1.json' },
  ],
  ['t/_manifest_1.json', null, { kind: 'manifest', sink: 's3', key: 't/_manifest_1.json' }],
  [
    's3://exports/t/%2E/_manifest_1.json',
    null,
    { kind: 'manifest', sink: 's3', key: 't/%2E/_manifest_1.json' },
  ],
  ['team/t/_manifest_1.json', 'team', { kind: 'manifest', sink: 'team', key: 'team/t/_manifest_1.json' }],
  ['moved/_manifest_1.json', 'archive', { kind: 'manifest', sink: 'archive', key: 'moved/_manifest_1.json' }],
])('%s with the sink %s', (text, chosen, expected) => {
  expect(targetOf(text, SINKS, chosen)).toEqual(expected);
});

it.each([
  [
    's3://exports/team/t/_manifest_1.json',
    null,
    /several sinks: s3 \(s3:\/\/exports\/\), team \(s3:\/\/exports\/team\/\)/,
    /--sink NAME/,
  ],
  ['cold/t/_manifest_1.json', null, /several sinks: s3 .*, archive /, /--sink NAME/],
  [
    's3://elsewhere/t/_manifest_1.json',
    null,
    /No sink .* writes to s3:\/\/elsewhere/,
    /archive \(s3:\/\/archive\/cold\/\)/,
  ],
  ['s3://archive/t/_manifest_1.json', null, /No sink .* writes to/, /prefix included/],
  ['s3://archive/t/_manifest_1.json', 's3', /No sink .* writes to/, /The sinks are/],
  ['employees', 'archiv', /no sink "archiv" \(did you mean archive\?\)/, /s3, archive, team/],
])('%s with the sink %s is refused', (text, chosen, message, hint) => {
  expect(() => targetOf(text, SINKS, chosen)).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    }),
  );
});
