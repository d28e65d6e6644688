import type { z } from 'zod';
import { MODEL_NAME, modelPrices, modelProviders, modelServerUrl } from './model-settings';
import {
  decimal,
  forTools,
  isAddressOrNetwork,
  isOrigin,
  list,
  oneOf,
  optional,
  preset,
  secret,
  urlOf,
  type Variable,
  whole,
  words,
} from './setting-kinds';
import { secretKeys } from './secrets/secret-keys';
import { webhookSecrets } from './webhooks/webhook-secrets';

/** Every variable that the service reads, in the order of .env.example and docs/configuration.md. */
export const VARIABLES = {
  ENVIRONMENT: preset(
    oneOf('development', 'production'),
    'development',
    '`production` insists on the settings that a public service needs, and hides the API explorer. `NODE_ENV=production` counts too.',
  ),
  ROLE: preset(
    oneOf('all', 'api', 'worker'),
    'all',
    'What this process does: answer requests (`api`), work on events (`worker`), or both.',
  ),

  DATABASE_URL: optional(
    urlOf('postgres', 'postgresql'),
    'PostgreSQL. Without it, development starts a PostgreSQL of its own and keeps its data in `REFLEX_DATA_DIR`.',
  ),
  DATABASE_POOL_SIZE: preset(whole(1, 500), '10', 'Connections per process; two more listen and beat.'),
  REFLEX_DATA_DIR: preset(words('a folder'), '.reflex', 'Where the embedded PostgreSQL keeps its data.'),

  API_HOST: optional(
    words('a host name or an address', /^[\w.:-]+$/),
    'Address to listen on: `127.0.0.1` by default in development, `0.0.0.0` in production. In development it counts only together with `ACCESS`.',
  ),
  API_PORT: preset(whole(0, 65_535), '8000', 'Port to listen on; `0` takes a free one.'),
  ACCESS: optional(
    oneOf('open', 'keys'),
    'Who may use the service: `keys` asks for an API key (`npx reflex keys create`), `open` asks nobody. By default development on loopback is `open` and everything else `keys`; production is never `open`.',
  ),
  TRUSTED_PROXIES: preset(
    list(isAddressOrNetwork, 'IP addresses or networks such as 10.0.0.0/8'),
    '',
    'Proxies whose `X-Forwarded-For` is believed. Everybody else is known by the address of the connection.',
  ),
  ALLOWED_ORIGINS: preset(
    list(isOrigin, 'origins such as https://console.example.com'),
    '',
    'Web pages that may call this service besides its own, over HTTP and WebSocket.',
  ),
  RATE_LIMIT_REQUESTS: preset(
    whole(0, 100_000_000),
    '6000',
    'Requests per API key, or per client address without one, and `RATE_LIMIT_WINDOW`, over all processes; `0` for no limit.',
  ),
  RATE_LIMIT_WINDOW: preset(whole(1, 86_400), '60', 'Seconds.'),
  WS_MAX_CONNECTIONS: preset(whole(1, 1_000_000), '5000', 'WebSocket connections per process.'),
  WS_MAX_CONNECTIONS_PER_KEY: preset(whole(1, 1_000_000), '1000', 'WebSocket connections per API key and process.'),
  WS_RATE_LIMIT: preset(
    whole(1, 100_000),
    '50',
    'Frames per second and WebSocket connection; twice as many pass at once.',
  ),
  WS_RATE_LIMIT_PER_KEY: preset(
    whole(1, 1_000_000),
    '2000',
    'Frames per second of all connections of one API key to one process.',
  ),
  SSE_MAX_CONNECTIONS: preset(whole(1, 1_000_000), '1000', 'Streams of server-sent events that a process has open.'),
  SSE_MAX_CONNECTIONS_PER_KEY: preset(
    whole(1, 1_000_000),
    '100',
    'The same per API key, or per client address without one.',
  ),

  JWT_SECRET: optional(
    secret(32),
    'For tokens of users. Nothing is signed with it yet, so it may be left out; production refuses one that looks like an example.',
  ),
  GITHUB_WEBHOOK_SECRET: optional(
    secret(16),
    'The secret that GitHub signs its webhooks with. Without it, `POST /webhooks/github` is switched off.',
  ),
  WEBHOOK_SECRETS: optional(
    webhookSecrets(),
    'Who may send webhooks to `POST /webhooks/:source`, and how they sign. The style of a source of its name need not be said; any other is `generic`.',
  ),
  WEBHOOK_SIGNATURE_HEADER: preset(
    words('the name of a header', /^[A-Za-z][A-Za-z0-9-]*$/),
    'X-Signature',
    'Where the generic style finds `sha256=<hex>`, the HMAC of `<timestamp>.<body>`.',
  ),
  WEBHOOK_TIMESTAMP_HEADER: preset(
    words('the name of a header', /^[A-Za-z][A-Za-z0-9-]*$/),
    'X-Timestamp',
    'Where the generic style finds the timestamp: seconds since 1970, at most five minutes off.',
  ),

  OPENAI_API_KEY: optional(secret(1), 'Key of OpenAI. Without any key and URL, the offline model answers.'),
  OPENAI_BASE_URL: optional(
    modelServerUrl(),
    'A server that speaks the protocol of OpenAI, such as Ollama, vLLM or llama.cpp, in place of OpenAI.',
  ),
  ANTHROPIC_API_KEY: optional(secret(1), 'Key of Anthropic, for models such as `anthropic:claude-sonnet-4-5`.'),
  ANTHROPIC_BASE_URL: optional(
    modelServerUrl(),
    'A server that speaks the protocol of Anthropic, in place of Anthropic.',
  ),
  MODEL_PROVIDERS: optional(
    modelProviders(),
    'Further servers that speak the protocol of OpenAI: `ollama=http://localhost:11434/v1` makes `ollama:<model>` a model.',
  ),
  DEFAULT_MODEL: preset(
    words('provider:model, such as openai:gpt-4o-mini or offline:rules', MODEL_NAME),
    'openai:gpt-4o-mini',
    'Model of the agents that name none: `openai:<model>`, `anthropic:<model>`, one of `MODEL_PROVIDERS`, or `offline:rules`.',
  ),
  FALLBACK_MODELS: preset(
    list((item) => MODEL_NAME.test(item), 'models such as anthropic:claude-sonnet-4-5'),
    '',
    'Asked in this order while a model cannot answer, for agents that bring no list of their own.',
  ),
  MODEL_CONNECT_TIMEOUT: preset(decimal(0.1, 300), '10', 'Seconds until a connection to a model stands.'),
  MODEL_FIRST_TOKEN_TIMEOUT: preset(
    decimal(0.1, 3_600),
    '60',
    'Seconds that a model may say nothing: before its first word, and between any two.',
  ),
  MODEL_TIMEOUT: preset(decimal(0.1, 86_400), '300', 'Seconds that one answer of a model may take.'),
  MODEL_MAX_OUTPUT_TOKENS: preset(
    whole(16, 1_000_000),
    '8192',
    'Most tokens that a model may write in one answer; one that is cut off there becomes a dead letter.',
  ),
  MODEL_PRICES: optional(
    modelPrices(),
    'What models cost, in US dollars per million tokens, beside or in place of the prices that come with Reflex.',
  ),
  BUDGET_USD_PER_DAY: optional(
    decimal(0.000_001, 1_000_000_000),
    'US dollars for models that all agents together may use in a day (UTC).',
  ),
  BUDGET_TOKENS_PER_DAY: optional(whole(1, 1_000_000_000_000), 'Tokens that all agents together may use in a day.'),
  BUDGET_USD_PER_SCOPE: optional(
    decimal(0.000_001, 1_000_000_000),
    'US dollars that all agents together may use in a day for one scope of triggers, such as a customer.',
  ),
  BUDGET_ON_EXHAUSTED: preset(
    oneOf('fail', 'park'),
    'fail',
    'What becomes of a run whose agent does not say so: `fail` a dead letter, `park` it waits until a person raises the limit or the day is over.',
  ),
  EGRESS_PRIVATE_NETWORKS: preset(
    list(isAddressOrNetwork, 'IP addresses or networks such as 10.0.0.0/8'),
    '',
    'Networks that tools may reach although they are not public, such as `127.0.0.1` in development. Link-local addresses stay closed.',
  ),
  SECRETS_KEYS: optional(
    secretKeys(),
    'What stored secrets of tools are sealed with (`PUT /secrets/:name`): the first key seals, the others only open. Make one with `openssl rand -base64 32`. Without any, no secret can be stored.',
  ),
  SLACK_WEBHOOK_URL: forTools(
    optional(urlOf('http', 'https'), 'Where the example agent posts its notifications: an incoming webhook of Slack.'),
  ),
  INCIDENTS_URL: forTools(
    optional(urlOf('http', 'https'), 'Where the example agent opens incident tickets: takes a ticket as JSON by POST.'),
  ),

  EVENT_BACKEND: preset(oneOf('postgres'), 'postgres', 'Where events are stored and handed out.'),
  EVENT_MAX_ATTEMPTS: preset(whole(1, 100), '3', 'Attempts before a delivery becomes a dead letter.'),
  EVENT_RETRY_BASE_DELAY: preset(
    decimal(0, 3_600),
    '1.0',
    'Seconds before the first retry; each further one waits twice as long.',
  ),
  EVENT_RETRY_MAX_DELAY: preset(decimal(0, 86_400), '60.0', 'Longest wait before a retry, in seconds.'),
  EVENT_CONCURRENCY: preset(whole(1, 10_000), '64', 'Handlers that a worker process runs at once.'),
  EVENT_MAX_WAITING: preset(
    whole(0, 100_000_000),
    '1000000',
    'Deliveries that may wait for a trigger; while more do, clients who add to them get 429. Triggers may have a bound of their own (`maxWaiting`). `0` for any number.',
  ),
  EVENT_MAX_WAITING_PER_SOURCE: preset(
    whole(0, 100_000_000),
    '1000000',
    'Deliveries of events of one source that may wait, for all triggers together; while more do, what it sends gets 429. `0` for any number.',
  ),
  EVENT_RETENTION_DAYS: preset(
    whole(1, 36_500),
    '30',
    'Days that events and runs are kept. Dead letters stay until somebody deletes them.',
  ),

  LOG_LEVEL: preset(
    oneOf('fatal', 'error', 'warn', 'warning', 'info', 'debug', 'trace', 'silent'),
    'info',
    'Least important level that is logged.',
  ),
} satisfies Record<string, Variable<unknown>>;

type Variables = typeof VARIABLES;

type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<Camel<Tail>>}`
  : Lowercase<Name>;

/** The settings of one process, checked; by the variables' names in camelCase. */
export type Settings = {
  [Name in keyof Variables as Camel<Name>]: Variables[Name] extends { initial: string }
    ? z.output<Variables[Name]['schema']>
    : z.output<Variables[Name]['schema']> | undefined;
};

/** Nest's name for the `Settings`. */
export const SETTINGS = Symbol('reflex:settings');
