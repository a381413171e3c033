/** The JSON Schemas of what is told besides mails about single tasks: a webhook, and the digest of a day. */
import { EMAIL } from '../spec/email.ts';
import { span } from './endpoint-schemas.ts';

export const webhookSchema = {
  title: 'Webhook',
  description:
    'A webhook that takes what Slack’s incoming webhooks take, such as one of Slack, Mattermost or Rocket.Chat. It is told what is mailed, and works without `smtp`. Null: none.',
  type: ['object', 'null'],
  properties: {
    url: {
      title: 'URL',
      description: 'Whoever knows it may write to the channel: it is kept out of logs and messages.',
      type: 'string',
      minLength: 1,
      examples: ['${SLACK_WEBHOOK_URL}'],
    },
    timeout: {
      ...span,
      title: 'Timeout',
      description: 'How long an answer may take.',
      default: '10 seconds',
    },
  },
  required: ['url'],
  additionalProperties: false,
  default: null,
} as const;

export const digestSchema = {
  title: 'Digest',
  description:
    'One mail a day: which tasks are well, failed or stale, what was read and published, and what runs the next day. A webhook gets one of all tasks. Null: none.',
  type: ['object', 'null'],
  properties: {
    at: {
      title: 'Time',
      description:
        'When it is written, in the 24 hours of a day. What was due while no daemon ran comes at the next start, once.',
      type: 'string',
      pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
      examples: ['08:00'],
      errorMessage: 'Allowed: a time from "00:00" to "23:59".',
    },
    timezone: {
      title: 'Time zone',
      description: 'IANA zone of `at`. Null: `timezone` of the config.',
      type: ['string', 'null'],
      default: null,
      examples: ['Europe/Berlin'],
    },
    to: {
      title: 'Reader',
      description:
        '`owners`: each owner gets a digest of their tasks. `admin`: `smtp.admin` gets one of all tasks. Or the e-mail address of who gets it.',
      type: 'string',
      maxLength: 254,
      pattern: `^(owners|admin|${EMAIL})$`,
      default: 'owners',
      examples: ['owners', 'admin', 'data-team@example.com'],
      errorMessage: 'Allowed: "owners", "admin", or one e-mail address.',
    },
  },
  required: ['at'],
  additionalProperties: false,
  default: null,
} as const;
