import { Injectable, Module, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { calling, startModelServer, type ModelServer } from '@reflex/test';
import { z } from 'zod';
import { Agent, AgentRegistry, AgentsModule, AgentSetupError, LangChainAgent, Tool } from '.';

@Injectable()
class Ledger {
  readonly paid: number[] = [];

  @Tool({ description: 'Pay back', input: z.object({ cents: z.int() }), effect: 'keyed' })
  payBack({ cents }: { cents: number }): string {
    this.paid.push(cents);
    return 'paid';
  }
}

@Agent({ name: 'billing', prompt: 'You pay back.', description: 'Knows invoices and pays back.', tools: [Ledger] })
class Billing extends LangChainAgent {}

@Agent({ name: 'law.yer', prompt: 'You know the law.', description: 'Knows the law.' })
class Lawyer extends LangChainAgent {}

@Agent({ name: 'front', prompt: 'You answer customers.', tools: [Billing, Lawyer] })
class Front extends LangChainAgent {}

@Agent({ name: 'mirror', prompt: 'You ask yourself.', description: 'Asks itself.', tools: [] })
class Mirror extends LangChainAgent {}

async function start(server: ModelServer, ...providers: Type[]): Promise<TestingModule> {
  @Module({ providers })
  class Feature {}
  const openai = { apiKey: 'key', baseUrl: server.url };
  const agents = AgentsModule.forRoot({ defaultModel: 'openai:test', openai });
  const app = await Test.createTestingModule({ imports: [agents, Feature] }).compile();
  return app.init();
}

describe('an agent as a tool', () => {
  let server: ModelServer;
  beforeEach(async () => (server = await startModelServer()));
  afterEach(() => server.stop());

  it('works on the request with its own prompt and tools, and its answer is the result', async () => {
    server.replies.push(
      calling(['billing', { request: 'Pay back 500 cents to ann.' }]),
      calling(['pay_back', { cents: 500 }]),
      { content: 'Ann got 5.00 back.' },
      { content: 'It is on its way.' },
    );
    const app = await start(server, Ledger, Billing, Lawyer, Front);

    const outcome = await app.get(Front).runDetailed('I want my money back.');

    expect(outcome.output).toBe('It is on its way.');
    expect(app.get(Ledger).paid).toEqual([500]);
    expect(outcome.usage.tool_calls).toMatchObject([{ tool: 'billing', output: 'Ann got 5.00 back.' }]);
    const [, asked, , last] = server.requests();
    expect(asked!.messages[0]!.content).toContain('You pay back.');
    // What another model wrote is data as well.
    expect(asked!.messages[1]!.content).toMatch(/Another agent[^]*<event-data>\nPay back 500 cents to ann\.\n/);
    expect(last!.messages.at(-1)).toMatchObject({ role: 'tool', content: 'Ann got 5.00 back.' });
  });

  it('is listed with what it is good for, and acts if one of its tools does', async () => {
    const app = await start(server, Ledger, Billing, Lawyer, Front);

    const front = app
      .get(AgentRegistry)
      .list()
      .find(({ name }) => name === 'front');

    expect(front!.tools).toMatchObject([
      { name: 'billing', description: 'Knows invoices and pays back.', effect: 'keyed' },
      { name: 'law_yer', description: 'Knows the law.', effect: 'none' },
    ]);
  });

  it('cannot be called deeper and deeper', async () => {
    const options = Reflect.getOwnMetadata(
      Reflect.getOwnMetadataKeys(Mirror).find((key) => String(key).includes('reflex:agent')) as symbol,
      Mirror,
    ) as { tools: Type[] };
    options.tools = [Mirror];
    server.replies.push(...Array.from({ length: 5 }, () => calling(['mirror', { request: 'Deeper!' }])));
    server.replies.push(...Array.from({ length: 5 }, (_, level) => ({ content: `back at ${level}` })));
    const app = await start(server, Mirror);

    expect(await app.get(Mirror).run('Go.')).toBe('back at 4');

    const asked = server.requests().map(({ messages }) => JSON.stringify(messages));
    expect(asked.some((messages) => messages.includes('Agents called each other 4 deep'))).toBe(true);
  });

  it('counts with all that it can do by others, when it could be talked into sending secrets', async () => {
    @Injectable()
    class Vault {
      @Tool({ description: 'Open', input: z.object({}), effect: 'none', reads: 'secrets' })
      open(): string {
        return 'secret';
      }
    }
    @Injectable()
    class Post {
      @Tool({ description: 'Send', input: z.object({}), effect: 'keyed', egress: ['example.com'] })
      send(): void {}
    }
    @Agent({ name: 'keeper', prompt: '…', description: 'Keeps secrets.', tools: [Vault] })
    class Keeper extends LangChainAgent {}
    @Agent({ name: 'both', prompt: '…', tools: [Keeper, Post] })
    class Both extends LangChainAgent {}

    await expect(start(server, Vault, Post, Keeper, Both)).rejects.toThrow(/"both" takes input from strangers/);
  });

  it('has to say what it is good for, and to be in a module', async () => {
    @Agent({ name: 'silent', prompt: '…' })
    class Silent extends LangChainAgent {}
    @Agent({ name: 'caller', prompt: '…', tools: [Silent] })
    class Caller extends LangChainAgent {}

    const silent = start(server, Silent, Caller);
    await expect(silent).rejects.toThrow(AgentSetupError);
    await expect(silent).rejects.toThrow('Add @Agent({ description }).');
    await expect(start(server, Caller)).rejects.toThrow('uses the agent Silent, which is in no module');
  });
});
