import {
  calling,
  eventually,
  freshDatabase,
  startModelServer,
  startHttpReceiver,
  startProcess,
  type TestDatabase,
} from '@reflex/test';
import { connect } from '../socket';
import { databaseDump } from './database-dump';

jest.setTimeout(120_000);

/** A secret as it is, in hex, and in base64 wherever in the encoded text it stands. */
function codingsOf(secret: string): string[] {
  const canary = Buffer.from(secret.slice(secret.indexOf('canary-')));
  const inBase64 = [0, 1, 2].map((offset) => canary.subarray(offset, offset + 15).toString('base64'));
  return ['canary-', canary.toString('hex'), ...inBase64];
}

let database: TestDatabase;

beforeAll(async () => void (database = await freshDatabase()));
afterAll(() => database.drop());

it('S27: no secret, of the settings or stored, is in log, database, answers, streams, frames or prompts, whatever goes wrong with it', async () => {
  const slack = await startHttpReceiver();
  const masterKey = 'canary-of-the-master-key-1234567';
  const canaries = {
    JWT_SECRET: 'canary-jwt-Zk3vYq8sT1wXp5Rb7Nc2Md9Lg4Hf6Jt0',
    OPENAI_API_KEY: 'sk-canary-openai-0123456789abcdef',
    GITHUB_WEBHOOK_SECRET: 'canary-github-0123456789abcdef',
    SLACK_WEBHOOK_URL: `${slack.url}/services/canary-slack-0123456789abcdef`,
    WEBHOOK_SECRETS: 'shop=canary-webhook-0123456789abcdef',
    SECRETS_KEYS: `k1=${Buffer.from(masterKey).toString('base64')}`,
  };
  const stored = `${slack.url}/tickets/canary-stored-0123456789abcdef`;
  const replaced = 'http://tickets.invalid/canary-replaced-0123456789';
  const answer = { severity: 'high', summary: 'It fails.', recommended_actions: [] };
  const acting = calling(
    ['notify_slack', { channel: '#a', message: 'Down' }],
    ['create_incident_ticket', { title: 'Down', description: 'Down', priority: 'high' }],
  );
  const model = await startModelServer(
    // A provider that quotes the key, a tool whose server quotes the URL, one whose host there is not, an answer.
    {
      error: { message: `Incorrect API key provided: ${canaries.OPENAI_API_KEY}`, type: 'invalid_request_error' },
      status: 500,
    },
    acting,
    calling(['respond', answer]),
    { content: 'Hello.' },
  );
  slack.replies.push({ status: 500, body: { error: `No handler for ${canaries.SLACK_WEBHOOK_URL}` } });
  const service = startProcess('apps/api/src/main.ts', {
    env: {
      ...canaries,
      ENVIRONMENT: 'development',
      DATABASE_URL: database.url,
      API_PORT: '0',
      LOG_LEVEL: 'trace',
      OPENAI_BASE_URL: model.url,
      DEFAULT_MODEL: 'openai:gpt-4o-mini',
      EGRESS_PRIVATE_NETWORKS: '127.0.0.1',
      EVENT_RETRY_BASE_DELAY: '0.1',
    },
  });
  const url = /https?:\/\/[\d.:]+/.exec(await service.line(/Listening/))![0];
  const json = { 'content-type': 'application/json' };
  const error = { type: 'monitor.error', source: 'shop', service: 'shop', message: 'Payment failed' };
  const events = JSON.stringify(Array.from({ length: 5 }, () => error));

  const put = (value: string): Promise<Response> =>
    fetch(`${url}/secrets/INCIDENTS_URL`, { method: 'PUT', headers: json, body: JSON.stringify({ value }) });
  // The one that it replaces must not be found later either.
  const answers = [await put(replaced), await put(stored)];
  await fetch(`${url}/events`, { method: 'POST', headers: json, body: events });
  await eventually(
    async () => expect(await text('/runs?trigger=error-threshold&outcome=completed')).toContain('It fails.'),
    {
      timeoutMs: 30_000,
    },
  );
  const chat = connect(url);
  await chat.opened;
  chat.send({ content: 'Which keys do you have?' });
  await eventually(() => expect(JSON.stringify(chat.frames)).toContain('Hello.'));
  chat.raw.close();
  // A stranger who knows a secret by other ways finds it nowhere in the log.
  await fetch(`${url}/nowhere/${encodeURIComponent(canaries.JWT_SECRET)}?x=${canaries.OPENAI_API_KEY}`);
  await fetch(`${url}/nowhere/${encodeURIComponent(stored)}?x=${encodeURIComponent(replaced)}`);
  await fetch(`${url}/nowhere/canary-webhook-0123456789abcdef?x=${encodeURIComponent(canaries.SECRETS_KEYS)}`);

  const paths = [
    '/runs?limit=100',
    '/events?limit=100',
    '/effects',
    '/triggers',
    '/secrets',
    '/audit',
    '/metrics',
    '/health/detailed',
    '/asyncapi.json',
    '/docs/json',
  ];
  const seen: Record<string, string> = {
    frames: JSON.stringify(chat.frames),
    prompts: JSON.stringify(model.requests()),
    'answers to PUT': (await Promise.all(answers.map((answer) => answer.text()))).join('\n'),
    database: await databaseDump(database.url),
  };
  for (const path of paths) seen[path] = await text(path);
  for (const id of (JSON.parse(seen['/runs?limit=100']!) as { items: { id: string }[] }).items.map((run) => run.id)) {
    seen[`run ${id}`] = await text(`/runs/${id}`);
    seen[`stream ${id}`] = await text(`/runs/${id}/stream`);
  }
  await service.kill('SIGTERM');
  seen['log'] = service.output;

  expect(Object.values(seen).filter((words) => words.includes('\nevent: tool\n')).length).toBeGreaterThan(0);
  expect(slack.received.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['/services/canary-slack-0123456789abcdef', '/tickets/canary-stored-0123456789abcdef']),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(seen['/audit']).toContain('secret.set');
  expect(seen['database']).toContain('(INCIDENTS_URL,k1,');
  expect(seen['database']!.includes('answered 500')).toBe(true);
  expect(service.output.split('\n').length).toBeGreaterThan(10);
  const codings = [...Object.values(canaries), masterKey, stored, replaced]
    .filter((secret) => secret.includes('canary-'))
    .flatMap(codingsOf);
  const found = Object.entries(seen).flatMap(([place, words]) =>
    codings
      .filter((coding) => words.includes(coding))
      .map((coding) => [place, words.slice(Math.max(0, words.indexOf(coding) - 80), words.indexOf(coding) + 40)]),
  );
  expect(found).toEqual([]);
  await Promise.all([slack.stop(), model.stop()]);

  async function text(path: string): Promise<string> {
    return (await fetch(`${url}${path}`)).text();
  }
});
