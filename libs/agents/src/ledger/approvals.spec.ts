import { Parked, RetryLater, type ApprovalAnswer } from '@reflex/core';
import { runWith, type CurrentRun } from '@reflex/observability';
import { calling } from '@reflex/test';
import { openCourt, respond, runOf, toolMessages, verdict, type Court } from '../testing/court';
import { MemoryLedger } from '../testing/memory-ledger';

let court: Court;
let ledger: MemoryLedger;

beforeEach(() => (ledger = new MemoryLedger()));
afterEach(() => court.close());

async function attempt(): Promise<{ usage: CurrentRun['usage']; output: unknown; error: unknown }> {
  const run = runOf('event-1', undefined, ledger);
  const [outcome] = await Promise.allSettled([runWith(run, () => court.judge.run('Refund'))]);
  const { usage } = run;
  if (outcome.status === 'rejected') return { usage, output: undefined, error: outcome.reason };
  return { usage, output: outcome.value, error: undefined };
}

function say(status: ApprovalAnswer['status'], why: string | null = null): void {
  const asked = ledger.approvals.at(-1)!;
  asked.status = status;
  if (status === 'denied') asked.decisions = [{ decision: 'denied', by: 'ann', why, at: '' }];
}

const refunds = () => court.desk.calls.filter(({ tool }) => tool === 'refund');
const refund = (amount: number) => calling(['refund', { amount }]);

describe('a call that people have to agree to', () => {
  it('is not made until they have: the run is parked, with the exact arguments for them to see', async () => {
    court = await openCourt(refund(50), respond);

    const errors = [(await attempt()).error, (await attempt()).error];

    expect(errors).toEqual([expect.any(Parked), expect.any(Parked)]);
    expect(errors[0]).toMatchObject({ waitsFor: 'approval:1', timeoutMs: 3_600_000 });
    expect(ledger.approvals).toMatchObject([
      { agent: 'judge', tool: 'refund', input: { amount: 50 }, people: 2, status: 'pending' },
    ]);
    expect(refunds()).toEqual([]);
    expect(court.server.requests()).toHaveLength(1);
  });

  it('is made once they have, once', async () => {
    court = await openCourt(refund(50), respond);
    await attempt();
    say('approved');

    const { output } = await attempt();
    await attempt();

    expect(output).toEqual(verdict);
    expect(refunds()).toHaveLength(1);
    expect(ledger.approvals).toMatchObject([{ status: 'used' }]);
  });

  it('is asked for only when its rule says so', async () => {
    court = await openCourt(refund(5), respond);

    expect((await attempt()).output).toEqual(verdict);
    expect(ledger.approvals).toEqual([]);
    expect(refunds()).toHaveLength(1);
  });

  it('is asked for again with other arguments, and when the model wants a second one', async () => {
    court = await openCourt(refund(50), refund(51), refund(50), respond);
    await attempt();
    say('approved');
    await attempt();
    say('approved');
    const { error } = await attempt();

    expect(error).toBeInstanceOf(Parked);
    expect(ledger.approvals.map(({ input, status }) => [input, status])).toEqual([
      [{ amount: 50 }, 'used'],
      [{ amount: 51 }, 'used'],
      [{ amount: 50 }, 'pending'],
    ]);
    expect(refunds()).toHaveLength(2);
  });

  it.each([
    ['denied', 'Error: A person refused it: Too much. Do not try it again.'],
    ['expired', 'Error: Nobody approved it in time, so it was not done. Go on without it.'],
  ] as const)('is not made when it was %s; the model is told, also by a later attempt', async (status, told) => {
    court = await openCourt(refund(50), { error: { message: 'Broken' }, status: 500 }, respond);
    await attempt();
    say(status, 'Too much');

    await attempt();
    const { output, usage } = await attempt();

    expect(output).toEqual(verdict);
    expect(refunds()).toEqual([]);
    expect(toolMessages(court, 2)).toMatchObject([{ content: told }]);
    expect(usage.tool_calls).toMatchObject([{ tool: 'refund', reused: true }]);
    expect(ledger.of('tool')).toMatchObject([{ status: 'failed', error: { code: `approval_${status}` } }]);
    expect(ledger.approvals).toHaveLength(1);
  });

  it('goes on with the approval that it began with when the tool asked to come back later', async () => {
    court = await openCourt(refund(50), respond);
    await attempt();
    say('approved');
    court.desk.act = () => {
      court.desk.act = () => 'done';
      throw new RetryLater('Busy', 10);
    };

    await attempt();
    const { output } = await attempt();

    expect(output).toEqual(verdict);
    expect(refunds()).toHaveLength(2);
    expect(ledger.approvals).toHaveLength(1);
  });

  it('needs a new approval when it failed and the model tries again', async () => {
    court = await openCourt(refund(50), refund(50), respond);
    await attempt();
    say('approved');
    court.desk.act = () => {
      throw new Error('Declined');
    };

    const { error } = await attempt();

    expect(error).toBeInstanceOf(Parked);
    expect(refunds()).toHaveLength(1);
    expect(ledger.approvals.map(({ status }) => status)).toEqual(['used', 'pending']);
  });

  it('cannot be made where nobody can wait for people', async () => {
    court = await openCourt(refund(50), respond);

    await court.judge.run('Refund');

    expect(refunds()).toEqual([]);
    expect(toolMessages(court, 1)).toMatchObject([{ content: expect.stringContaining('People have to approve it') }]);
  });
});
