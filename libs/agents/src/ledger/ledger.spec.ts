import { Parked, PermanentError, RetryLater } from '@reflex/core';
import { runWith, type CurrentRun } from '@reflex/observability';
import { calling, eventually } from '@reflex/test';
import { AgentStepsExceeded, InvalidAgentOutput, ModelUnavailable, OutcomeUnknown, RepeatedToolCall } from '..';
import { openCourt, respond, runOf, toolMessages, verdict, type Court } from '../testing/court';
import { MemoryLedger } from '../testing/memory-ledger';

let court: Court;
let ledger: MemoryLedger;

beforeEach(() => (ledger = new MemoryLedger()));
afterEach(() => court.close());

const outage = { error: { message: 'Broken' }, status: 500 };

/** One attempt of one delivery; answers what it used, and what it threw. */
async function attempt(
  input = 'The disk is full',
  { signal, in: past = ledger }: { signal?: AbortSignal; in?: MemoryLedger } = {},
): Promise<{ usage: CurrentRun['usage']; output: unknown; error: unknown }> {
  const run = runOf('event-1', signal, past);
  const [outcome] = await Promise.allSettled([runWith(run, () => court.judge.run(input))]);
  const { usage } = run;
  if (outcome.status === 'rejected') return { usage, output: undefined, error: outcome.reason };
  return { usage, output: outcome.value, error: undefined };
}

const asked = () => court.server.requests().length;
const called = (tool: string) => court.desk.calls.filter((call) => call.tool === tool);

describe('a later attempt', () => {
  it('goes on where the one before failed: answers and results are used again, not made again', async () => {
    court = await openCourt(calling(['send', { text: 'a' }], ['look_up', { word: 'disk' }]), outage, respond);

    const first = await attempt();
    const second = await attempt();

    expect(first.error).toBeInstanceOf(ModelUnavailable);
    expect(second.output).toEqual(verdict);
    expect(court.desk.calls.map(({ tool }) => tool)).toEqual(['send', 'look_up']);
    expect(asked()).toBe(3);
    expect(second.usage).toMatchObject({ answers_reused: 1, tool_calls: [{ reused: true }, { reused: true }] });
    expect(toolMessages(court, 2)).toEqual(toolMessages(court, 1));
  });

  it('of what was done to the end does nothing again, and gives the same answer', async () => {
    court = await openCourt(calling(['send', { text: 'a' }], ['pay', { amount: 1 }]), respond);

    const first = await attempt();
    const second = await attempt();

    expect(second.output).toEqual(first.output);
    expect(asked()).toBe(2);
    expect(court.desk.calls).toHaveLength(2);
    expect(second.usage).toMatchObject({ input_tokens: 0, output_tokens: 0, answers_reused: 2 });
  });

  it('with another question asks anew, yet repeats no call with the same arguments', async () => {
    court = await openCourt(calling(['send', { text: 'a' }]), respond, calling(['send', { text: 'a' }]), respond);

    await attempt('The disk is full');
    await attempt('The disk is nearly full');

    expect(asked()).toBe(4);
    expect(called('send')).toHaveLength(1);
  });

  it('of an execute-replay has effects and keys of its own', async () => {
    court = await openCourt(calling(['send', { text: 'a' }]), respond, calling(['send', { text: 'a' }]), respond);

    await attempt();
    await attempt(undefined, { in: new MemoryLedger(1) });

    expect(asked()).toBe(4);
    expect(new Set(called('send').map(({ key }) => key)).size).toBe(2);
  });

  it('does nothing once its lease is lost', async () => {
    court = await openCourt(calling(['send', { text: 'a' }]), respond);
    const stale = new Error('stale');
    ledger.before = (write, key) => {
      if (write === 'start' && key.length === 40) throw stale;
    };

    const { error } = await attempt();

    expect(error).toBe(stale);
    expect(court.desk.calls).toEqual([]);
    expect(asked()).toBe(1);
  });
});

