import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { inGroups, inParallel, type Answer } from '../e2e/driver/api-client';
import { type GitHubDelivery, githubDeliveries, githubHeaders } from '../e2e/driver/github-examples';
import { mixedEvents, type SentEvent } from '../e2e/driver/mixed-events';
import { BANKS } from './demo-domain';
import type { DemoService } from './demo-service';
import type { Channel, Ledger } from './ledger';

type Sent = (count: number) => void;

const WEBHOOK = '/webhooks/github';
const EVENTS_PER_ARRAY = 50;

export const WEBHOOKS = githubDeliveries();
const IN_ARRAYS = mixedEvents(2_000);
const SINGLE = mixedEvents(500, 2);
const PAYMENTS = Array.from({ length: 120 }, (_, nr): SentEvent => {
  // Nine of ten payments go to a bank that answers.
  const bank = nr % 10 === 9 ? BANKS[1 + (Math.floor(nr / 10) % 3)]! : BANKS[0];
  return { type: 'payment.received', source: 'shop', payment_id: `P-${1_000 + nr}`, amount: 10 + nr, bank };
});
const PULSES = { count: 300, everyMs: 10 };

export const HTTP_EVENTS = IN_ARRAYS.length + SINGLE.length + PAYMENTS.length;

/** All of the package's webhooks, signed as GitHub signs them. */
export async function sendWebhooks({ api, webhookSecret }: DemoService, ledger: Ledger, sent: Sent): Promise<void> {
  await inParallel(WEBHOOKS, 12, async (delivery) => {
    const body = JSON.stringify(delivery.payload);
    const headers = githubHeaders(delivery, body, webhookSecret);
    const sentAt = performance.now();
    const answer = await api.send('POST', WEBHOOK, body, headers);
    record(ledger, 'GitHub webhooks', [eventOf(delivery, headers)], answer, sentAt);
    sent(1);
  });
}

/** Thousands of events as JSON, most of them as arrays. */
export async function sendEvents({ api }: DemoService, ledger: Ledger, sent: Sent): Promise<void> {
  const send = async (events: SentEvent[], body: unknown) => {
    const sentAt = performance.now();
    record(ledger, 'HTTP', events, await api.post('/events', body), sentAt);
    sent(events.length);
  };
  await Promise.all([
    inParallel(inGroups(IN_ARRAYS, EVENTS_PER_ARRAY), 2, (events) => send(events, events)),
    inParallel([...SINGLE, ...PAYMENTS], 8, (event) => send([event], event)),
  ]);
}

/** One event every 10 ms, whatever became of those before. */
export async function sendPulses({ api }: DemoService, ledger: Ledger, sent: Sent): Promise<void> {
  const send = async (event: SentEvent) => {
    const sentAt = performance.now();
    record(ledger, 'HTTP', [event], await api.post('/events', event), sentAt);
    sent(1);
  };
  const start = performance.now();
  const underWay: Promise<void>[] = [];
  for (let nr = 0; nr < PULSES.count; nr += 1) {
    await delay(Math.max(0, start + nr * PULSES.everyMs - performance.now()));
    underWay.push(send({ type: 'demo.pulse', source: 'pulse', nr }));
  }
  await Promise.all(underWay);
}
export const PULSE_COUNT = PULSES.count;

/** What the service must not take, and what it must take only once. */
export async function sendOddities({ api, webhookSecret }: DemoService, ledger: Ledger): Promise<void> {
  for (const delivery of WEBHOOKS.slice(0, 5)) {
    const body = JSON.stringify(delivery.payload);
    const first = ledger.byChannel('GitHub webhooks').find(({ event }) => deliveryIdOf(event) === delivery.id);
    const again = await api.send('POST', WEBHOOK, body, githubHeaders(delivery, body, webhookSecret));
    ledger.repeated.push({ first: first?.id ?? 'was not stored', again: String(again.body?.id) });
  }
  const forged = { ...WEBHOOKS[0]!, id: randomUUID() };
  const body = JSON.stringify(forged.payload);
  const json = { 'content-type': 'application/json' };
  const refused: [string, Promise<Answer>][] = [
    ['a webhook signed with another secret', api.send('POST', WEBHOOK, body, githubHeaders(forged, body, 'a guess'))],
    ['an event of an unknown type', api.post('/events', { type: 'order.eaten', source: 'cat' })],
    ['an event with a field missing', api.post('/events', { type: 'payment.received', amount: 5, bank: 'sound' })],
    ['what is no JSON', api.send('POST', '/events', '{"type": "http", ', json)],
  ];
  for (const [what, answering] of refused) {
    const { status, body } = await answering;
    ledger.refused.push({ what, status, code: String(body?.error?.code), message: String(body?.error?.message) });
  }
}

function record(ledger: Ledger, channel: Channel, events: SentEvent[], answer: Answer, sentAt: number): void {
  if (answer.status !== 201) {
    ledger.troubles.push(`${channel}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 200)}`);
    return;
  }
  const ids = ([answer.body].flat() as { id: string }[]).map(({ id }) => id);
  events.forEach((event, place) => ledger.acknowledged.push({ id: ids[place]!, event, channel, sentAt }));
}

// As the service stores it: the signature is not kept.
function eventOf({ payload }: GitHubDelivery, sentHeaders: Record<string, string>): SentEvent {
  const { 'x-hub-signature-256': _signature, ...headers } = sentHeaders;
  return { type: 'http.request', source: 'webhook:github', method: 'POST', path: WEBHOOK, headers, body: payload };
}

function deliveryIdOf({ headers }: SentEvent): string {
  return (headers as Record<string, string>)['x-github-delivery']!;
}
