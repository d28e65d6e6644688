import { runWith } from '@reflex/observability';
import { calling, eventually } from '@reflex/test';
import { AgentOutOfTime } from '.';
import { openCourt, respond, runOf, type Court } from './testing/court';

let court: Court;

afterEach(() => court.close());

describe('what an attempt keeps', () => {
  it('adds model, tokens and tool calls to the attempt', async () => {
    const usage = (prompt_tokens: number, completion_tokens: number) => ({
      usage: { prompt_tokens, completion_tokens },
    });
    court = await openCourt(
      { ...calling(['look_up', { word: 'disk' }]), ...usage(100, 7) },
      { ...respond, ...usage(150, 20) },
    );
    const run = runOf('event-1');

    const { usage: own } = await runWith(run, () => court.judge.runDetailed('x'));

    expect(run.usage).toEqual({
      model: 'openai:gpt-4o-mini',
      input_tokens: 250,
      output_tokens: 27,
      cost_usd: 0.000_053_7,
      agents: [
        {
          agent: 'judge',
          runs: 1,
          input_tokens: 250,
          output_tokens: 27,
          cost_usd: 0.000_053_7,
          duration_ms: expect.any(Number) as number,
        },
      ],
      tool_calls: [
        {
          tool: 'look_up',
          input: { word: 'disk' },
          output: { found: 'disk', nul: 'ab' },
          duration_ms: expect.any(Number) as number,
        },
      ],
    });
    const { agents: _agents, ...sums } = run.usage;
    expect(own).toEqual(sums);
  });

  it('gives a call the same key on a retry, and other keys to other calls', async () => {
    const twice = calling(['send', { text: 'a' }], ['send', { text: 'a' }], ['send', { text: 'b' }]);
    court = await openCourt(twice, respond, twice, respond, twice, respond);
    const keys = async (eventId: string) => {
      court.desk.calls.length = 0;
      await runWith(runOf(eventId), () => court.judge.run('x'));
      return court.desk.calls.map(({ key }) => key);
    };

    const first = await keys('event-1');
    const retry = await keys('event-1');
    const other = await keys('event-2');

    expect(retry).toEqual(first);
    expect(new Set([...first, ...other]).size).toBe(6);
  });

  it('counts equal calls of one attempt together, also over several runs of agents', async () => {
    const send = calling(['send', { text: 'a' }]);
    court = await openCourt(send, respond, send, respond);

    await runWith(runOf('event-1'), async () => {
      await court.judge.run('x');
      await court.judge.run('x');
    });

    const [first, second] = court.desk.calls;
    expect(second!.key).not.toBe(first!.key);
  });
});

describe('aborting', () => {
  const reason = new Error('Shutting down');

  it('ends a call of the model when the attempt is aborted', async () => {
    let asked = 0;
    court = await openCourt(() => {
      asked += 1;
      return new Promise(() => {});
    });
    const attempt = new AbortController();
    const running = runWith(runOf('event-1', attempt.signal), () => court.judge.run('x'));
    await eventually(() => expect(asked).toBe(1));

    attempt.abort(reason);

    await expect(running).rejects.toBe(reason);
  });

  it('ends a tool that does not listen, and keeps the record of its call', async () => {
    // In its last step, where it must not look like a model that never answers.
    const send = calling(['send', { text: 'x' }]);
    court = await openCourt(send, send, calling(['hang', {}]));
    const attempt = new AbortController();
    const run = runOf('event-1', attempt.signal);
    const running = runWith(run, () => court.judge.run('x'));
    await eventually(() => expect(court.desk.calls).toHaveLength(3));

    attempt.abort(reason);

    await expect(running).rejects.toBe(reason);
    expect(run.usage.tool_calls.at(-1)).toMatchObject({ tool: 'hang', error: 'Shutting down' });
  });

  it('ends a run that is out of time', async () => {
    court = await openCourt(calling(['hang', {}]), respond);

    await expect(court.hasty.run('x')).rejects.toBeInstanceOf(AgentOutOfTime);
  });
});
