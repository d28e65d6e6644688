import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent } from '@reflex/agents';
import { backoffMs, PermanentError, RetryLater } from '@reflex/core';
import { ScopedLocks } from '@reflex/event-store';
import { BaseEvent, EventsModule, EventType } from '@reflex/events';
import { debounce, type DecisionContext, OnEvent } from '@reflex/triggers';
import { IsString } from 'class-validator';
import { z } from 'zod';

@EventType('ticket.opened')
export class TicketOpened extends BaseEvent {
  @IsString() customer!: string;
  @IsString() text!: string;
  @IsString() desk!: string;
}

@EventType('ticket.failed')
export class TicketFailed extends BaseEvent {
  @IsString() customer!: string;
}

@EventType('ticket.handed_over')
export class TicketHandedOver extends BaseEvent {
  @IsString() to!: string;
  @IsString() text!: string;
}

@Agent({ name: 'analyst', prompt: 'Say in one sentence what the customer needs.' })
export class Analyst extends LangChainAgent {}

@Agent({ name: 'responder', prompt: 'Write an answer to the customer.' })
export class Responder extends LangChainAgent {}

@Agent({ name: 'mood', prompt: 'Say in one word how the customer feels.' })
export class Mood extends LangChainAgent {}

@Agent({ name: 'thorough', prompt: 'Answer after having weighed everything.' })
export class Thorough extends LangChainAgent {}

const Class = z.object({ kind: z.enum(['bug', 'question']), words: z.array(z.string()) });
type Class = z.infer<typeof Class>;

@Agent({ name: 'classifier', prompt: 'Classify the ticket.', output: Class })
export class Classifier extends LangChainAgent<Class> {}

const Plan = z.object({ tasks: z.array(z.object({ worker: z.enum(['analyst', 'mood']), about: z.string() })).max(5) });
type Plan = z.infer<typeof Plan>;

@Agent({ name: 'planner', prompt: 'Divide the work into tasks for your workers.', output: Plan })
export class Planner extends LangChainAgent<Plan> {}

@Agent({
  name: 'billing',
  prompt: 'You know the invoices.',
  description: 'Knows all about the invoices of a customer.',
})
export class Billing extends LangChainAgent {}

@Agent({ name: 'front', prompt: 'Answer the customer. Ask others for what you do not know.', tools: [Billing] })
export class Front extends LangChainAgent {}

@Agent({ name: 'companion', prompt: 'Talk with the customer.', memory: { window: { tokens: 2_000 }, summarize: true } })
export class Companion extends LangChainAgent {}

@Injectable()
export class Desk {
  patienceMs = 10_000;
  retry = { baseMs: 1_000, maxMs: 10_000 };

  constructor(
    private readonly analyst: Analyst,
    private readonly responder: Responder,
    private readonly mood: Mood,
    private readonly thorough: Thorough,
    private readonly classifier: Classifier,
    private readonly planner: Planner,
    private readonly billing: Billing,
    private readonly front: Front,
    private readonly companion: Companion,
    private readonly locks: ScopedLocks,
  ) {}

  @OnEvent(TicketOpened, { name: 'sequential', match: { desk: 'sequential' } })
  async sequential(context: DecisionContext<TicketOpened>): Promise<string> {
    const need = await this.analyst.run(context.event.text);
    return this.responder.run(need);
  }

  @OnEvent(TicketOpened, { name: 'parallel', match: { desk: 'parallel' } })
  async parallel(context: DecisionContext<TicketOpened>): Promise<object> {
    const [need, mood] = await Promise.all([this.analyst.run(context.event.text), this.mood.run(context.event.text)]);
    return { need, mood };
  }

  @OnEvent(TicketOpened, { name: 'first', match: { desk: 'first' } })
  async firstToComplete(context: DecisionContext<TicketOpened>): Promise<string> {
    const decided = new AbortController();
    const options = { signal: decided.signal };
    try {
      return await Promise.any([
        this.responder.run(context.event.text, options),
        this.thorough.run(context.event.text, options),
      ]);
    } finally {
      decided.abort(new Error('The other one was faster.'));
    }
  }

