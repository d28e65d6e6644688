import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Agent, LangChainAgent, mcpServer, ModelUnavailable, Tool } from '..';
import { fakeTool, OffScript, runAgent, scriptedModel, ToolNotFaked } from '.';
import { Judge, Talker, verdict } from './court';

class Letters {
  text(_word: string): string {
    return '';
  }
}

@Injectable()
class PostTool {
  constructor(private readonly letters: Letters) {}

  @Tool({ description: 'Writes.', input: z.object({ word: z.string() }), effect: 'unkeyed', approval: 'always' })
  write({ word }: { word: string }): string {
    return this.letters.text(word);
  }
}

const shop = mcpServer({ name: 'shop', url: 'http://127.0.0.1:1/mcp', allow: ['find'] });

@Agent({ name: 'writer', prompt: 'Write letters.', tools: [PostTool, shop], memory: {} })
class Writer extends LangChainAgent {}

const lookUp = { calls: [{ tool: 'look_up', input: { word: 'disk' } }] };

describe('runAgent', () => {
  it('gives what the agent answered, called, used and was asked', async () => {
    const found = fakeTool('look_up', { found: 'a full disk' });

    const run = await runAgent(
      Judge,
      { task: 'Judge this.', data: 'The disk is full' },
      {
        model: [
          { ...lookUp, usage: { input_tokens: 100, output_tokens: 5 } },
          { expects: ['a full disk', /^Judge\./], output: verdict, usage: { input_tokens: 120, output_tokens: 9 } },
        ],
        tools: [found],
      },
    );

    expect(run.output).toEqual(verdict);
    expect(run.calls).toMatchObject([{ tool: 'look_up', input: { word: 'disk' }, output: { found: 'a full disk' } }]);
    expect(found.calls).toEqual([
      { tool: 'look_up', input: { word: 'disk', limit: 3 }, id: 'scripted_1_0', agent: 'judge' },
    ]);
    expect(run).toMatchObject({ steps: 2, usage: { input_tokens: 220, output_tokens: 14 } });
    expect(run.prompts).toHaveLength(2);
    expect(run.prompts[0]!.prompt).toMatch(/^Judge\./);
    expect(run.prompts[0]!.messages.map(({ text }) => text)).toEqual([
      'Judge this.\n\n<event-data>\nThe disk is full\n</event-data>',
    ]);
    expect(run.prompts[0]!.tools).toEqual(['look_up', 'send', 'pay', 'refund', 'meet', 'hang', 'respond']);
  });

  it('answers calls in order, the last answer again, throws errors, and computes', async () => {
    const words = ['disk', 'fan', 'cable'];
    const thrice = { calls: words.map((word) => ({ tool: 'look_up', input: { word } })) };
    const tool = fakeTool('look_up', new Error('Closed'), ({ input }: { input: unknown }) => ({ asked: input }));

    const { calls } = await runAgent(Judge, 'x', {
      model: [thrice, { output: verdict }, { output: verdict }],
      tools: [tool],
    });

    const asked = (word: string) => ({ asked: { word, limit: 3 } });
    expect(calls.map(({ error, output }) => error ?? output)).toEqual(['Closed', asked('fan'), asked('cable')]);
  });

  it('fails when the model calls what nobody has replaced, and when a fake replaces nothing', async () => {
    const missing = runAgent(Judge, 'x', { model: [lookUp] });
    const stray = runAgent(Judge, 'x', { model: [], tools: [fakeTool('lookUp', '')] });

    await expect(missing).rejects.toThrow(ToolNotFaked);
    await expect(missing).rejects.toThrow(
      /called "look_up" with \{"word":"disk","limit":3\}.*fakeTool\('look_up', …\)/,
    );
    await expect(stray).rejects.toThrow(/no tool "lookUp" to be faked. The tools are: look_up, send, pay/);
  });

  it('needs neither approvals, nor MCP servers, nor what tools are made of, and begins with what was said before', async () => {
    const model = scriptedModel([
      { expects: ['My name is Ann', 'Hello Ann'], calls: [{ tool: 'write', input: { word: 'a' } }] },
      { calls: [{ tool: 'shop_find', input: { name: 'chair' } }] },
      'Done.',
    ]);

    const { output, calls } = await runAgent(Writer, 'Write', {
      model,
      tools: [fakeTool('write', 'sent'), fakeTool('shop_find', 'a chair')],
      before: {
        summary: null,
        said: [
          { role: 'user', content: 'My name is Ann' },
          { role: 'assistant', content: 'Hello Ann' },
        ],
      },
    });

    expect(output).toBe('Done.');
    expect(calls.map((call) => call.output)).toEqual(['sent', 'a chair']);
    expect(model.left).toBe(0);
  });
});

describe('a scripted model', () => {
  it('fails when the script has ended, and says what it was told last', async () => {
    const run = runAgent(Judge, 'x', { model: [lookUp], tools: [fakeTool('look_up', 'nothing found')] });

    await expect(run).rejects.toThrow(OffScript);
    await expect(run).rejects.toThrow(/ends after 1 answers, but the model is asked for answer 2;.*nothing found/);
  });

  it('fails when the question does not hold what is expected', async () => {
    await expect(runAgent(Talker, 'Hi', { model: [{ expects: 'Bye', text: 'x' }] })).rejects.toThrow(
      /Question 1 does not hold "Bye". The model was asked:\nTalk\.[^]*Hi/,
    );
  });

  it('throws errors as a provider would, and answers by functions of what it is asked', async () => {
    const failing = runAgent(Talker, 'Hi', { model: [Object.assign(new Error('overloaded'), { status: 503 })] });
    const echo = runAgent(Talker, 'Hi', { model: [({ messages }) => `You said ${messages[0]!.text}`] });

    await expect(failing).rejects.toThrow(ModelUnavailable);
    await expect(failing).rejects.toThrow(/overloaded/);
    await expect(echo).resolves.toMatchObject({ output: expect.stringContaining('Hi\n</event-data>') as string });
  });

  it('streams its words, and tells the tokens of a question when nobody says', async () => {
    const model = scriptedModel(['One two three.']);
    const words: string[] = [];

    for await (const chunk of await model.stream('Count, please')) words.push(chunk.text);

    expect(words.filter((word) => word !== '')).toEqual(['One ', 'two ', 'three.']);
    expect((await runAgent(Talker, 'Hi', { model: ['Hello.'] })).usage.output_tokens).toBeGreaterThan(0);
  });
});
