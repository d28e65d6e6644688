import { HumanMessage, SystemMessage } from '@langchain/core/messages';
import * as fc from 'fast-check';
import { z } from 'zod';
import type { AgentDefinition, JsonSchema, ToolDefinition } from '../../agent-definition';
import { AgentRunner } from '../../agent-runner';
import type { ToolEffect } from '../../tool.decorator';
import type { AgentModel } from '../models';
import { OfflineChatModel } from './offline-chat-model';
import { fillSchema } from './schema-filler';
import { TextFacts } from './text-facts';

const schemaOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;

function tool(name: string, effect: ToolEffect, input: z.ZodObject, seen: unknown[]): ToolDefinition {
  const execute = (args: unknown) => seen.push([name, args]);
  return { name, description: `Does ${name}.`, effect, input, inputSchema: schemaOf(input), execute };
}

function agent(output: z.ZodObject | null, tools: ToolDefinition[] = []): AgentDefinition {
  return {
    name: 'offline',
    prompt: 'Judge the alert. Notify Slack when it is bad.',
    output,
    outputSchema: output && schemaOf(output),
    tools,
    model: null,
    budget: {},
    maxSteps: 8,
    maxInputChars: 24_000,
  };
}

const model: AgentModel = { name: 'offline:rules', chat: new OfflineChatModel() };
const runner = new AgentRunner({ get: () => model });

const ERRORS = [
  '5 events in 60 s',
  '2026-01-02T03:04:05Z monitor.error {"service":"checkout","severity":"high","message":"payment failed"}',
  '2026-01-02T03:04:09Z monitor.alert {"service":"checkout","severity":"low","message":"cache slow"}',
].join('\n');

describe('the offline model', () => {
  it('calls what reads, then what acts and is spoken of, each once, then answers in the output schema', async () => {
    const seen: unknown[] = [];
    const text = z.object({ text: z.string(), channel: z.string().optional() });
    const output = z.object({
      severity: z.enum(['low', 'medium', 'high', 'critical']),
      summary: z.string(),
      recommended_actions: z.array(z.string()).min(1),
    });
    const definition = agent(output, [
      tool('notify_slack', 'keyed', text, seen),
      tool('recent_events', 'none', z.object({ type: z.string().optional() }), seen),
      tool('reboot_server', 'unkeyed', text, seen),
    ]);

    const outcome = await runner.run(definition, ERRORS);

    expect(seen).toEqual([
      ['recent_events', {}],
      ['notify_slack', { text: expect.stringContaining('[offline]') as string }],
    ]);
    expect(outcome.output).toMatchObject({ severity: 'high' });
    expect((outcome.output as { recommended_actions: string[] }).recommended_actions[0]).toContain('checkout');
    expect(outcome.usage).toMatchObject({ model: 'offline:rules' });
    expect(outcome.usage.input_tokens).toBeGreaterThan(0);
  });

  it('says the same each time', async () => {
    const definition = agent(z.object({ summary: z.string() }));

    const [first, second] = await Promise.all([runner.run(definition, ERRORS), runner.run(definition, ERRORS)]);

    expect(second).toEqual(first);
  });

  it('labels its texts', async () => {
    const { output } = await runner.run(agent(null), 'Is anybody there?');

    expect(output).toMatch(/^\[offline model\] I read: "Is anybody there\?"[^]*OPENAI_API_KEY/);
  });

  it('speaks of what it was given and what tools said, not of its task', async () => {
    const log = tool('recent_events', 'none', z.object({}), []);

    const { output } = await runner.run(agent(null, [log]), {
      task: 'Answer this message.',
      data: 'Is anybody there?',
    });

    expect(output).toContain('I read: "Is anybody there?"');
    expect(output).toContain('recent_events says: 1');
    expect(output).not.toContain('Answer this');
  });

  it('finds counts, periods, highlights and concerns', () => {
    const schema = schemaOf(
      z.object({
        period: z.string(),
        event_count: z.int(),
        highlights: z.array(z.string()),
        concerns: z.array(z.string()),
      }),
    );

    expect(fillSchema(schema, new TextFacts(ERRORS))).toMatchObject({
      period: '2026-01-02T03:04:05Z to 2026-01-02T03:04:09Z',
      event_count: 5,
      concerns: [expect.stringContaining('payment failed')],
    });
  });

  it('answers to a plain LangChain call as well', async () => {
    const answer = await model.chat.invoke([new SystemMessage('Be kind.'), new HumanMessage('Hello')]);

    expect(answer.text).toContain('[offline model] I read: "Hello"');
  });

  it('fits every schema of the kinds that zod writes, whatever the text', () => {
    const leaf = fc.constantFrom<z.ZodType>(
      z.string(),
      z.string().max(5),
      z.string().min(3),
      z.number().min(2).max(3),
      z.int().positive(),
      z.number().lt(0),
      z.boolean(),
      z.enum(['a', 'b']),
      z.literal('x'),
      z.iso.datetime(),
      z.email(),
      z.url(),
      z.uuid(),
      z.string().nullable(),
      z.union([z.object({ kind: z.literal('one') }), z.string()]),
      z.record(z.string(), z.number()),
    );
    const tree = fc.letrec<{ node: z.ZodType }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc
          .dictionary(fc.constantFrom('name', 'event_count', 'summary', 'level'), tie('node'))
          .map((shape) => z.object(shape)),
        tie('node').map((item) => z.array(item).min(1).max(4)),
        tie('node').map((item) => item.optional()),
      ),
    })).node;

    fc.assert(
      fc.property(tree, fc.oneof(fc.string(), fc.constant(ERRORS)), (type, text) => {
        const schema = z.object({ field: type });

        const filled = fillSchema(schemaOf(schema), new TextFacts(text));

        expect(schema.safeParse(filled).error).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('comes to an end on schemas that contain themselves', () => {
    interface Tree {
      children: Tree[];
    }
    const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ children: z.array(Tree) }));

    expect(() => fillSchema(schemaOf(Tree), new TextFacts(ERRORS))).not.toThrow();
  });
});
