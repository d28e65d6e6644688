import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type AgentsOptions, AgentsModule, AgentRegistry } from '@reflex/agents';
import { EventStore } from '@reflex/event-store';
import { evaluate, type FiredTrigger, judge } from '@reflex/testing';
import { startModelServer } from '@reflex/test';
import { Test } from '@nestjs/testing';
import { EXAMPLES } from '../../examples/catalogue';
import { type GoldenFile, goldenSets } from '../eval/golden-files';

jest.setTimeout(60_000);

const ROOT = join(__dirname, '..', '..');
const OFFLINE: AgentsOptions = { defaultModel: 'offline:rules' };

let sets: GoldenFile[];

beforeAll(() => {
  sets = goldenSets();
});

/** Runs `npm run eval` without settings of this machine. */
async function evaluation(args: string[], env: Record<string, string> = {}) {
  const { PATH } = process.env;
  const main = ['-r', '@swc-node/register', 'test/eval/main.ts', ...args];
  const child = spawn(process.execPath, main, { cwd: ROOT, env: { PATH, DEFAULT_MODEL: 'offline:rules', ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

it('there is one for every agent of the examples, with cases enough', async () => {
  const app = await Test.createTestingModule({ imports: [AgentsModule.forRoot(OFFLINE), ...Object.values(EXAMPLES)] })
    .useMocker((token) => (token === EventStore ? {} : undefined))
    .compile();
  await app.init();
  const agents = app.get(AgentRegistry).list();
  await app.close();

  const ofExamples = sets.filter(({ file }) => file.startsWith('examples/'));
  expect(ofExamples.map(({ set }) => set.agent).sort()).toEqual(agents.map(({ name }) => name).sort());
  expect(sets.filter(({ set }) => set.cases.length < 5).map(({ file }) => file)).toEqual([]);
});

it('none of the cases holds whatever an agent does', () => {
  const tools = ['page_on_call', 'page_on_call', 'log_lines', 'log_lines'].map((tool) => ({
    tool,
    input: {},
    duration_ms: 0,
  }));
  const usage = { model: 'x', input_tokens: 0, output_tokens: 0, tool_calls: [] };
  const silent: FiredTrigger = { result: null, published: [], calls: [], usage };
  const busy: FiredTrigger = { ...silent, calls: tools };
  const wrong: FiredTrigger = { ...busy, result: `We will refund ${'x'.repeat(2_000)}` };

  const holding = sets.flatMap(({ set }) =>
    set.cases.filter((golden) => [silent, busy, wrong].every((fired) => judge(golden, fired).score === 1)),
  );

  expect(holding).toEqual([]);
});

it('scores an agent lower when it is broken', async () => {
  const server = await startModelServer(...Array.from({ length: 500 }, () => ({ content: 'As you like it.' })));
  const broken = { defaultModel: 'openai:broken', openai: { apiKey: 'sk-test', baseUrl: server.url } };

  const scores: [agent: string, good: number, bad: number, least: number][] = [];
  for (const { set } of sets) {
    const [good, bad] = [await evaluate(set, OFFLINE), await evaluate(set, broken)];
    scores.push([set.agent, good.score, bad.score, set.threshold.offline]);
  }
  await server.stop();

  for (const [agent, good, bad, least] of scores) {
    expect({ agent, isGood: good + 1e-9 >= least, isBad: bad < least }).toEqual({ agent, isGood: true, isBad: true });
  }
});

describe('npm run eval', () => {
  it('prints a score for each agent, and what did not hold', async () => {
    const { code, output } = await evaluation(['fraud-detection', 'feedback-sorter']);

    expect(output).toMatch(/^fraud +7 +0\.86 +0\.85 +ok$/m);
    expect(output).toMatch(/^feedback-sorter +6 +0\.83 +0\.80 +ok$/m);
    expect(output).toMatch(/^fraud \(0\.00\): approves a small present.*\n +The result should be "order\.approved"/m);
    expect(output).toMatch(/^Score 0\.85 over 2 agents and 13 cases; all as good as they have to be\.$/m);
    expect(code).toBe(0);
  });

  it('uses the model of the settings, and fails when a score is below what is stored', async () => {
    const server = await startModelServer(...Array.from({ length: 50 }, () => ({ content: 'As you like it.' })));

    const { code, output } = await evaluation(['basic'], {
      DEFAULT_MODEL: 'openai:broken',
      OPENAI_API_KEY: 'sk-test',
      OPENAI_BASE_URL: server.url,
    });
    await server.stop();

    expect(output).toContain('Agents are scored with openai:broken.');
    expect(output).toMatch(/^feedback-sorter +6 +0\.00 +0\.90 +TOO LOW$/m);
    expect(output).toMatch(/too low: feedback-sorter\.$/m);
    expect(code).toBe(1);
  });

  it('says which agents there are when it does not know one', async () => {
    const { code, output } = await evaluation(['nobody']);

    expect(output).toMatch(/No golden set is for "nobody"\..*the agents are: .*feedback-sorter, moderator, fraud/);
    expect(code).toBe(2);
  });
});