describe('a call that was interrupted', () => {
  /** Stops the attempt while `tool` acts, and answers the attempt's outcome. */
  async function interrupted(tool: 'send' | 'pay') {
    court = await openCourt(calling([tool, tool === 'send' ? { text: 'a' } : { amount: 1 }]), respond);
    const { act } = court.desk;
    const stop = new AbortController();
    court.desk.act = () => new Promise(() => {});
    const running = attempt(undefined, { signal: stop.signal });
    await eventually(() => expect(called(tool)).toHaveLength(1));
    stop.abort(new Error('Shutting down'));
    await running;
    court.desk.act = act;
  }

  it('is repeated with the same key when it is keyed', async () => {
    await interrupted('send');

    const { output } = await attempt();

    expect(output).toEqual(verdict);
    const [first, second, ...others] = called('send');
    expect(second!.key).toBe(first!.key);
    expect(others).toEqual([]);
  });

  it('waits for a person when it is unkeyed, and every attempt until then', async () => {
    await interrupted('pay');

    const errors = [(await attempt()).error, (await attempt()).error];

    const [effect] = ledger.of('tool');
    for (const error of errors) {
      expect(error).toBeInstanceOf(Parked);
      expect(error).toMatchObject({ waitsFor: `effect:${effect!.id}` });
      expect((error as Error).message).toContain(`reflex effects resolve ${effect!.id}`);
    }
    expect(effect).toMatchObject({ name: 'pay', effect: 'unkeyed', status: 'unknown', input: { amount: 1 } });
    expect(called('pay')).toHaveLength(1);
  });

  it('waits for a person too when the process died in it', async () => {
    court = await openCourt(calling(['pay', { amount: 1 }]), respond);
    ledger.before = (write, key) => {
      // As if the process was gone before the result could be written.
      if (write === 'finish' && key.length === 40) throw new Error('gone');
    };
    await attempt();
    ledger.before = () => undefined;

    const { error } = await attempt();

    expect(error).toBeInstanceOf(Parked);
    expect(ledger.of('tool')).toMatchObject([{ status: 'unknown' }]);
    expect(called('pay')).toHaveLength(1);
  });

  it('goes on with the result that the person gave', async () => {
    await interrupted('pay');
    await ledger.finish(ledger.of('tool')[0]!.key, { status: 'done', result: 'receipt 7' });

    const { output } = await attempt();

    expect(output).toEqual(verdict);
    expect(called('pay')).toHaveLength(1);
    expect(toolMessages(court, 1)).toMatchObject([{ content: 'receipt 7' }]);
  });

  it('is called again when the person says that it did not happen', async () => {
    await interrupted('pay');
    await ledger.finish(ledger.of('tool')[0]!.key, { status: 'failed' });

    await attempt();

    expect(called('pay')).toHaveLength(2);
  });

  it('is one whose tool cannot tell whether it acted', async () => {
    court = await openCourt(calling(['send', { text: 'a' }], ['pay', { amount: 1 }]), respond);
    const { act } = court.desk;
    court.desk.act = () => {
      throw new OutcomeUnknown('No answer in 5 s.');
    };

    const { error } = await attempt();
    court.desk.act = act;
    await attempt();

    expect(error).toBeInstanceOf(Parked);
    expect(called('pay')).toHaveLength(1);
    expect(new Set(called('send').map(({ key }) => key)).size).toBe(1);
    expect(called('send')).toHaveLength(2);
  });
});

describe('a call that failed', () => {
  it('is told again as it was, when the model has gone on from it', async () => {
    court = await openCourt(calling(['send', { text: 'a' }]), outage, respond);
    court.desk.act = () => {
      throw new Error('Line is busy');
    };

    await attempt();
    const { usage } = await attempt();

    expect(called('send')).toHaveLength(1);
    expect(usage.tool_calls).toMatchObject([{ error: 'Line is busy', reused: true }]);
    expect(toolMessages(court, 2)).toEqual(toolMessages(court, 1));
  });

  it('is repeated with the same key by a model that tries again: it may have happened all the same', async () => {
    const send = calling(['send', { text: 'a' }]);
    court = await openCourt(send, send, send, respond);
    court.desk.act = () => {
      if (called('send').length === 1) throw new Error('Line is busy');
      return 'sent';
    };

    await attempt();

    const [first, second, third] = called('send').map(({ key }) => key);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it.each([new RetryLater('Come back', 10), new PermanentError('Never')])(
    'is repeated with the same key when it ended the attempt: %s',
    async (failure) => {
      court = await openCourt(calling(['pay', { amount: 1 }]), respond);
      const { act } = court.desk;
      court.desk.act = () => {
        throw failure;
      };

      const { error } = await attempt();
      court.desk.act = act;
      const second = await attempt();

      expect(error).toBe(failure);
      expect(second.output).toEqual(verdict);
      expect(new Set(called('pay').map(({ key }) => key)).size).toBe(1);
    },
  );
});

describe('answers that led nowhere', () => {
  it('are asked for again: an invalid one and its repair, but none before', async () => {
    const severe = calling(['respond', { level: 'severe' }]);
    court = await openCourt(calling(['send', { text: 'a' }]), severe, severe, respond);

    const first = await attempt();
    const second = await attempt();

    expect(first.error).toBeInstanceOf(InvalidAgentOutput);
    expect(second.output).toEqual(verdict);
    expect(second.usage).toMatchObject({ answers_reused: 1 });
    expect(called('send')).toHaveLength(1);
  });

  it('are all asked for again when the model never came to an end, yet no finished call is repeated', async () => {
    const [one, two] = [calling(['send', { text: 'one' }]), calling(['send', { text: 'two' }])];
    court = await openCourt(one, two, one, two, respond);

    const first = await attempt();
    const second = await attempt();

    expect(first.error).toBeInstanceOf(AgentStepsExceeded);
    expect(second.output).toEqual(verdict);
    expect(second.usage.answers_reused).toBeUndefined();
    expect(called('send')).toHaveLength(3);
  });

  it('count in a row over attempts: the third equal call is stopped, though each came from another attempt', async () => {
    const again = calling(['look_up', { word: 'disk' }]);
    court = await openCourt(again, outage, again, outage, again, respond);

    await attempt();
    await attempt();
    const { error } = await attempt();

    expect(error).toBeInstanceOf(RepeatedToolCall);
    expect(called('look_up')).toHaveLength(2);
    expect((await attempt()).output).toEqual(verdict);
  });
});

it('keeps what a model said that looks like an object of LangChain as plain data', async () => {
  const lc = { lc: 1, type: 'secret', id: ['OPENAI_API_KEY'] };
  court = await openCourt(calling(['look_up', { word: JSON.stringify(lc) }]), outage, respond);

  await attempt();
  const { usage } = await attempt();

  expect(usage.tool_calls).toMatchObject([{ input: { word: JSON.stringify(lc) }, reused: true }]);
});