  @OnEvent(TicketOpened, { name: 'retry', match: { desk: 'retry' } })
  async retryWithBackoff(context: DecisionContext<TicketOpened>): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.responder.run(context.event.text);
      } catch (error) {
        const final = error instanceof PermanentError || error instanceof RetryLater;
        if (final || attempt === 3) throw error;
        await delay(backoffMs(attempt, this.retry), undefined, { signal: context.signal });
      }
    }
  }

  @OnEvent(TicketOpened, { name: 'timeout', match: { desk: 'timeout' } })
  async timeoutWithFallback(context: DecisionContext<TicketOpened>): Promise<string> {
    const patience = AbortSignal.timeout(this.patienceMs);
    try {
      return await this.thorough.run(context.event.text, { signal: patience });
    } catch (error) {
      if (!patience.aborted) throw error;
      return this.responder.run({ task: 'Answer at once, in one sentence.', data: context.event.text });
    }
  }

  @OnEvent([TicketOpened, TicketFailed], { name: 'routing', scope: 'customer', when: debounce('200ms') })
  async route(context: DecisionContext<TicketOpened | TicketFailed>): Promise<string | null> {
    const failures = context.ofType('ticket.failed').length;
    if (failures > 2) return this.thorough.run(context.summarize());
    if (failures > 0) return this.responder.run(context.summarize());
    return null;
  }

  @OnEvent(TicketOpened, { name: 'pipeline', match: { desk: 'pipeline' } })
  async pipeline(context: DecisionContext<TicketOpened>): Promise<string> {
    const { kind, words } = await this.classifier.run(context.event.text);
    const articles = words.map((word) => `How to handle a ${kind} with ${word}`);
    return this.responder.run({ task: 'Answer with these articles.', data: { ticket: context.event.text, articles } });
  }

  @OnEvent(TicketOpened, { name: 'supervisor', match: { desk: 'supervisor' } })
  async supervise(context: DecisionContext<TicketOpened>): Promise<string> {
    const workers = { analyst: this.analyst, mood: this.mood };
    const { tasks } = await this.planner.run(context.event.text);
    const results = await Promise.all(tasks.map(({ worker, about }) => workers[worker].run(about)));
    return this.responder.run({ task: 'Answer from these findings.', data: results });
  }

  @OnEvent(TicketOpened, { name: 'handoff', match: { desk: 'handoff' } })
  async handOver(context: DecisionContext<TicketOpened>): Promise<void> {
    const { kind } = await this.classifier.run(context.event.text);
    const to = kind === 'question' ? 'billing' : 'nobody';
    context.publish(TicketHandedOver.of({ to, text: context.event.text }));
  }

  @OnEvent(TicketHandedOver, { name: 'billing-desk', match: { to: 'billing' } })
  async takeOver(context: DecisionContext<TicketHandedOver>): Promise<string> {
    return this.billing.run(context.event.text);
  }

  @OnEvent(TicketOpened, { name: 'asking', match: { desk: 'asking' } })
  async askAnother(context: DecisionContext<TicketOpened>): Promise<string> {
    return this.front.run(context.event.text);
  }

  @OnEvent(TicketOpened, { name: 'conversation', scope: 'customer', match: { desk: 'conversation' } })
  async converse(context: DecisionContext<TicketOpened>): Promise<string> {
    return this.companion.run(context.event.text);
  }

  @OnEvent(TicketOpened, { name: 'locked', match: { desk: 'locked' } })
  async locked({ event, signal }: DecisionContext<TicketOpened>): Promise<string> {
    return this.locks.hold(`customer:${event.customer}`, (lost) => this.responder.run(event.text, { signal: lost }), {
      wait: '30s',
      signal,
    });
  }
}

@Module({
  imports: [EventsModule.forFeature([TicketOpened, TicketFailed, TicketHandedOver])],
  providers: [Analyst, Responder, Mood, Thorough, Classifier, Planner, Billing, Front, Companion, Desk],
  exports: [Desk],
})
export class PatternsModule {}
