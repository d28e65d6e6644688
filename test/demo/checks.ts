import type { HttpReceiver } from '@reflex/test';
import { expectedAlerts, expectedDeliveries, expectedSummaries } from '../e2e/driver/expectations';
import type { Chatter } from './chatter';
import { type Findings, finalRuns, type Run } from './findings';
import type { Ledger } from './ledger';

export interface Check {
  ok: boolean;
  /** What must hold. */
  sentence: string;
  /** What was found when it does not. */
  found: string;
}

export interface Evidence {
  ledger: Ledger;
  findings: Findings;
  chatter: Chatter;
  slack: HttpReceiver;
  tickets: HttpReceiver;
}

/** Compares what the service did with what must come of the events that were sent, worked out without the service. */
export function check(evidence: Evidence): Check[] {
  return [...storing(evidence), ...delivering(evidence), ...failing(evidence), ...acting(evidence)];
}

function storing({ ledger, findings }: Evidence): Check[] {
  const stored = new Set(findings.events.map(({ id }) => id));
  const missing = ledger.acknowledged.filter(({ id }) => !stored.has(id));
  const ids = new Set(ledger.acknowledged.map(({ id }) => id));
  const { acknowledged, repeated, refused, troubles } = ledger;
  return [
    be(troubles.length === 0, 'Every valid event was accepted', troubles[0] ?? ''),
    be(
      missing.length === 0,
      `All ${acknowledged.length} acknowledged events are stored`,
      `${missing.length} are missing`,
    ),
    equal(ids.size, acknowledged.length, 'each under an id of its own'),
    be(
      repeated.length > 0 && repeated.every(({ first, again }) => first === again),
      `${repeated.length} webhooks that GitHub delivered again were not stored again`,
      JSON.stringify(repeated),
    ),
    be(
      refused.every(({ status }) => status >= 400 && status < 500),
      `${refused.length} wrong requests were refused with 4xx`,
      JSON.stringify(refused.map(({ what, status }) => [what, status])),
    ),
  ];
}

function delivering({ ledger, findings }: Evidence): Check[] {
  const expected = expectedDeliveries(ledger.events, findings.triggers);
  const ends = finalRuns(findings);
  const pairs = new Set(ends.map(({ event_id: id, trigger }) => `${id} ${trigger}`));
  const fires = (name: string, when: string, times: number) =>
    equal(completed(findings, name).length, times, `${name} fired ${times} times: ${when}`);
  return [
    equal(findings.open, 0, 'Nothing waits or is in work any more'),
    equal(ends.length, expected, `Each event met each trigger of its type: ${expected} deliveries came to an end`),
    equal(pairs.size, expected, 'and none of them twice'),
    fires('error-threshold', 'at each fifth error of a source', expectedAlerts(ledger.events)),
    fires('periodic-summary', 'at each tenth monitor event', expectedSummaries(ledger.events)),
    fires('new-issue', 'at each issue opened on GitHub', openedIssues(ledger)),
  ];
}

function failing({ ledger, findings }: Evidence): Check[] {
  const toBank = (bank: string) => ledger.acknowledged.filter(({ event }) => event['bank'] === bank);
  const [shaky, silent, closed] = [toBank('shaky'), toBank('silent'), toBank('closed')];
  const atSecond = completed(findings, 'book-payment').filter(({ attempt }) => attempt === 2);
  const letters = (reason: string, attempts: number) =>
    findings.deadLetters.filter((letter) => letter.reason === reason && letter.attempts === attempts);
  return [
    equal(
      idsOf(atSecond.map(({ event_id: id }) => ({ id }))),
      idsOf(shaky),
      `${shaky.length} payments to the shaky bank came through at the second attempt`,
    ),
    equal(
      idsOf(letters('attempts_exhausted', 3)),
      idsOf(silent),
      `${silent.length} payments to the silent bank are dead letters, after three attempts`,
    ),
    equal(
      idsOf(letters('permanent', 1)),
      idsOf(closed),
      `${closed.length} payments to the closed bank are dead letters, after one attempt`,
    ),
    equal(findings.deadLetters.length, silent.length + closed.length, 'There are no other dead letters'),
  ];
}

function acting({ findings, chatter, slack, tickets }: Evidence): Check[] {
  const alerts = completed(findings, 'error-threshold').length;
  const putOff = findings.runs.filter(({ outcome }) => outcome === 'deferred').length;
  const keys = ({ received }: HttpReceiver) => new Set(received.map(({ headers }) => headers['idempotency-key'])).size;
  const sent = Math.max(slack.received.length, tickets.received.length);
  return [
    be(chatter.allAnswered, 'Every chat message got an answer over its own socket', 'some got none'),
    equal(keys(slack), alerts, `Slack was told of each of the ${alerts} alerts`),
    equal(keys(tickets), alerts, 'and each has its ticket'),
    be(
      putOff > 0 && sent <= alerts + putOff,
      'Slack was busy at first: what was put off was done later, with the same idempotency key',
      `${putOff} put off, ${sent} calls for ${alerts} alerts`,
    ),
  ];
}

function completed({ runs }: Findings, trigger: string): Run[] {
  return runs.filter((run) => run.trigger === trigger && run.outcome === 'completed');
}

function openedIssues({ acknowledged }: Ledger): number {
  return acknowledged.filter(({ event, channel }) => {
    if (channel !== 'GitHub webhooks') return false;
    const { headers, body } = event as unknown as { headers: Record<string, string>; body: { action?: string } };
    return headers['x-github-event'] === 'issues' && body.action === 'opened';
  }).length;
}

function idsOf(items: readonly { id: string }[]): string {
  return items
    .map(({ id }) => id)
    .sort()
    .join(' ');
}

function equal(found: number | string, expected: number | string, sentence: string): Check {
  return be(found === expected, sentence, `expected ${shown(expected)}, found ${shown(found)}`);
}

function shown(value: number | string): string {
  return typeof value === 'number'
    ? String(value)
    : `${value === '' ? 0 : value.split(' ').length} (${value.slice(0, 80)}…)`;
}

function be(ok: boolean, sentence: string, found: string): Check {
  return { ok, sentence, found };
}
