import { eventually, freshDatabase, startHttpReceiver, type HttpReceiver, type TestDatabase } from '@reflex/test';
import { IncidentsModule } from '../../apps/api/src/incidents/incidents.module';
import { inGroups, inParallel } from './driver/api-client';
import { ChatClient, type ChatMessage } from './driver/chat-client';
import { expectedAlerts, expectedDeliveries, expectedSummaries } from './driver/expectations';
import { mixedEvents, type SentEvent } from './driver/mixed-events';
import { runningService, type RunningService } from './driver/running-service';

const EVENTS = mixedEvents(2_500);
const CLIENTS = ['ann', 'ben', 'cem', 'dee', 'eli'];
const MESSAGES_PER_CLIENT = 24;
// In all they say "failed" often enough to count for the threshold, too.
const SAYINGS = ['How is checkout doing?', 'My payment failed again', 'Any errors in search?', 'Thanks!'];
const FINAL = new Set(['completed', 'filtered', 'accumulated', 'dead_letter']);

interface Run {
  event_id: string;
  trigger: string;
  outcome: string;
  result: unknown;
  usage: { tool_calls: { tool: string }[] } | null;
}

let database: TestDatabase;
let receiver: HttpReceiver;
let service: RunningService;
let chats: ChatClient[];

const sent: SentEvent[] = [];
const acknowledged = new Set<string>();
const said = new Map<ChatClient, ChatMessage[]>();

beforeAll(async () => {
  [database, receiver] = await Promise.all([freshDatabase(), startHttpReceiver()]);
  const variables = {
    SLACK_WEBHOOK_URL: `${receiver.url}/slack`,
    INCIDENTS_URL: `${receiver.url}/tickets`,
    EGRESS_PRIVATE_NETWORKS: '127.0.0.1',
  };
  service = await runningService(database.url, { domain: [{ module: IncidentsModule }], variables });
  chats = await Promise.all(CLIENTS.map((name) => ChatClient.connect(service.url, name)));

  await Promise.all([
    inParallel(inGroups(EVENTS.slice(0, 2_000), 50), 4, publish),
    inParallel(EVENTS.slice(2_000), 8, publish),
    ...chats.map((chat) => talk(chat)),
  ]);
  await eventually(
    async () => {
      const { pending, processing, scheduled } = await service.store.stats();
      expect({ pending, processing, scheduled }).toEqual({ pending: 0, processing: 0, scheduled: 0 });
    },
    { timeoutMs: 60_000 },
  );
}, 120_000);

afterAll(async () => {
  await Promise.all((chats ?? []).map((chat) => chat.close()));
  await service?.stop();
  await receiver.stop();
  await database.drop();
});

async function publish(body: SentEvent | SentEvent[]): Promise<void> {
  const answer = await service.api.post('/events', body);
  expect(answer.status).toBe(201);
  sent.push(...[body].flat());
  for (const { id } of [answer.body].flat() as { id: string }[]) acknowledged.add(id);
}

async function talk(chat: ChatClient): Promise<void> {
  const messages: ChatMessage[] = [];
  said.set(chat, messages);
  for (let nr = 0; nr < MESSAGES_PER_CLIENT; nr += 1) {
    const message = await chat.say(SAYINGS[nr % SAYINGS.length]!);
    messages.push(message);
    acknowledged.add(message.eventId);
    sent.push({ type: 'ws.message', source: `ws:${chat.clientId}`, content: message.content });
  }
}

const runs = (query = '') => service.api.all<Run>(`/runs${query}`);

describe('a few thousand mixed events over HTTP and WebSocket', () => {
  it('are all stored, each once', async () => {
    const stored = await service.api.all<{ id: string; type: string }>('/events');
    const ours = stored.filter(({ type }) => !['lifecycle', 'incident.raised'].includes(type));

    expect(acknowledged.size).toBe(EVENTS.length + CLIENTS.length * MESSAGES_PER_CLIENT);
    expect(new Set(ours.map(({ id }) => id))).toEqual(acknowledged);
    expect(ours).toHaveLength(acknowledged.size);
  });

  it('are all settled, once for each trigger that listens, without a dead letter', async () => {
    const { items: triggers } = (await service.api.get('/triggers')).body as { items: { types: string[] }[] };

    const settled = (await runs()).filter(({ outcome }) => FINAL.has(outcome));

    expect(settled).toHaveLength(expectedDeliveries(sent, triggers));
    expect(new Set(settled.map((run) => `${run.event_id} ${run.trigger}`)).size).toBe(settled.length);
    expect((await service.api.get('/events/dlq')).body).toMatchObject({ count: 0, events: [] });
  });

  it('D25: fire the threshold at each fifth error of a source, and the summary at each tenth monitor event', async () => {
    const alerts = await runs('?trigger=error-threshold&outcome=completed');
    const summaries = await runs('?trigger=periodic-summary&outcome=completed');

    expect(expectedAlerts(sent)).toBeGreaterThan(50);
    expect(alerts).toHaveLength(expectedAlerts(sent));
    expect(summaries).toHaveLength(expectedSummaries(sent));
    expect(await service.api.all('/events?type=incident.raised')).toHaveLength(alerts.length);
  });

  it('D38: let the agents act once per alert, and keep what they called and answered', async () => {
    const alerts = await runs('?trigger=error-threshold&outcome=completed');

    const tools = alerts.map(({ usage }) => usage!.tool_calls.map(({ tool }) => tool));

    expect(tools).toEqual(alerts.map(() => ['recent_events', 'notify_slack', 'create_incident_ticket']));
    expect(alerts.filter(({ result }) => (result as { severity?: string }).severity === undefined)).toEqual([]);
    for (const path of ['/slack', '/tickets']) {
      const keys = receiver.received
        .filter((one) => one.path === path)
        .map(({ headers }) => headers['idempotency-key']);
      expect(new Set(keys).size).toBe(alerts.length);
      expect(keys).toHaveLength(alerts.length);
    }
  });

  it('D32: bring each chat message the reply of the agent, over the socket that it came from', async () => {
    await eventually(() => {
      for (const [chat, messages] of said) expect(chat.hasAnswersTo(messages)).toBe(true);
    });

    for (const [chat, messages] of said) {
      const own = new Set(messages.map(({ eventId }) => eventId));
      expect(chat.answers.filter(({ event_id: id }) => !own.has(id))).toEqual([]);
      const replies = chat.answers.filter(({ trigger }) => trigger === 'immediate-reply');
      expect(replies.map(({ event_id: id }) => id).sort()).toEqual([...own].sort());
      expect(replies[0]).toMatchObject({ type: 'reply', content: expect.stringContaining('offline') as string });
    }
  });
});
