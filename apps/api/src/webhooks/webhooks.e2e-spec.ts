import { createHmac } from 'node:crypto';
import { startTestService, testBed, type Answer, type TestService } from '../testing/test-service';

const SECRETS = {
  stripe: 'whsec_0123456789abcdef',
  slack: 'slack-signing-secret',
  crm: 'secret-of-the-crm-one',
  next: 'secret-of-the-crm-two',
};
const VARIABLES = {
  WEBHOOK_SECRETS: `stripe=${SECRETS.stripe},slack=${SECRETS.slack},crm=${SECRETS.crm}|${SECRETS.next}`,
  WEBHOOK_SIGNATURE_HEADER: 'X-Crm-Signature',
};

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed(VARIABLES);
  service = bed.service;
});
afterAll(() => bed.stop());

const hmac = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex');
const seconds = (ago = 0) => String(Math.floor(Date.now() / 1_000) - ago);
const send = (source: string, body: string, headers: Record<string, string>, to = service): Promise<Answer> =>
  to.request('POST', `/webhooks/${source}`, { body, headers: { 'content-type': 'application/json', ...headers } });

const HEADERS: Record<string, (body: string, secret: string, time: string) => Record<string, string>> = {
  stripe: (body, secret, time) => ({ 'stripe-signature': `t=${time},v1=${hmac(secret, `${time}.${body}`)}` }),
  slack: (body, secret, time) => ({
    'x-slack-request-timestamp': time,
    'x-slack-signature': `v0=${hmac(secret, `v0:${time}:${body}`)}`,
  }),
  crm: (body, secret, time) => ({
    'x-timestamp': time,
    'x-crm-signature': `sha256=${hmac(secret, `${time}.${body}`)}`,
  }),
};
const sources = ['stripe', 'slack', 'crm'] as const;
const signed = (source: (typeof sources)[number], body: string, time = seconds(), secret = SECRETS[source]) =>
  HEADERS[source]!(body, secret, time);
const countOf = async (source: string) =>
  ((await service.get(`/events?source=webhook:${source}&limit=1000`)).body.items as unknown[]).length;

describe.each(sources)('a webhook in the style of %s', (source) => {
  it('S31: is an event when it is signed', async () => {
    const body = JSON.stringify({ id: `evt_${source}`, event_id: `Ev${source}`, amount: 7, text: 'é' });

    const answer = await send(source, body, signed(source, body));

    expect(answer).toMatchObject({ status: 201, body: { status: 'published' } });
    const event = (await service.get(`/events/${answer.body.id}`)).body;
    expect(event).toMatchObject({
      type: 'http.request',
      source: `webhook:${source}`,
      method: 'POST',
      path: `/webhooks/${source}`,
      body: { amount: 7, text: 'é' },
    });
    expect(JSON.stringify(event.headers)).not.toMatch(/signature/);
  });

  it('S31: is refused under another secret, with another body, another time, and unsigned', async () => {
    const body = '{"amount":1}';
    const before = await countOf(source);
    const headers = signed(source, body);
    const later = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace(/(^|t=)\d{10}/, `$1${seconds(7)}`)]),
    );

    const answers = [
      await send(source, body, signed(source, body, seconds(), 'another-secret-of-it')),
      await send(source, '{"amount":9}', headers),
      await send(source, body.replace(':', ': '), headers),
      await send(source, body, later),
      await send(source, body, {}),
    ];

    expect(answers.map(({ status, body: { error } }) => [status, error.code])).toEqual(
      answers.map(() => [401, 'invalid_signature']),
    );
    expect(await countOf(source)).toBe(before);
  });

  it('S31: is refused when it was signed more than five minutes ago, or ahead', async () => {
    const statuses: unknown[] = [];
    for (const ago of [295, 310, -310, -290]) {
      const body = JSON.stringify({ ago });
      const { status, body: answer } = await send(source, body, signed(source, body, seconds(ago)));
      statuses.push(answer.error?.code ?? status);
    }

    expect(statuses).toEqual([201, 'stale_signature', 'stale_signature', 201]);
  });

  it('S31: is stored once when it is replayed, at whichever replica', async () => {
    const body = JSON.stringify({ replayed: source });
    const headers = signed(source, body);
    const replica = await startTestService(bed.database, VARIABLES);

    const answers = await Promise.all(
      [service, replica, service, replica].map((to) => send(source, body, headers, to)),
    );

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(new Set(answers.map((answer) => answer.body.id as string)).size).toBe(1);
    await replica.stop();
  });
});

it.each([
  ['stripe', 'id'],
  ['slack', 'event_id'],
] as const)(
  '%s: a delivery that is tried again is the first one, although it was signed anew',
  async (source, name) => {
    const bodies = [0, 1].map((tries) => JSON.stringify({ [name]: `again-${source}`, tries }));

    const first = await send(source, bodies[0]!, signed(source, bodies[0]!, seconds(60)));
    const second = await send(source, bodies[1]!, signed(source, bodies[1]!));

    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.id).toBe(first.body.id);
  },
);

it('takes the next secret and the old one while they are exchanged', async () => {
  for (const secret of [SECRETS.crm, SECRETS.next]) {
    const body = JSON.stringify({ secret: secret.slice(-3) });
    expect((await send('crm', body, signed('crm', body, seconds(), secret))).status).toBe(201);
  }
});

it('answers the question of Slack for the address, and stores nothing of it', async () => {
  const body = JSON.stringify({ type: 'url_verification', token: 'x', challenge: '3eZbrw1aB10FEMAGAZd4FyFQ' });
  const before = await countOf('slack');

  const answer = await send('slack', body, signed('slack', body));

  expect([answer.status, answer.body]).toEqual([200, { challenge: '3eZbrw1aB10FEMAGAZd4FyFQ' }]);
  expect((await send('slack', body, {})).status).toBe(401);
  expect(await countOf('slack')).toBe(before);
});

it.each(['github', 'paypal', '__proto__', 'constructor'])('answers 404 for %s, which nobody named', async (source) => {
  const answer = await send(source, '{}', signed('crm', '{}'));

  expect([answer.status, answer.body.error.code]).toEqual([404, 'webhook_not_configured']);
});
