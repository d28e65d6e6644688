import { anthropicBeginning, calling, openaiPiece, startRawModelServer, streamHead } from '@reflex/test';
import { AnswerTooLong } from '../errors';
import { asking, failureOf } from '../testing/ask';
import { openCourt, respond, toolMessages, verdict, type Court } from '../testing/court';

describe.each([
  ['openai:gpt-4o-mini', '/v1/chat/completions', 'authorization'],
  ['anthropic:claude-sonnet-4-5', '/v1/messages', 'x-api-key'],
  ['own:qwen3:8b', '/v1/chat/completions', 'authorization'],
])('an agent on %s', (model, path, header) => {
  let court: Court;

  afterEach(() => court.close());

  it('calls tools and answers, streamed, with its tokens counted', async () => {
    const usage = { prompt_tokens: 100, completion_tokens: 7, input_tokens: 100, output_tokens: 7 };
    const twoCalls = calling(['look_up', { word: 'disk' }], ['look_up', { word: 'ram' }]);
    court = await openCourt({ ...twoCalls, usage }, { ...respond, usage });

    const outcome = await court.judge.runDetailed({ task: 'Judge it.', data: 'The disk is full' }, { model });

    expect(outcome.output).toEqual(verdict);
    expect(outcome.usage).toMatchObject({ model, input_tokens: 200, output_tokens: 14 });
    expect(court.desk.calls.map(({ input }) => (input as { word: string }).word)).toEqual(['disk', 'ram']);
    expect(toolMessages(court, 1)).toHaveLength(2);
    expect(court.server.requests()[0]).toMatchObject({ model: model.slice(model.indexOf(':') + 1), stream: true });
    expect(court.server.requests()[0]).toMatchObject({ max_tokens: 8_192 });
    expect(court.server.heads()[0]!.path).toBe(path);
    expect(court.server.heads()[0]!.headers).toHaveProperty(header);
  });
});

describe('an answer that the model cut off', () => {
  it('is an error, with the setting that allows more, and no answer', async () => {
    const server = await startRawModelServer((response) => {
      streamHead(response);
      response.end(openaiPiece('To be or', 'length'));
    });
    const { ask } = asking({ openai: { baseUrl: server.url }, limits: { outputTokens: 20 } });

    const error = await failureOf(ask('openai:m'));
    await server.stop();

    expect(error).toBeInstanceOf(AnswerTooLong);
    expect(error.message).toContain('20 tokens (MODEL_MAX_OUTPUT_TOKENS)');
  });

  it('is known of Anthropic too', async () => {
    const server = await startRawModelServer((response) => {
      streamHead(response);
      response.write(anthropicBeginning('To be or'));
      const delta = { type: 'message_delta', delta: { stop_reason: 'max_tokens' }, usage: { output_tokens: 3 } };
      response.write(`event: message_delta\ndata: ${JSON.stringify(delta)}\n\n`);
      response.end(`event: message_stop\ndata: {"type":"message_stop"}\n\n`);
    });
    const { ask } = asking({ anthropic: { baseUrl: new URL(server.url).origin } });

    const error = await failureOf(ask('anthropic:claude-sonnet-4-5'));
    await server.stop();

    expect(error).toBeInstanceOf(AnswerTooLong);
  });
});

describe('a server that does not keep to the protocol in all', () => {
  type Call = { index?: number; id?: string; function: { name?: string; arguments?: string } };

  const answering = async (...pieces: Call[][]) => {
    const server = await startRawModelServer((response) => {
      streamHead(response);
      for (const calls of pieces) {
        const choice = { index: 0, delta: { role: 'assistant', content: '', tool_calls: calls }, finish_reason: null };
        response.write(`data: ${JSON.stringify({ id: 'c', choices: [choice] })}\n\n`);
      }
      response.end(openaiPiece('', 'tool_calls'));
    });
    const turn = await asking({ openai: { baseUrl: server.url } }).ask('openai:m');
    await server.stop();
    return turn;
  };

  it('may count all calls as the first', async () => {
    const { calls } = await answering(
      [{ index: 0, id: 'a', function: { name: 'look_up', arguments: '{"word":"disk"}' } }],
      [{ index: 0, id: 'b', function: { name: 'look_up', arguments: '{"word":"ram"}' } }],
    );

    expect(calls).toEqual([
      { id: 'a', name: 'look_up', input: { word: 'disk' } },
      { id: 'b', name: 'look_up', input: { word: 'ram' } },
    ]);
  });

  it('may leave out ids, numbers, arguments and the count of tokens', async () => {
    const turn = await answering([{ function: { name: 'look_up' } }], [{ function: { name: 'send', arguments: '' } }]);

    expect(turn.calls).toEqual([
      { id: 'call_1_0', name: 'look_up', input: {} },
      { id: 'call_1_1', name: 'send', input: {} },
    ]);
    expect(turn.usage).toBeUndefined();
  });

  it('sends the arguments of one call in pieces', async () => {
    const { calls } = await answering(
      [{ index: 0, id: 'a', function: { name: 'look_up', arguments: '{"wo' } }],
      [{ index: 1, id: 'b', function: { name: 'send', arguments: '{"text":' } }],
      [{ index: 0, function: { arguments: 'rd":"disk"}' } }],
      [{ index: 1, function: { arguments: ' oops' } }],
    );

    expect(calls).toEqual([
      { id: 'a', name: 'look_up', input: { word: 'disk' } },
      { id: 'b', name: 'send', input: {}, malformed: '{"text": oops' },
    ]);
  });
});
