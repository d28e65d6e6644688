import { Global, Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type StoredSecret, StoredSecrets } from '@reflex/core';
import { calling, startModelServer, type ModelServer } from '@reflex/test';
import { Agent, AgentsModule, AgentSetupError, LangChainAgent, mcpServer, secret, type AgentOptions } from '../..';
import { startToolServer, type ToolServer } from './tool-server';

const TOKEN = 'Bearer canary-0123456789';

/** Secrets that are stored while the agents run. */
class Vault extends StoredSecrets {
  private readonly secrets = new Map<string, StoredSecret>();
  private readonly listeners: ((secrets: ReadonlyMap<string, StoredSecret>) => void)[] = [];

  async onChanged(listener: (secrets: ReadonlyMap<string, StoredSecret>) => void): Promise<() => void> {
    this.listeners.push(listener);
    return () => undefined;
  }

  set(name: string, value: string): void {
    this.secrets.set(name, { value, keyId: 'k1' });
    for (const tell of this.listeners) tell(new Map(this.secrets));
  }
}

let vault: Vault;
let tools: ToolServer;
let model: ModelServer;
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  vault = new Vault();
  [tools, model] = await Promise.all([startToolServer(), startModelServer()]);
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await Promise.all([tools.stop(), model.stop()]);
});

async function agentWith(
  given: AgentOptions['tools'],
  options: Partial<AgentOptions> = {},
  networks = ['127.0.0.1'],
): Promise<LangChainAgent> {
  @Agent({ name: 'clerk', prompt: 'Help.', ...options, output: undefined, tools: given })
  class Clerk extends LangChainAgent {}

  @Module({ providers: [Clerk] as Type[] })
  class Clerks {}

  @Global()
  @Module({ providers: [{ provide: StoredSecrets, useValue: vault }], exports: [StoredSecrets] })
  class VaultModule {}

  const app = await Test.createTestingModule({
    imports: [
      AgentsModule.forRoot({
        openai: { apiKey: 'sk', baseUrl: model.url },
        secrets: { TOKEN },
        egress: { networks },
      }),
      Clerks,
      VaultModule,
    ],
  }).compile();
  app.enableShutdownHooks();
  await app.init();
  closing.push(() => app.close());
  return app.get(Clerk);
}

const tracker = (more: object = {}) =>
  mcpServer({ name: 'tracker', url: tools.url, allow: ['find', 'create', 'fail', 'picture'], ...more });

/** What the model was told by tools before its request of that number. */
function told(request: number): unknown[] {
  const { messages } = model.requests()[request]!;
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
}

