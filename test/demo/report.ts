import { styleText } from 'node:util';
import type { Check, Evidence } from './checks';
import { type DemoService, startKey } from './demo-service';
import { finalRuns, type Run } from './findings';
import type { Channel } from './ledger';
import { cut, Page } from './page';

const CHANNELS: Channel[] = ['GitHub webhooks', 'HTTP', 'WebSocket'];
const SAMPLE = 90;

/** What happened, for a person who sees the service for the first time. */
export function report(evidence: Evidence, service: DemoService): string {
  const page = new Page();
  cameIn(page, evidence);
  triggersDid(page, evidence);
  saidNo(page, evidence);
  agentsSaid(page, evidence);
  toolsWereCalled(page, evidence);
  failed(page, evidence);
  latencies(page, evidence, service);
  return page.toString();
}

export function verdict(checks: Check[]): string {
  const page = new Page().heading('Checked against what must come of these events');
  for (const { ok, sentence, found } of checks) {
    page.line(`${ok ? styleText('green', '✓') : styleText('red', '✗')} ${sentence}${ok ? '' : ` — ${found}`}`);
  }
  return page.toString();
}

function cameIn(page: Page, { ledger, findings }: Evidence): void {
  const types = [...new Set(ledger.events.map(({ type }) => type))].sort();
  const rows = types.map((type) => {
    const counts = CHANNELS.map(
      (channel) => ledger.byChannel(channel).filter(({ event }) => event.type === type).length,
    );
    return [type, ...counts, counts.reduce((sum, count) => sum + count, 0)];
  });
  page.heading('What came in').table(rows, ['event type', ...CHANNELS, 'total']);
  const own = tally(findings.events.map(({ type }) => type).filter((type) => !types.includes(type)));
  page.line().line(`Published by the service itself: ${own.map(([type, count]) => `${count} × ${type}`).join(', ')}`);
  page.line().line('Refused, as they must be:');
  for (const { what, status, message } of ledger.refused) {
    page.line(`${status} ${what}`).paragraph(message, 4);
  }
}

const OUTCOMES = ['completed', 'accumulated', 'filtered', 'failed', 'deferred', 'dead_letter'] as const;
const OUTCOME_NAMES = ['fired', 'not yet', 'filtered', 'retried', 'put off', 'dead letter'];

function triggersDid(page: Page, { findings }: Evidence): void {
  const { runs, triggers } = findings;
  const ends = finalRuns(findings);
  const rows = triggers.map(({ name, types }) => [
    name,
    ends.filter(({ trigger }) => trigger === name).length,
    ...OUTCOMES.map((outcome) => runs.filter((run) => run.trigger === name && run.outcome === outcome).length),
    types.join(' '),
  ]);
  page
    .heading('What the triggers did with the events of their types')
    .table(rows, ['trigger', 'deliveries', ...OUTCOME_NAMES, 'listens to']);
}

function saidNo(page: Page, { findings: { runs } }: Evidence): void {
  const reasons = runs.flatMap(({ trigger, reason, outcome }) =>
    reason !== null && outcome !== 'deferred' ? [`${trigger}\u0000${withoutFigures(reason)}`] : [],
  );
  const rows = tally(reasons).map(([key, count]) => [count, ...key.split('\u0000')]);
  page.heading('Why they said no').table(rows.slice(0, 10));
}

function agentsSaid(page: Page, { findings: { runs, events }, chatter }: Evidence): void {
  const sources = new Map(events.map(({ id, source }) => [id, source]));
  const of = (trigger: string) => runs.filter((run) => run.trigger === trigger && run.outcome === 'completed');
  page.heading('What the agents said (the offline model: rules, no understanding)');
  for (const run of differing(of('error-threshold'), ({ event_id: id }) => sources.get(id)!, 3)) {
    const { severity, summary } = run.result as { severity: string; summary: string };
    page.paragraph(`alert agent, five errors of ${sources.get(run.event_id)}:`);
    page.paragraph(`${severity}: ${cut(summary, 2 * SAMPLE)}`, 4);
  }
  for (const { result } of of('periodic-summary').slice(0, 1)) {
    const { event_count: count, highlights } = result as { event_count: number; highlights: string[] };
    page.paragraph('summary agent, ten monitor events:');
    page.paragraph(cut(`${count} events; ${highlights.join('; ')}`, 2 * SAMPLE), 4);
  }
  for (const { client, asked, answered } of chatter.conversations('immediate-reply').slice(0, 3)) {
    page.paragraph(`${client}, over a WebSocket: ${asked}`);
    page.paragraph(cut(String(answered), 2 * SAMPLE), 4);
  }
  page.line().line(`${chatter.answers} answers went back over the WebSockets that the messages came from.`);
}

