import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AgentRegistry, AgentsModule } from '@reflex/agents';
import { BillingTools, Clerk, CustomerTools, SafeModule } from './agent-safety.module';

const GUIDES = ['agent-safety', 'mcp'].map((name) =>
  readFileSync(join(__dirname, '..', '..', 'docs', 'guides', `${name}.md`), 'utf8'),
);
const CODE = unwrapped(readFileSync(join(__dirname, 'agent-safety.module.ts'), 'utf8'));

async function start(module: Type): Promise<AgentRegistry> {
  const app = await Test.createTestingModule({ imports: [AgentsModule.forRoot({}), module] }).compile();
  await app.init();
  return app.get(AgentRegistry);
}

describe('the guides to agent safety and MCP', () => {
  it('show only code that this test runs', () => {
    const blocks = GUIDES.flatMap((guide) => [...guide.matchAll(/```ts\n([^]*?)```/g)].map(([, block]) => block!));

    expect(blocks.length).toBeGreaterThan(6);
    expect(blocks.filter((block) => !CODE.includes(unwrapped(block)))).toEqual([]);
  });

  it('have agents that start', async () => {
    const registry = await start(SafeModule);

    expect(registry.list().map(({ name }) => name)).toEqual(['researcher', 'triager', 'librarian']);
  });

  it('have one that does not, for the reason that they tell', async () => {
    @Module({ providers: [Clerk, CustomerTools, BillingTools] })
    class UnsafeModule {}

    const error = await start(UnsafeModule).then(
      () => undefined,
      (thrown: Error) => thrown,
    );

    expect(error!.message).toContain(/^> (Agent "clerk".*)$/m.exec(GUIDES[0]!)![1]);
  });
});

// The same code wherever its lines break.
function unwrapped(text: string): string {
  return text.replace(/\s+/g, '').replace(/,(?=[)}\]])/g, '');
}