describe('an agent with an MCP server', () => {
  it('connects when it first runs, and once', async () => {
    const agent = await agentWith([tracker()]);
    expect(tools.headers).toEqual([]);
    model.replies.push({ content: 'a' }, { content: 'b' });

    await agent.run('x');
    const requests = tools.headers.length;
    await agent.run('x');

    expect(tools.headers).toHaveLength(requests);
  });

  it.each([false, true])('calls its tools over HTTP (JSON answers: %s)', async (json) => {
    await tools.stop();
    tools = await startToolServer({ json });
    const agent = await agentWith([tracker({ effects: { find: 'none', create: 'keyed' } })]);
    model.replies.push(
      calling(['tracker_find', { text: 'bug' }], ['tracker_create', { text: 'it' }], ['tracker_picture', { text: '' }]),
      { content: 'done' },
    );

    expect(await agent.run('x')).toBe('done');

    expect(told(1)).toEqual(['found bug for undefined', 'created it', '[image left out]']);
    const create = tools.calls.find(({ tool }) => tool === 'create')!;
    expect(create).toMatchObject({
      input: { text: 'it' },
      meta: { 'idempotency-key': expect.stringMatching(/^\w{40}$/) as string },
    });
  });

  it('shows a model only the tools that are allowed, each with its effect and a bounded description', async () => {
    const agent = await agentWith([tracker({ allow: ['find', 'create'], effects: { find: 'none' } })]);
    model.replies.push(calling(['tracker_erase_all', { text: 'x' }], ['erase_all', { text: 'x' }]), {
      content: 'done',
    });

    await agent.run('x');

    const shown = model.requests()[0]!.tools!.map(({ function: { name, description } }) => [name, description]);
    expect(shown.map(([name]) => name)).toEqual(['tracker_find', 'tracker_create']);
    expect(shown[0]![1]).toBe('Finds issues. (Only reads.)');
    expect(shown[1]![1]).toMatch(/never twice/);
    expect(shown[1]![1]!.length).toBeLessThan(1_300);
    expect(tools.calls).toEqual([]);
    expect(JSON.stringify(told(1))).toContain('There is no tool');
  });

  it('refuses arguments that the tool does not know, before they leave', async () => {
    const agent = await agentWith([tracker()]);
    model.replies.push(calling(['tracker_find', { text: 'x', token: 'y' }], ['tracker_find', {}]), { content: 'done' });

    await agent.run('x');

    expect(tools.calls).toEqual([]);
    expect(JSON.stringify(told(1))).toMatch(/Unrecognized key.*expected string/);
  });

  it('tells the model what the server refuses', async () => {
    const agent = await agentWith([tracker()]);
    model.replies.push(calling(['tracker_fail', { text: 'x' }]), { content: 'done' });

    await agent.run('x');

    expect(told(1)).toEqual(['Error: No such project.']);
  });

  it('does not know what became of a call that got no answer, unless it only reads', async () => {
    const agent = await agentWith([tracker({ effects: { find: 'none' }, timeoutMs: 200 })]);

    for (const mood of ['silent', 'rude'] as const) {
      tools.mood = mood;
      model.replies.push(calling(['tracker_create', { text: 'x' }]));
      await expect(agent.run('x')).rejects.toMatchObject({ code: 'outcome_unknown' });
      model.replies.push(calling(['tracker_find', { text: 'x' }]), { content: 'without it' });
      expect(await agent.run('x')).toBe('without it');
    }
    expect(JSON.stringify(told(model.requests().length - 1))).toContain('cannot be used');
  });

  it('calls nothing that a person has to approve outside of a run that can wait for one', async () => {
    const agent = await agentWith([tracker({ approve: ['create'] })]);
    model.replies.push(calling(['tracker_create', { text: 'x' }]), { content: 'done' });

    await agent.run('x');

    expect(tools.calls).toEqual([]);
    expect(JSON.stringify(told(1))).toContain('People have to approve it');
  });

  it('connects again after the server was away', async () => {
    const agent = await agentWith([tracker({ effects: { find: 'none' } })]);
    const { port } = tools;
    model.replies.push({ content: 'a' });
    await agent.run('x');
    tools.mood = 'rude';
    model.replies.push(calling(['tracker_find', { text: 'x' }]), { content: 'b' });
    await agent.run('x');
    tools.mood = 'good';
    model.replies.push(calling(['tracker_find', { text: 'again' }]), { content: 'c' });

    expect(await agent.run('x')).toBe('c');
    expect(tools.calls.map(({ input }) => input)).toEqual([{ text: 'again' }]);
    expect(port).toBe(tools.port);
  });

  it('says which server is missing, or which tool', async () => {
    const away = await agentWith([mcpServer({ name: 'away', url: 'http://127.0.0.1:1/mcp', allow: ['x'] })]);
    await expect(away.run('x')).rejects.toMatchObject({
      code: 'mcp_unavailable',
      message: expect.stringContaining('"away"') as string,
    });

    const less = await agentWith([tracker({ allow: ['find', 'gone'] })]);
    await expect(less.run('x')).rejects.toThrow('it offers no tool "gone"');
  });

  it('sends a secret as a header, and shows it to nobody else', async () => {
    const agent = await agentWith([tracker({ headers: { authorization: secret('TOKEN') } })]);
    model.replies.push(calling(['tracker_find', { text: 'x' }]), { content: 'done' });

    await agent.run('x');

    expect(tools.headers.every(({ authorization }) => authorization === TOKEN)).toBe(true);
    expect(told(1)).toEqual(['found x for [secret TOKEN]']);
    expect(JSON.stringify(model.requests())).not.toContain('canary');
  });

  it('reaches no address that tools may not reach', async () => {
    const agent = await agentWith([tracker()], {}, []);
    await expect(agent.run('x')).rejects.toThrow('no public address');

    const elsewhere = await agentWith([tracker()], { egress: ['api.example.com'] });
    await expect(elsewhere.run('x')).rejects.toThrow('The agent "clerk" may not connect to');
    expect(tools.headers).toEqual([]);
  });

  it('counts as egress at boot', async () => {
    await expect(agentWith([tracker({ reads: 'secrets' })])).rejects.toThrow(AgentSetupError);
    const approved = { reads: 'secrets', approve: ['find', 'create', 'fail', 'picture'] };
    await expect(agentWith([tracker(approved)])).resolves.toBeDefined();
    await expect(agentWith([tracker(), tracker()])).rejects.toThrow('two tools named "tracker_find"');
    expect(() => tracker({ name: 'a b' })).toThrow('is no name for an MCP server');
    expect(() => tracker({ allow: [] })).toThrow('allows no tool');
    expect(() => tracker({ effects: { other: 'none' } })).toThrow('speaks of "other"');
  });

  it('starts a process that code names, with the environment that it is given', async () => {
    const server = mcpServer({
      name: 'local',
      command: process.execPath,
      args: ['-r', '@swc-node/register', `${__dirname}/stdio-server.ts`],
      env: { GIVEN: secret('TOKEN') },
      allow: ['find'],
      effects: { find: 'none' },
    });
    process.env['NOT_GIVEN'] = 'leaked';
    const agent = await agentWith([server], { egress: [] });
    model.replies.push(calling(['local_find', { text: 'x' }]), { content: 'done' });

    await agent.run('x');

    expect(told(1)).toEqual(['found x for [secret TOKEN] undefined']);
  });

  it('connects anew where a stored secret says, with the one that it says now', async () => {
    const moved = await startToolServer();
    closing.push(() => moved.stop());
    const agent = await agentWith([
      mcpServer({ name: 'tracker', url: secret('URL'), headers: { authorization: secret('KEY') }, allow: ['find'] }),
    ]);
    const find = [calling(['tracker_find', { text: 'x' }]), { content: 'done' }];
    vault.set('URL', tools.url);
    for (const [url, key] of [
      [tools.url, 'first-key'],
      [tools.url, 'second-key'],
      [moved.url, 'second-key'],
    ] as const) {
      vault.set('URL', url);
      vault.set('KEY', key);
      model.replies.push(...find);
      await agent.run('x');
    }

    expect(tools.calls).toHaveLength(2);
    expect(tools.headers.at(-1)?.authorization).toBe('second-key');
    expect(moved.calls).toHaveLength(1);
    expect(moved.headers.at(-1)?.authorization).toBe('second-key');
  });

  it('starts its process anew with a stored secret that was changed', async () => {
    const agent = await agentWith(
      [
        mcpServer({
          name: 'local',
          command: process.execPath,
          args: ['-r', '@swc-node/register', `${__dirname}/stdio-server.ts`],
          env: { COUNTED: secret('KEY') },
          allow: ['find'],
        }),
      ],
      { egress: [] },
    );
    const lengths: unknown[] = [];
    for (const key of ['k'.repeat(10), 'k'.repeat(10), 'k'.repeat(20)]) {
      vault.set('KEY', key);
      model.replies.push(calling(['local_find', { text: 'x' }]), { content: 'done' });
      await agent.run('x');
      lengths.push(told(model.requests().length - 1)[0]);
    }

    expect(lengths).toEqual([expect.stringMatching(/ 10 \d+$/), lengths[0], expect.stringMatching(/ 20 \d+$/)]);
  });

  it('says which secret it lacks', async () => {
    const agent = await agentWith([mcpServer({ name: 'tracker', url: secret('URL'), allow: ['find'] })]);

    await expect(agent.run('x')).rejects.toThrow('The secret URL is not configured');
  });
});
