import { Injectable, Module, Scope, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { Agent, AgentRegistry, AgentsModule, AgentSetupError, LangChainAgent, Tool } from '.';

const input = z.object({ text: z.string() });
const output = z.object({ ok: z.boolean() });
type Output = z.infer<typeof output>;

@Injectable()
class Tools {
  @Tool({ description: 'Send it', input, effect: 'keyed' })
  sendSlackMessage(_input: { text: string }) {}
}

@Injectable()
class SameTool {
  @Tool({ description: 'Send it', input, effect: 'keyed', name: 'send_slack_message' })
  other(_input: { text: string }) {}
}

@Injectable()
class NoTools {}

@Injectable({ scope: Scope.REQUEST })
class RequestTools {
  @Tool({ description: 'Send it', input, effect: 'keyed' })
  send(_input: { text: string }) {}
}

@Injectable()
class DateTools {
  @Tool({ description: 'At a time', input: z.object({ at: z.date() }), effect: 'none' })
  at(_input: { at: Date }) {}
}

@Injectable()
class RespondTools {
  @Tool({ description: 'Respond', input, effect: 'none' })
  respond(_input: { text: string }) {}
}

@Agent({ name: 'good', prompt: '…', output, tools: [Tools] })
class Good extends LangChainAgent<Output> {}

@Agent({ name: 'good', prompt: '…' })
class SameName extends LangChainAgent {}

class Undecorated extends LangChainAgent {}

const agentWith = (tools: Type[]): Type => {
  @Agent({ name: 'bad', prompt: '…', tools })
  class Bad extends LangChainAgent {}
  return Bad;
};

@Agent({ name: 'mistral', prompt: '…', model: 'mistral:large' })
class UnknownModel extends LangChainAgent {}

async function start(...providers: Type[]) {
  @Module({ providers })
  class Feature {}
  const app = await Test.createTestingModule({ imports: [AgentsModule.forRoot({}), Feature] }).compile();
  return app.init();
}

describe('at boot', () => {
  it('lists agents with the schemas of their tools and outputs', async () => {
    const app = await start(Tools, Good);

    expect(app.get(AgentRegistry).list()).toEqual([
      {
        name: 'good',
        model: null,
        output: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
        tools: [
          {
            name: 'send_slack_message',
            description: 'Send it',
            effect: 'keyed',
            input: {
              type: 'object',
              properties: { text: { type: 'string' } },
              required: ['text'],
              additionalProperties: false,
            },
          },
        ],
      },
    ]);
  });

  it.each<[string, Type[], string]>([
    ['two agents of one name', [Tools, Good, SameName], 'Two agents are named "good". Give SameName another name.'],
    ['two tools of one name', [Tools, SameTool, agentWith([Tools, SameTool])], 'two tools named "send_slack_message"'],
    ['an agent without @Agent', [Undecorated], 'Undecorated extends LangChainAgent but has no @Agent'],
    ['a tool provider in no module', [Good], 'Agent "good" uses the tools of Tools, which is in no module.'],
    [
      'a tool provider without tools',
      [NoTools, agentWith([NoTools])],
      'NoTools is listed as tools of agent "bad" but has no',
    ],
    ['a request-scoped tool provider', [RequestTools, agentWith([RequestTools])], 'RequestTools is request-scoped'],
    [
      'a schema that is not JSON',
      [DateTools, agentWith([DateTools])],
      'The input of tool "at" cannot be shown to a model',
    ],
    ['a tool with a name that is taken', [RespondTools, agentWith([RespondTools])], '"respond" in RespondTools'],
    ['an unknown model', [UnknownModel], '"mistral:large" is not a model. Write provider:model'],
  ])('refuses %s in one sentence', async (_what, providers, sentence) => {
    await expect(start(...providers)).rejects.toThrow(sentence);
  });

  it('lets a module list an agent twice', async () => {
    await expect(start(Tools, Good, Good)).resolves.toBeDefined();
  });

  it('says so when an agent is used outside of a module', async () => {
    await expect(new Good().run('x')).rejects.toThrow(TypeError);
    expect(() => new AgentRegistry().definitionOf(Good)).toThrow(AgentSetupError);
  });
});
