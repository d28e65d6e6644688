import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AgentRegistry, AgentsModule } from '@reflex/agents';
import { EventStore, EventStoreModule, type RunOutcome, type RunRecord } from '@reflex/event-store';
import { EventsModule, HttpPayload, WebSocketMessage } from '@reflex/events';
import {
  calling,
  eventually,
  freshDatabase,
  startHttpReceiver,
  startModelServer,
  type HttpReceiver,
  type ModelServer,
  type TestDatabase,
} from '@reflex/test';
import { TriggersModule } from '@reflex/triggers';
import { MonitorError } from './incident.events';
import { IncidentsModule } from './incidents.module';
import { RecentEventsTool } from './recent-events.tool';

const ALERT = {
  severity: 'critical',
  summary: 'Payments are refused since 10:04.',
  recommended_actions: ['Restart the payment gateway'],
};
const SUMMARY = { period: '10:00 to 10:05', event_count: 10, highlights: ['All from checkout'], concerns: [] };

const monitorError = (nr: number, source = 'checkout') =>
  MonitorError.of({ source, service: 'checkout', message: `Payment ${nr} failed` });

const tokens = (prompt_tokens: number, completion_tokens: number) => ({ usage: { prompt_tokens, completion_tokens } });

let database: TestDatabase;
let slack: HttpReceiver;
let tickets: HttpReceiver;
let model: ModelServer;
let app: INestApplicationContext | undefined;
let store: EventStore;

beforeEach(async () => {
  [database, slack, tickets, model] = await Promise.all([
    freshDatabase(),
    startHttpReceiver(),
    startHttpReceiver(),
    startModelServer(),
  ]);
});

// Everything is stopped even if the start failed, or Jest would wait for it.
afterEach(async () => {
  await app?.close();
  app = undefined;
  await Promise.all([slack.stop(), tickets.stop(), model.stop(), database.drop()]);
});

async function start({ offline = false } = {}): Promise<void> {
  const testing = await Test.createTestingModule({
    imports: [
      EventStoreModule.forRootAsync({ useFactory: () => ({ url: database.url }) }),
      EventsModule,
      TriggersModule.forRoot({}),
      AgentsModule.forRootAsync({
        useFactory: () => ({
          ...(offline ? {} : { openai: { apiKey: 'sk-test', baseUrl: model.url } }),
          secrets: { SLACK_WEBHOOK_URL: `${slack.url}/hook`, INCIDENTS_URL: `${tickets.url}/incidents` },
          egress: { networks: ['127.0.0.1'] },
        }),
      }),
      IncidentsModule,
    ],
  }).compile();
  app = await testing.init();
  store = app.get(EventStore);
}

async function runsOf(trigger: string, outcome: RunOutcome): Promise<RunRecord[]> {
  return (await store.searchRuns({ trigger, outcome })).items;
}

const oneRunOf = (trigger: string) =>
  eventually(async () => {
    const runs = await runsOf(trigger, 'completed');
    expect(runs).toHaveLength(1);
    return runs[0]!;
  });

