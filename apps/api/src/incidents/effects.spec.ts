import { Test } from '@nestjs/testing';
import { Agent, AgentsModule, LangChainAgent } from '@reflex/agents';
import { RetryLater } from '@reflex/core';
import { runWith, type CurrentRun } from '@reflex/observability';
import { eventually, startHttpReceiver, type HttpReceiver } from '@reflex/test';
import { IncidentTicketTool } from './incident-ticket.tool';
import { SlackTool } from './slack.tool';

@Agent({ name: 'tester', prompt: 'Notify Slack and open an incident ticket.', tools: [SlackTool, IncidentTicketTool] })
class Tester extends LangChainAgent {}

let slack: HttpReceiver;
let tickets: HttpReceiver;

beforeEach(async () => {
  slack = await startHttpReceiver();
  tickets = await startHttpReceiver();
});

afterEach(() => Promise.all([slack.stop(), tickets.stop()]));

async function start(secrets: Record<string, string>): Promise<Tester> {
  const app = await Test.createTestingModule({
    imports: [AgentsModule.forRoot({ defaultModel: 'offline:rules', secrets, egress: { networks: ['127.0.0.1'] } })],
    providers: [Tester, SlackTool, IncidentTicketTool],
  }).compile();
  await app.init();
  return app.get(Tester);
}

const connected = (): Record<string, string> => ({
  SLACK_WEBHOOK_URL: `${slack.url}/services/T0/B0/secret`,
  INCIDENTS_URL: `${tickets.url}/incidents`,
});

async function attempt(agent: Tester, { eventId = 'event-1', signal = new AbortController().signal } = {}) {
  const usage: CurrentRun['usage'] = { input_tokens: 0, output_tokens: 0, tool_calls: [] };
  const ids = { trigger: 'error-threshold', scope: 's', eventId, traceId: 't', correlationId: 'c', attempt: 1 };
  const error = await runWith({ ...ids, signal, usage }, () => agent.run('payment failed')).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, calls: usage.tool_calls };
}

const keyOf = (receiver: HttpReceiver, request: number) => receiver.received[request]!.headers['idempotency-key'];

describe('the effects of the example', () => {
  it('are one message and one ticket over HTTP', async () => {
    tickets.replies.push({ status: 201, body: { id: 'INC-7' } });

    const { calls } = await attempt(await start(connected()));

    expect(slack.received).toMatchObject([
      {
        method: 'POST',
        path: '/services/T0/B0/secret',
        headers: { 'content-type': 'application/json' },
        body: { channel: '#incidents', text: expect.stringContaining('payment failed') as string },
      },
    ]);
    expect(tickets.received).toMatchObject([{ path: '/incidents', body: { priority: 'high' } }]);
    expect(calls.map(({ output }) => output)).toEqual([
      'The notification was sent to #incidents.',
      'The ticket INC-7 was made.',
    ]);
  });

  it('carry the same Idempotency-Key when the attempt is repeated, and another one for another event', async () => {
    const agent = await start(connected());
    tickets.replies.push({ status: 503, headers: { 'retry-after': '3' } });

    const first = await attempt(agent);
    const retry = await attempt(agent);
    await attempt(agent, { eventId: 'event-2' });

    expect(first.error).toBeInstanceOf(RetryLater);
    expect((first.error as RetryLater).delayMs).toBe(3_000);
    expect(retry.error).toBeUndefined();
    for (const receiver of [slack, tickets]) {
      expect(keyOf(receiver, 0)).toMatch(/^[0-9a-f]{40}$/);
      expect(keyOf(receiver, 1)).toBe(keyOf(receiver, 0));
      expect(keyOf(receiver, 2)).not.toBe(keyOf(receiver, 0));
    }
    expect(keyOf(slack, 0)).not.toBe(keyOf(tickets, 0));
  });

  it('do not happen without a URL, and the agent is told so', async () => {
    const { error, calls } = await attempt(await start({}));

    expect(error).toBeUndefined();
    expect(calls.map(({ output }) => output)).toEqual([
      'Slack is not connected here (SLACK_WEBHOOK_URL is not set), so nothing was sent.',
      'No ticketing system is connected here (INCIDENTS_URL is not set), so no ticket was made.',
    ]);
  });

  it('are told to the agent when they fail, without the secret path of the webhook', async () => {
    slack.replies.push({ status: 403, body: 'invalid_token' });
    await tickets.stop();

    const { error, calls } = await attempt(await start(connected()));

    expect(error).toBeUndefined();
    expect(calls.map((call) => call.error)).toEqual([
      `${new URL(slack.url).host} answered 403: "invalid_token"`,
      `${new URL(tickets.url).host} cannot be reached.`,
    ]);
  });

  it('end with the attempt', async () => {
    slack.silent = true;
    const ending = new AbortController();
    const running = attempt(await start(connected()), { signal: ending.signal });
    await eventually(() => expect(slack.received).toHaveLength(1));

    ending.abort(new Error('Shutting down'));

    expect((await running).error).toMatchObject({ message: 'Shutting down' });
  });
});
