import { randomUUID } from 'node:crypto';
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { HttpRequest } from '@reflex/events';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { type DecisionContext, field, OnEvent, source } from '@reflex/triggers';
import { inParallel } from './driver/api-client';
import { type GitHubDelivery, githubDeliveries, githubHeaders } from './driver/github-examples';
import { runningService, type RunningService } from './driver/running-service';

const SECRET = 'a secret shared with GitHub';

@Injectable()
class GitHubTriggers {
  @OnEvent('http.*', {
    name: 'opened-issues',
    filter: source('webhook:*').and(field('headers.x-github-event', 'issues')).and(field('body.action', 'opened')),
  })
  opened({ event }: DecisionContext): string {
    return titleOf(event as HttpRequest);
  }

  @OnEvent(HttpRequest, { name: 'of-others', filter: source('webhook:gitlab*') })
  others(): never {
    throw new Error('No webhook of this source was sent.');
  }
}

function titleOf({ body }: HttpRequest): string {
  return (body as { issue: { title: string } }).issue.title;
}

@Module({})
class GitHubModule {}
const DOMAIN: DynamicModule[] = [{ module: GitHubModule, providers: [GitHubTriggers] }];

let database: TestDatabase;
let service: RunningService;

beforeAll(async () => {
  database = await freshDatabase();
  service = await runningService(database.url, { domain: DOMAIN, variables: { GITHUB_WEBHOOK_SECRET: SECRET } });
});
afterAll(async () => {
  await service?.stop();
  await database.drop();
});

function send(delivery: GitHubDelivery, body = JSON.stringify(delivery.payload), secret = SECRET) {
  return service.api.send('POST', '/webhooks/github', body, githubHeaders(delivery, body, secret));
}

const total = async () => (await service.api.all('/events?type=http.request')).length;

describe('the real webhooks of GitHub', () => {
  const deliveries = githubDeliveries();
  const ids = new Map<GitHubDelivery, string>();
  const one = deliveries.find(({ event }) => event === 'issues')!;

  beforeAll(async () => {
    await inParallel(deliveries, 16, async (delivery) => {
      const { status, body } = await send(delivery);
      if (status === 201) ids.set(delivery, body.id as string);
    });
  }, 60_000);

  it('are many, of all editions', () => {
    expect(deliveries.length).toBeGreaterThan(700);
    expect(new Set(deliveries.map(({ edition }) => edition)).size).toBe(6);
  });

  it('are all accepted, each as an event of its own', async () => {
    expect(ids.size).toBe(deliveries.length);
    expect(new Set(ids.values()).size).toBe(deliveries.length);
    expect(await total()).toBe(deliveries.length);
  });

  it('come back whole', async () => {
    await inParallel(deliveries, 8, async (delivery) => {
      const { body: event } = await service.api.get(`/events/${ids.get(delivery)}`);

      expect(event).toMatchObject({ type: 'http.request', source: 'webhook:github', method: 'POST' });
      expect(event.headers).toMatchObject({ 'x-github-event': delivery.event, 'x-github-delivery': delivery.id });
      expect(event.body).toEqual(delivery.payload);
    });
  });

  it('reach the trigger whose glob and field filters they pass, and no other', async () => {
    const wanted = deliveries.filter(({ event, payload }) => event === 'issues' && payload['action'] === 'opened');
    const runs = (query: string) => service.api.all<{ event_id: string; result: unknown; reason: string }>(query);

    const fired = await eventually(async () => {
      const open = await service.store.stats();
      expect(open.pending + open.processing + open.scheduled).toBe(0);
      return runs('/runs?trigger=opened-issues&outcome=completed');
    });

    expect(wanted.length).toBeGreaterThan(1);
    expect(Object.fromEntries(fired.map((run) => [run.event_id, run.result]))).toEqual(
      Object.fromEntries(wanted.map((delivery) => [ids.get(delivery)!, issueTitle(delivery)])),
    );
    expect(fired).toHaveLength(wanted.length);
    const refused = await runs('/runs?trigger=opened-issues&outcome=filtered');
    expect(refused).toHaveLength(deliveries.length - wanted.length);
    expect(refused.filter(({ reason }) => !/^field (headers\.x-github-event|body\.action): /.test(reason))).toEqual([]);
    expect(await runs('/runs?trigger=of-others&outcome=filtered')).toHaveLength(deliveries.length);
  });

  it('are refused under a wrong secret, with a changed body, and without a signature', async () => {
    const before = await total();
    const fresh = { ...one, id: randomUUID() };
    const body = JSON.stringify(fresh.payload);
    const signed = githubHeaders(fresh, body, SECRET);
    const { 'x-hub-signature-256': _signature, ...unsigned } = signed;
    const path = '/webhooks/github';

    const answers = [
      await send(fresh, body, `${SECRET}!`),
      await service.api.send('POST', path, body.replace('"id":', '"id": '), signed),
      await service.api.send('POST', path, body, { ...unsigned, 'x-hub-signature-256': 'sha256=' }),
      await service.api.send('POST', path, body, unsigned),
    ];

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(answers.map((answer) => answer.body.error.code)).toEqual(Array(4).fill('invalid_signature'));
    expect(await total()).toBe(before);
  });

  it('are stored once, however often GitHub delivers them', async () => {
    const before = await total();

    const again = await Promise.all([send(one), send(one), send(one)]);

    expect(again.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(again.map(({ body }) => body.id as string))).toEqual(new Set([ids.get(one)]));
    expect(await total()).toBe(before);
  });
});

function issueTitle({ payload }: GitHubDelivery): string {
  return (payload['issue'] as { title: string }).title;
}
