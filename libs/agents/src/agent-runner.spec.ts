import { PermanentError, RetryLater } from '@reflex/core';
import { calling } from '@reflex/test';
import { AgentStepsExceeded, InvalidAgentOutput, RepeatedToolCall } from '.';
import { openCourt, respond, toolMessages, verdict, type Court } from './testing/court';

let court: Court;

afterEach(() => court.close());

describe('the loop of an agent', () => {
  it('executes tools with valid input, shows their results to the model, and returns the answer', async () => {
    court = await openCourt(calling(['look_up', { word: 'disk' }]), respond);

    const outcome = await court.judge.runDetailed('The disk is full');

    expect(outcome.output).toEqual(verdict);
    expect(outcome.steps).toBe(2);
    expect(court.desk.calls).toMatchObject([{ tool: 'look_up', input: { word: 'disk', limit: 3 } }]);
    expect(toolMessages(court, 1)).toMatchObject([{ content: '{"found":"disk","nul":"ab"}' }]);
  });

  it('executes the calls of one step side by side', async () => {
    court = await openCourt(calling(['meet', {}], ['meet', {}]), respond);

    await court.judge.run('Meet');

    expect(toolMessages(court, 1).map(({ content }) => content)).toEqual(['met', 'met']);
  });

  it('tells the model about wrong arguments, broken JSON, unknown tools and failures of tools', async () => {
    court = await openCourt(
      calling(['look_up', { word: 'a', limit: 99 }], ['look_up', '{"word": '], ['fly', {}]),
      calling(['look_up', { word: 'b' }]),
      respond,
    );
    court.desk.failWith = new Error('Catalogue is closed');

    await court.judge.run('Look');

    const [tooMany, broken, unknown] = ['limit', 'not JSON', 'no tool \\"fly\\"'];
    expect(JSON.stringify(toolMessages(court, 1)[0])).toContain(tooMany);
    expect(JSON.stringify(toolMessages(court, 1)[1])).toContain(broken);
    expect(JSON.stringify(toolMessages(court, 1)[2])).toContain(unknown);
    expect(toolMessages(court, 2).at(-1)!.content).toBe('Error: Catalogue is closed');
    expect(court.desk.calls).toHaveLength(1);
  });

  it.each([new PermanentError('Never'), new RetryLater('Later', 5_000)])(
    'lets a tool decide about the whole attempt: %s',
    async (error) => {
      court = await openCourt(calling(['look_up', { word: 'a' }]), respond);
      court.desk.failWith = error;

      await expect(court.judge.run('Look')).rejects.toBe(error);
      expect(court.server.requests()).toHaveLength(1);
    },
  );

  it('stops after maxSteps and says what the model was doing', async () => {
    const [one, two] = [calling(['send', { text: 'one' }]), calling(['send', { text: 'two' }])];
    court = await openCourt(one, two, one, two);

    const error = await court.judge.run('Go on').catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(AgentStepsExceeded);
    expect(error).toBeInstanceOf(PermanentError);
    expect((error as Error).message).toContain('no answer within 3 steps; its last step called send');
    expect(court.server.requests()).toHaveLength(3);
  });

  it.each([
    ['in three steps', [calling(['look_up', { word: 'a' }]), calling(['look_up', { word: 'a' }])], 2],
    [
      'with its fields in another order',
      [calling(['look_up', { limit: 1, word: 'a' }]), calling(['look_up', { word: 'a', limit: 1 }])],
      2,
    ],
    ['in one step', [calling(['look_up', { word: 'a' }], ['look_up', { word: 'a' }], ['look_up', { word: 'a' }])], 0],
    ['of a tool that there is not', [calling(['fly', {}]), calling(['fly', {}])], 0],
    ['that is not JSON', [calling(['look_up', '{"wo']), calling(['look_up', '{"wo'])], 0],
  ])('stops at the third equal call %s, whatever the tool answers', async (_how, replies, executed) => {
    court = await openCourt(...replies, replies[0]!, respond);
    court.desk.failWith = new Error('Not now');

    const error = await court.judge.run('Look').catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(RepeatedToolCall);
    expect(error).toBeInstanceOf(PermanentError);
    expect(error).toMatchObject({ code: 'repeated_tool_call' });
    expect(court.desk.calls).toHaveLength(executed);
  });

  it('lets equal calls pass that do not follow each other', async () => {
    const [a, b] = [
      calling(['look_up', { word: 'a' }], ['look_up', { word: 'a' }]),
      calling(['look_up', { word: 'b' }], ['look_up', { word: 'a' }]),
    ];
    court = await openCourt(a, b, respond);

    expect(await court.judge.run('Look')).toEqual(verdict);
    expect(court.desk.calls).toHaveLength(4);
  });

  it('does not take an answer that was given beside a tool that failed', async () => {
    court = await openCourt(calling(['look_up', { word: 'a' }], ['respond', verdict]), respond);
    court.desk.failWith = new Error('Catalogue is closed');

    const { steps } = await court.judge.runDetailed('Look');

    expect(steps).toBe(2);
    expect(toolMessages(court, 1).map(({ content }) => content)).toEqual([
      'Error: Catalogue is closed',
      expect.stringContaining('Not taken yet'),
    ]);
  });

  it('refuses calls beyond the budget and tells the model', async () => {
    court = await openCourt(calling(['send', { text: '1' }], ['send', { text: '2' }]), respond);

    await expect(court.thrifty.run('Send')).resolves.toEqual(verdict);
    expect(court.desk.calls).toHaveLength(1);
    expect(toolMessages(court, 1)[1]!.content).toContain('budget of 1 tool calls is used up');
  });
});

describe('the answer', () => {
  it('is asked for once more when it does not fit, with what was wrong', async () => {
    court = await openCourt(calling(['respond', { level: 'severe' }]), respond);

    await expect(court.judge.run('x')).resolves.toEqual(verdict);

    expect(toolMessages(court, 1)[0]!.content).toContain('level');
    expect(court.server.requests()[1]!.tool_choice).toEqual({ type: 'function', function: { name: 'respond' } });
  });

  it('keeps the words of a model that fails twice', async () => {
    court = await openCourt({ content: 'I would rather talk.' }, calling(['respond', { level: 'severe' }]));

    const error = (await court.judge.run('x').catch((thrown: unknown) => thrown)) as InvalidAgentOutput;

    expect(error).toBeInstanceOf(InvalidAgentOutput);
    expect(error.message).toContain('{"level":"severe"}');
    expect(error.details).toMatchObject({ output: '{"level":"severe"}' });
  });

  it('is read from text too, for servers that do not know tools well', async () => {
    court = await openCourt({ content: `Sure:\n\`\`\`json\n${JSON.stringify(verdict)}\n\`\`\`` });

    await expect(court.judge.run('x')).resolves.toEqual(verdict);
  });

  it('executes no tools while the answer is repaired', async () => {
    court = await openCourt({ content: '' }, calling(['send', { text: 'x' }]));

    await expect(court.judge.run('x')).rejects.toBeInstanceOf(InvalidAgentOutput);
    expect(court.desk.calls).toEqual([]);
  });

  it('is text for an agent without a schema', async () => {
    court = await openCourt({ content: 'Hello.' });

    await expect(court.talker.run('Hi')).resolves.toBe('Hello.');
    expect(court.server.requests()[0]!.tools).toBeUndefined();
  });
});