function toolsWereCalled(page: Page, { findings: { runs }, slack, tickets }: Evidence): void {
  const usages = runs.flatMap(({ usage }) => (usage ? [usage] : []));
  const calls = usages.flatMap(({ tool_calls: made }) => made);
  const tokens = usages.reduce((sum, usage) => sum + usage.input_tokens + usage.output_tokens, 0);
  page.heading('What the agents did');
  page.table(
    tally(calls.map(({ tool }) => tool)).map(([tool, count]) => {
      const durations = calls.filter((call) => call.tool === tool).map((call) => call.duration_ms);
      return [
        tool,
        count,
        calls.filter((call) => call.tool === tool && call.error).length,
        ms(quantile(durations, 0.5)),
      ];
    }),
    ['tool', 'calls', 'of which failed', 'p50'],
  );
  page.line(`About ${tokens.toLocaleString('en')} tokens in and out, as the offline model guesses them.`);
  const [message] = slack.received.map(({ body }) => body as { channel: string; text: string });
  const [ticket] = tickets.received.map(({ body }) => body as { title: string; priority: string });
  page.line().line(`Slack (here: a receiver of the demo) got ${slack.received.length} messages, the first one:`);
  page.paragraph(cut(`${message?.channel}: ${message?.text}`, 2 * SAMPLE), 4);
  page.line(`The ticket system (another one) got ${tickets.received.length} tickets, the first one:`);
  page.paragraph(cut(`${ticket?.priority}: ${ticket?.title}`, 2 * SAMPLE), 4);
}

function failed(page: Page, { findings: { runs, deadLetters } }: Evidence): void {
  page.heading('What failed (book-payment does so on purpose)');
  const failures = runs.filter(({ outcome }) => outcome === 'failed' || outcome === 'deferred');
  const kinds = tally(
    failures.map(({ trigger, outcome, error, reason }) => {
      const then = outcome === 'failed' ? 'retried' : 'put off';
      return [trigger, then, withoutPorts(error?.message ?? reason ?? '')].join('\u0000');
    }),
  );
  page.table(kinds.map(([key, count]) => [count, ...key.split('\u0000')]));
  page.line().line(`Dead letters: ${deadLetters.length}`);
  const letters = tally(
    deadLetters.map(({ trigger, reason, attempts, error }) =>
      [trigger, reason, `attempts: ${attempts}`, error.message].join('\u0000'),
    ),
  );
  page.table(letters.map(([key, count]) => [count, ...key.split('\u0000')]));
}

function latencies(page: Page, { ledger, findings }: Evidence, { starts }: DemoService): void {
  const waits = (trigger: string) =>
    ledger.acknowledged.flatMap(({ id, sentAt }) => {
      const startedAt = starts.get(startKey(trigger, id));
      return startedAt === undefined ? [] : [startedAt - sentAt];
    });
  const rows = findings.triggers
    .map(({ name }) => [name, waits(name)] as const)
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => [
      name,
      name === 'pulse' ? 'calm: one event every 10 ms' : 'rush: all at once, as fast as it goes',
      values.length,
      ms(quantile(values, 0.5)),
      ms(quantile(values, 0.99)),
    ]);
  page.heading('From sending the request to the start of the handler');
  page.table(rows, ['trigger', 'during the', 'starts', 'p50', 'p99']);
  page.paragraph(
    'Sender, service and receivers share one Node process here. In the rush events wait for their turn: those of one scope are worked on one after the other, and periodic-summary has a single one.',
  );
}

/** How often each text occurs, the most frequent first. */
function tally(texts: string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** One run per key, at most so many. */
function differing(runs: Run[], key: (run: Run) => string, most: number): Run[] {
  return [...new Map(runs.map((run) => [key(run), run])).values()].slice(0, most);
}

function withoutFigures(reason: string): string {
  return reason
    .replace(/^\d+ of/, 'n of')
    .replace(/: "[^"]*" is not/, ': … is not')
    .replace(/: undefined is not/, ': … is not');
}

function withoutPorts(message: string): string {
  return message.replaceAll(/127\.0\.0\.1:\d+/g, 'Slack');
}

function quantile(values: number[], share: number): number {
  const ordered = values.toSorted((a, b) => a - b);
  return ordered[Math.min(ordered.length - 1, Math.floor(share * ordered.length))] ?? 0;
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}
