/** The JSON Schema of where failures are told besides mail. */
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
