import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { RunLedger } from '@reflex/core';
import type { CurrentRun } from '@reflex/observability';
import { calling, startModelServer, type ModelServer } from '@reflex/test';
import { z } from 'zod';
import { Agent, AgentsModule, LangChainAgent, Tool, type AgentsOptions, type ToolCall } from '..';

export const Verdict = z.object({ level: z.enum(['low', 'high']), reason: z.string() });
export type Verdict = z.infer<typeof Verdict>;

export const verdict: Verdict = { level: 'high', reason: 'Disk is full' };
export const respond = calling(['respond', verdict]);

@Injectable()
export class Desk {
  readonly calls: { tool: string; input: unknown; key: string }[] = [];
  failWith?: Error;
  /** What `send` and `pay` do; by default they answer that they did it. */
  act: (tool: string, call: ToolCall) => unknown = (tool) => (tool === 'send' ? 'sent' : { paid: true, by: 'card' });
  private waiting = 0;
  private readonly allHere = Promise.withResolvers<void>();

  @Tool({
    description: 'Look up',
    input: z.object({ word: z.string(), limit: z.int().max(9).default(3) }),
    effect: 'none',
  })
  lookUp(input: { word: string; limit: number }, call: ToolCall) {
    this.calls.push({ tool: 'look_up', input, key: call.key });
    if (this.failWith) throw this.failWith;
    return { found: input.word, nul: 'a\u0000b' };
  }

  @Tool({ description: 'Send', input: z.object({ text: z.string() }), effect: 'keyed', name: 'send' })
  deliver(input: { text: string }, call: ToolCall) {
    this.calls.push({ tool: 'send', input, key: call.key });
    return this.act('send', call);
  }

  @Tool({ description: 'Pay', input: z.object({ amount: z.number() }), effect: 'unkeyed' })
  pay(input: { amount: number }, call: ToolCall) {
    this.calls.push({ tool: 'pay', input, key: call.key });
    return this.act('pay', call);
  }

  @Tool({
    description: 'Refund',
    input: z.object({ amount: z.number() }),
    effect: 'unkeyed',
    approval: { people: 2, when: ({ amount }) => amount > 10, within: '1h' },
  })
  refund(input: { amount: number }, call: ToolCall) {
    this.calls.push({ tool: 'refund', input, key: call.key });
    return this.act('refund', call);
  }

  @Tool({ description: 'Meet', input: z.object({}), effect: 'none' })
  async meet(_input: object, _call: ToolCall) {
    this.waiting += 1;
    if (this.waiting === 2) this.allHere.resolve();
    await this.allHere.promise;
    return 'met';
  }

  @Tool({ description: 'Hang', input: z.object({}), effect: 'none' })
  hang(_input: object, call: ToolCall) {
    this.calls.push({ tool: 'hang', input: {}, key: call.key });
    return new Promise<never>(() => {});
  }
}

@Agent({ name: 'judge', prompt: 'Judge.', output: Verdict, tools: [Desk], maxSteps: 3 })
export class Judge extends LangChainAgent<Verdict> {}

@Agent({ name: 'thrifty', prompt: 'Judge.', output: Verdict, tools: [Desk], budget: { toolCalls: 1 } })
export class Thrifty extends LangChainAgent<Verdict> {}

@Agent({ name: 'hasty', prompt: 'Judge.', output: Verdict, tools: [Desk], budget: { seconds: 0.2 } })
export class Hasty extends LangChainAgent<Verdict> {}

@Agent({ name: 'talker', prompt: 'Talk.', maxInputChars: 200 })
export class Talker extends LangChainAgent {}

@Module({ providers: [Desk, Judge, Thrifty, Hasty, Talker] })
class CourtModule {}

/** An application with agents whose model says what the test tells it to. */
export interface Court {
  server: ModelServer;
  desk: Desk;
  judge: Judge;
  thrifty: Thrifty;
  hasty: Hasty;
  talker: Talker;
  close(): Promise<void>;
}

export async function openCourt(...replies: Parameters<typeof startModelServer>): Promise<Court> {
  const server = await startModelServer(...replies);
  const app = await Test.createTestingModule({
    imports: [AgentsModule.forRoot(modelsOn(server)), CourtModule],
  }).compile();
  await app.init();
  return {
    server,
    desk: app.get(Desk),
    judge: app.get(Judge),
    thrifty: app.get(Thrifty),
    hasty: app.get(Hasty),
    talker: app.get(Talker),
    close: async () => {
      await app.close();
      await server.stop();
    },
  };
}

/** All providers on one server. */
function modelsOn(server: ModelServer): AgentsOptions {
  return {
    openai: { apiKey: 'sk-canary', baseUrl: server.url },
    anthropic: { apiKey: 'sk-canary', baseUrl: server.anthropicUrl },
    providers: { own: { baseUrl: server.url } },
  };
}

/** What the model was told by tools before its request of that number. */
export function toolMessages(court: Court, request: number): { tool_call_id?: string; content: unknown }[] {
  return court.server.requests()[request]!.messages.filter(({ role }) => role === 'tool');
}

/** An attempt as the worker opens it. */
export function runOf(eventId: string, signal = new AbortController().signal, ledger?: RunLedger): CurrentRun {
  const usage = { input_tokens: 0, output_tokens: 0, tool_calls: [] };
  return {
    trigger: 'judge',
    scope: null,
    eventId,
    traceId: 't',
    correlationId: 'c',
    attempt: 1,
    signal,
    usage,
    ledger,
  };
}
