import { Injectable, Module, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { z } from 'zod';
import { Agent, AgentRegistry, AgentsModule, AgentSetupError, LangChainAgent, Tool } from '.';
import { fakeTool, runAgent } from './testing';

@Injectable()
class Ledger {
  @Tool({ description: 'Pay back', input: z.object({ cents: z.int() }), effect: 'keyed' })
  payBack(): string {
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

async function start(...providers: Type[]): Promise<TestingModule> {
  @Module({ providers })
  class Feature {}
  const app = await Test.createTestingModule({ imports: [AgentsModule.forRoot({}), Feature] }).compile();
  return app.init();
}

describe('an agent as a tool', () => {
  it('works on the request with its own prompt and tools, and its answer is the result', async () => {
    const payBack = fakeTool('pay_back', 'paid');

    const { output, calls, prompts } = await runAgent(Front, 'I want my money back.', {
      model: [
        { calls: [{ tool: 'billing', input: { request: 'Pay back 500 cents to ann.' } }] },
        { calls: [{ tool: 'pay_back', input: { cents: 500 } }] },
        'Ann got 5.00 back.',
        'It is on its way.',
      ],
      tools: [payBack],
    });

    expect(output).toBe('It is on its way.');
    expect(payBack.calls).toMatchObject([{ agent: 'billing', input: { cents: 500 } }]);
    expect(calls).toMatchObject([{ tool: 'billing', output: 'Ann got 5.00 back.' }]);
    const [, asked, , last] = prompts;
    expect(asked!.prompt).toContain('You pay back.');
    // What another model wrote is data as well.
    expect(asked!.messages[0]!.text).toMatch(/Another agent[^]*<event-data>\nPay back 500 cents to ann\.\n/);
    expect(last!.messages.at(-1)).toMatchObject({ type: 'tool', content: 'Ann got 5.00 back.' });
  });

  it('is listed with what it is good for, and acts if one of its tools does', async () => {
    const app = await start(Ledger, Billing, Lawyer, Front);

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
    const deeper = Array.from({ length: 5 }, () => ({ calls: [{ tool: 'mirror', input: { request: 'Deeper!' } }] }));
    const back = Array.from({ length: 5 }, (_, level) => `back at ${level}`);

    const { output, prompts } = await runAgent(Mirror, 'Go.', { model: [...deeper, ...back] });

    expect(output).toBe('back at 4');
    const asked = prompts.map(({ messages }) => JSON.stringify(messages));
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

    await expect(start(Vault, Post, Keeper, Both)).rejects.toThrow(/"both" takes input from strangers/);
  });

  it('has to say what it is good for, and to be in a module', async () => {
    @Agent({ name: 'silent', prompt: '…' })
    class Silent extends LangChainAgent {}
    @Agent({ name: 'caller', prompt: '…', tools: [Silent] })
    class Caller extends LangChainAgent {}

    const silent = start(Silent, Caller);
    await expect(silent).rejects.toThrow(AgentSetupError);
    await expect(silent).rejects.toThrow('Add @Agent({ description }).');
    await expect(start(Caller)).rejects.toThrow('uses the agent Silent, which is in no module');
  });
});