describe('the incidents example', () => {
  it('D26: starts, with its agents and their tools', async () => {
    await start();

    const agents = app!.get(AgentRegistry).list();

    expect(agents.map(({ name, tools }) => [name, tools.map((tool) => tool.name)])).toEqual([
      ['alert', ['recent_events', 'notify_slack', 'create_incident_ticket']],
      ['summary', []],
      ['responder', ['recent_events']],
    ]);
  });

  it('D25, D38: five errors fire one alert, whose tools act and whose result, tool calls and tokens stay with the run', async () => {
    await start();
    tickets.replies.push({ status: 201, body: { id: 'INC-7' } });
    model.replies.push(
      { ...calling(['recent_events', { type: 'monitor.*', limit: 2 }]), ...tokens(300, 10) },
      {
        ...calling(
          ['notify_slack', { channel: '#ops', message: 'Payments are refused' }],
          ['create_incident_ticket', { title: 'Payments', description: 'Refused', priority: 'critical' }],
        ),
        ...tokens(500, 40),
      },
      { ...calling(['respond', ALERT]), ...tokens(600, 50) },
    );

    for (let nr = 1; nr <= 4; nr += 1) await store.publish(monitorError(nr));
    await eventually(async () => expect(await runsOf('error-threshold', 'accumulated')).toHaveLength(4));
    expect(model.requests()).toHaveLength(0);
    const [fifth] = await store.publish(monitorError(5));

    const run = await oneRunOf('error-threshold');
    expect(run).toMatchObject({ eventId: fifth!.id, scope: 'checkout', result: ALERT });
    expect(run.usage).toMatchObject({
      model: 'openai:gpt-4o-mini',
      input_tokens: 1_400,
      output_tokens: 100,
      tool_calls: [
        { tool: 'recent_events', output: { count: 2 } },
        { tool: 'notify_slack', output: 'The notification was sent to #ops.' },
        { tool: 'create_incident_ticket', output: 'The ticket INC-7 was made.' },
      ],
    });
    expect(slack.received).toMatchObject([{ body: { channel: '#ops', text: 'Payments are refused' } }]);
    expect(tickets.received).toMatchObject([{ body: { title: 'Payments', priority: 'critical' } }]);
  });

  it('publishes an incident that follows from the fifth error and wakes no trigger', async () => {
    await start();
    // Its summary speaks of errors, so a trigger that listened to it would count it.
    model.replies.push(calling(['respond', { ...ALERT, summary: 'Many errors failed' }]));

    const published = await store.publish([1, 2, 3, 4, 5].map((nr) => monitorError(nr)));
    await oneRunOf('error-threshold');

    const { items } = await store.search({ types: ['incident.raised'] });
    expect(items).toMatchObject([
      {
        source: 'internal:incidents',
        payload: { severity: 'critical', summary: 'Many errors failed' },
        meta: { causation_id: published[4]!.id, depth: 1 },
      },
    ]);
    expect((await store.find(items[0]!.id))!.deliveries).toEqual([]);
  });

  it('counts errors by source, and leaves out internal ones and events without an error', async () => {
    await start({ offline: true });

    await store.publish([
      ...[1, 2, 3, 4].map((nr) => monitorError(nr, 'one')),
      ...[1, 2, 3, 4].map((nr) => monitorError(nr, 'two')),
      ...[1, 2, 3, 4, 5].map((nr) => monitorError(nr, 'internal:test')),
      ...[1, 2, 3, 4, 5].map(() => HttpPayload.of({ source: 'three', payload: { message: 'All is well' } })),
    ]);

    await eventually(async () => expect(await runsOf('error-threshold', 'accumulated')).toHaveLength(8));
    await eventually(async () => expect(await runsOf('error-threshold', 'filtered')).toHaveLength(10));
    expect(await runsOf('error-threshold', 'completed')).toEqual([]);
  });

  it('repeats of an attempt that was put off only what was not done, and with the same key', async () => {
    await start({ offline: true });
    tickets.replies.push({ status: 503, headers: { 'retry-after': '0.2' } });

    await store.publish([1, 2, 3, 4, 5].map((nr) => monitorError(nr)));
    const run = await oneRunOf('error-threshold');

    expect(run.attempt).toBe(1);
    expect(await runsOf('error-threshold', 'deferred')).toHaveLength(1);
    const [first, second, ...others] = tickets.received.map(({ headers }) => headers['idempotency-key']);
    expect(second).toBe(first);
    expect(others).toEqual([]);
    expect(slack.received).toHaveLength(1);
    expect(run.usage).toMatchObject({
      tool_calls: [{ reused: true }, { tool: 'notify_slack', reused: true }, { tool: 'create_incident_ticket' }],
    });
  });

  it('works on the offline model: tools are called, the answer has its shape', async () => {
    await start({ offline: true });

    await store.publish([1, 2, 3, 4, 5].map((nr) => monitorError(nr)));
    const run = await oneRunOf('error-threshold');

    expect(run.result).toMatchObject({ severity: 'high', summary: expect.stringContaining('[offline]') as string });
    expect(run.usage).toMatchObject({
      model: 'offline:rules',
      tool_calls: [{ tool: 'recent_events' }, { tool: 'notify_slack' }, { tool: 'create_incident_ticket' }],
    });
    expect(slack.received).toHaveLength(1);
    expect(tickets.received).toHaveLength(1);
  });

  it('summarises every ten monitor events, of whatever source', async () => {
    await start();
    model.replies.push(calling(['respond', SUMMARY]));

    await store.publish(Array.from({ length: 10 }, (_, nr) => monitorError(nr, `service-${nr}`)));
    const run = await oneRunOf('periodic-summary');

    expect(run.result).toEqual(SUMMARY);
    expect(model.requests()[0]!.messages.at(-1)!.content).toContain('Payment 9 failed');
  });

  it('D32: answers a chat message with the text that goes back to the client', async () => {
    await start();
    model.replies.push({ content: 'All is well.' });

    await store.publish(WebSocketMessage.of({ source: 'ws:ann', connection_id: 'ann', content: 'How is it going?' }));
    const run = await oneRunOf('immediate-reply');

    expect(run.result).toBe('All is well.');
    expect(model.requests()[0]!.messages.at(-1)!.content).toContain('How is it going?');
  });

  it('D28: tells an agent of the newest events, newest first', async () => {
    await start({ offline: true });
    await store.publish(Array.from({ length: 150 }, (_, nr) => HttpPayload.of({ source: 'log', payload: { nr } })));

    const { count, events } = (await app!
      .get(RecentEventsTool, { strict: false })
      .read({ type: 'http', hours: 1, limit: 20 })) as { count: number; events: { fields: unknown }[] };

    expect(count).toBe(20);
    expect(events.map(({ fields }) => fields)).toEqual(
      Array.from({ length: 20 }, (_, place) => ({ payload: { nr: 149 - place } })),
    );
  });
});
