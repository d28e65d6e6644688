import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { readSettings } from '../../apps/api/src/config';
import { startService, type Service } from '../../apps/api/src/service';
import { guide, unindented } from './guide';
import { Orders, SourcesModule } from './sources.module';

const { text: GUIDE, blocks } = guide('guides/sources.md');
const CODE = [readFileSync(join(__dirname, 'sources.module.ts'), 'utf8'), readFileSync(__filename, 'utf8')].map(
  unindented,
);
const [, SECRETS] = /WEBHOOK_SECRETS='([^']+)'/.exec(GUIDE)!;

interface Run {
  outcome: string;
  result: unknown;
}

describe('the guide to sources', () => {
  let database: TestDatabase;
  let service: Service;

  beforeAll(async () => {
    database = await freshDatabase();
    const variables = { DATABASE_URL: database.url, API_PORT: '0', LOG_LEVEL: 'silent', WEBHOOK_SECRETS: SECRETS };
    service = await startService(readSettings(variables), { domain: [{ module: SourcesModule }] });
  });
  afterAll(async () => {
    await service?.stop();
    await database.drop();
  });

  it('shows only code that this test runs', () => {
    const shown = blocks('ts').map(unindented);

    expect(shown.length).toBeGreaterThan(5);
    expect(shown.filter((block) => !CODE.some((code) => code.includes(block)))).toEqual([]);
  });

  it('has curl commands that the service answers with 201', async () => {
    const commands = [...GUIDE.matchAll(/curl localhost:8000(\S+) -H '([^:]+): ([^']+)'[^']*-d '([^']+)'/g)];

    const answers = await Promise.all(
      commands.map(([, path, name, value, body]) => send(path!, body!, { [name!]: value! })),
    );

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  });

  it('has timers that tick, and one that waits for the morning', async () => {
    await eventually(async () => expect((await runsOf('look-around')).length).toBeGreaterThan(1));

    const { items } = await get<{ items: { name: string; next_at: string }[] }>('/timers');
    const report = items.find(({ name }) => name === 'morning-report')!;
    const local = new Date(report.next_at).toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' });
    expect(local).toBe('09:00:00');
  });

  it('has reminders that wait', async () => {
    await service.app.get(Orders, { strict: false }).remind('7');
    await service.app.get(Orders, { strict: false }).remindAt('8', new Date(Date.now() + 60_000));

    const { items } = await get<{ items: unknown[] }>('/events?type=order.reminder&source=orders');
    expect(items).toHaveLength(2);
  });

  it('has batches and bursts that are one action', async () => {
    for (const n of [1, 2, 3]) {
      const order = { type: 'order.placed', source: 'shop', order_id: `b${n}`, total: n };
      await send('/events', JSON.stringify(order), { 'content-type': 'application/json' });
    }

    await eventually(async () => {
      const [exported] = await completed('export');
      expect(exported?.result).toHaveLength(3);
      expect(await completed('calm')).not.toEqual([]);
    });
  });

  it('signs as it says', async () => {
    const [, secret] = /crm=([^|]+)/.exec(SECRETS!) as unknown as [string, string];
    const body = '{"lead":7}';

    const timestamp = String(Math.floor(Date.now() / 1_000));
    const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
    const headers = { 'x-timestamp': timestamp, 'x-signature': `sha256=${signature}` };

    const json = { 'content-type': 'application/json', ...headers };
    expect((await send('/webhooks/crm', body, json)).status).toBe(201);
    expect((await send('/webhooks/crm', '{"lead":8}', json)).status).toBe(401);
  });

  it('has a trigger that hears of failed charges', async () => {
    const body = '{"id":"evt_7","type":"charge.failed"}';
    const time = Math.floor(Date.now() / 1_000);
    const digest = createHmac('sha256', 'whsec_0123456789abcdef').update(`${time}.${body}`).digest('hex');

    await send('/webhooks/stripe', body, {
      'content-type': 'application/json',
      'stripe-signature': `t=${time},v1=${digest}`,
    });

    await eventually(async () => expect((await completed('failed-charges'))[0]?.result).toEqual(JSON.parse(body)));
  });

  function send(path: string, body: string, headers: Record<string, string>): Promise<Response> {
    return fetch(`${service.url}${path}`, { method: 'POST', headers, body });
  }

  async function get<Body>(path: string): Promise<Body> {
    return (await (await fetch(`${service.url}${path}`)).json()) as Body;
  }

  async function runsOf(trigger: string): Promise<Run[]> {
    return (await get<{ items: Run[] }>(`/runs?trigger=${trigger}`)).items;
  }

  async function completed(trigger: string): Promise<Run[]> {
    return (await runsOf(trigger)).filter(({ outcome }) => outcome === 'completed');
  }
});
