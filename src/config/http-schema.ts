/** Settings of the HTTP server. */

export const httpSchema = {
  title: 'HTTP',
  description:
    'Where the daemon answers health checks and its API, and shows its status page. Null: nowhere.',
  type: ['object', 'null'],
  properties: {
    host: { title: 'Host', type: 'string', minLength: 1, default: '127.0.0.1' },
    port: {
      title: 'Port',
      description: '0: any free port.',
      type: 'integer',
      minimum: 0,
      maximum: 65_535,
      default: 9464,
    },
    allowed_hosts: {
      title: 'Allowed hosts',
      description:
        'Names that browsers and programs may call the server by, without a port: that of a reverse proxy in front of it, or of its container. Addresses, `localhost` and `host` are always allowed. Under any other name only `/healthz` and `/readyz` answer, so that no other site can read the pages by pointing its name here.',
      type: 'array',
      items: {
        type: 'string',
        pattern: String.raw`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$`,
        errorMessage: 'Allowed: a name such as "tidemark.example.com", without "http://" and without a port.',
      },
      maxItems: 50,
      default: [],
      examples: [['tidemark.example.com']],
      errorMessage: 'Allowed: a list of up to 50 names such as ["tidemark.example.com"].',
    },
    token: {
      title: 'Token',
      description:
        'Whoever has it may run, pause and resume tasks on the status page or over HTTP: a random text of at least 16 characters, such as `openssl rand -hex 16` prints. Null: the pages only show.',
      type: ['string', 'null'],
      minLength: 16,
      maxLength: 512,
      default: null,
      examples: ['${TIDEMARK_HTTP_TOKEN}'],
      errorMessage: 'Allowed: a text of 16 to 512 characters, or null.',
    },
  },
  additionalProperties: false,
  default: {},
} as const;
