import { Injectable, Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { Agent, AgentsModule, AgentSetupError, LangChainAgent, secret, Tool, type AgentOptions } from '../..';

const input = z.object({ text: z.string() });

@Injectable()
class Customers {
  @Tool({ description: 'Customers', input, effect: 'none', reads: 'secrets' })
  customers() {}
}

@Injectable()
class Post {
  @Tool({ description: 'Post', input, effect: 'keyed', egress: ['api.example.com', '*.example.org', secret('HOOK')] })
  post() {}
}

@Injectable()
class ApprovedPost {
  @Tool({ description: 'Post', input, effect: 'keyed', egress: ['api.example.com'], approval: { people: 2 } })
  post() {}
}

@Injectable()
class PostByRule {
  @Tool({
    description: 'Post',
    input,
    effect: 'keyed',
    egress: ['api.example.com'],
    approval: ({ text }) => text.length > 100,
  })
  post() {}
}

@Injectable()
class ApprovedByNobody {
  @Tool({ description: 'Post', input, effect: 'keyed', approval: { people: 0 } })
  post() {}
}

@Injectable()
class Anywhere {
  @Tool({ description: 'Fetch', input, effect: 'none', egress: ['*'] })
  fetch() {}
}

@Injectable()
class Wrong {
  @Tool({ description: 'Post', input, effect: 'keyed', egress: ['https://api.example.com/'] })
  post() {}
}

@Injectable()
class Plain {
  @Tool({ description: 'Look', input, effect: 'none' })
  look() {}
}

@Injectable()
class Ruled {
  @Tool({ description: 'Post', input, effect: 'keyed', egress: ['a.com'], approval: ({ text }) => text.length > 9 })
  post() {}
}

@Injectable()
class Approved {
  @Tool({ description: 'Post', input, effect: 'keyed', egress: ['a.com'], approval: 'always' })
  post() {}
}

@Agent({ name: 'ruled', prompt: '…', description: 'Posts.', tools: [Ruled] })
class RuledAgent extends LangChainAgent {}

@Agent({ name: 'approved', prompt: '…', description: 'Posts.', tools: [Approved] })
class ApprovedAgent extends LangChainAgent {}

async function start(tools: Type[], options: Partial<AgentOptions> = {}): Promise<void> {
  @Agent({ name: 'clerk', prompt: '…', ...options, output: undefined, tools })
  class Clerk extends LangChainAgent {}

  @Module({ providers: [Clerk, Ruled, Approved, ...tools] })
  class Clerks {}

  const app = await Test.createTestingModule({ imports: [AgentsModule.forRoot({}), Clerks] }).compile();
  await app.init();
  await app.close();
}

describe('S25: an agent at boot', () => {
  it('is refused when it combines untrusted input, secrets and egress', async () => {
    await expect(start([Customers, Post])).rejects.toThrow(AgentSetupError);
    await expect(start([Customers, Post])).rejects.toThrow(
      'Agent "clerk" takes input from strangers, reads secrets ("customers") and can send them out ("post")',
    );
    await expect(start([Customers, Anywhere], { egress: ['api.example.com'] })).rejects.toThrow(
      'send them out ("fetch")',
    );
  });

  it('counts a sender as watched only if a person approves every call, also of an agent that it calls', async () => {
    await expect(start([Customers, Ruled])).rejects.toThrow('send them out ("post")');
    await expect(start([Customers, RuledAgent])).rejects.toThrow('send them out ("ruled")');
    await expect(start([Customers, Approved])).resolves.toBeUndefined();
    await expect(start([Customers, ApprovedAgent])).resolves.toBeUndefined();
  });

  it.each<[string, Type[], Partial<AgentOptions>]>([
    ['secrets and egress, of input that nobody else writes', [Customers, Post], { untrustedInput: false }],
    ['all three, when people see what is sent', [Customers, ApprovedPost], {}],
    ['untrusted input and secrets', [Customers, Plain], {}],
    ['untrusted input and egress', [Post, Plain], {}],
  ])('is taken with %s', async (_what, tools, options) => {
    await expect(start(tools, options)).resolves.toBeUndefined();
  });

  it('is refused when only some of what it sends is approved: whoever writes the input chooses the arguments', async () => {
    await expect(start([Customers, PostByRule])).rejects.toThrow('can send them out ("post")');
  });

  it('is refused when nobody is to approve', async () => {
    await expect(start([ApprovedByNobody])).rejects.toThrow('Tool "post" wants 0 people to approve.');
  });

  it('has to say where a tool may go that goes anywhere', async () => {
    await expect(start([Anywhere])).rejects.toThrow('List hosts under @Agent({ egress }).');
    await expect(start([Anywhere], { egress: ['api.example.com'] })).resolves.toBeUndefined();
  });

  it('is refused with anything but hosts under egress', async () => {
    await expect(start([Wrong])).rejects.toThrow('Tool "post" lists "https://api.example.com/" under egress.');
    for (const host of ['', 'a b', '*:80', '*.', 'http://a', 'a/b', '*a.com']) {
      await expect(start([Plain], { egress: [host] })).rejects.toThrow('Agent "clerk" lists');
    }
    await expect(start([Plain], { egress: ['localhost:9000', '*.a.com', '[::1]:80', '*'] })).resolves.toBeUndefined();
  });
});
