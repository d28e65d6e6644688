import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent, Tool, type ToolCall } from '@reflex/agents';
import { effectWaitKey, Parked, PermanentError } from '@reflex/core';
import { BaseEvent, EventsModule, EventType, HttpPayload, Lifecycle, WebSocketMessage } from '@reflex/events';
import { currentRun } from '@reflex/observability';
import { DecisionContext, field, OnEvent, tunable } from '@reflex/triggers';
import { IsInt, IsString, Min } from 'class-validator';
import { z } from 'zod';

@EventType('order.placed', { example: { order_id: '7', total: 3 } })
export class OrderPlaced extends BaseEvent {
  @IsString()
  order_id!: string;

  @IsInt()
  @Min(0)
  total!: number;
}

@EventType('order.paid', { example: { order_id: '7' } })
export class OrderPaid extends BaseEvent {
  @IsString()
  order_id!: string;
}

@EventType('order.returned', { example: { order_id: '7' } })
export class OrderReturned extends BaseEvent {
  @IsString()
  order_id!: string;
}

const refundInput = z.object({ reason: z.string() });

/** Money back, if a person agrees. */
@Injectable()
export class RefundTool {
  /** Keys of the calls so far. */
  readonly calls: string[] = [];
  failOnce = false;

  @Tool({ description: 'Refunds an order', input: refundInput, effect: 'keyed', approval: 'always' })
  refund(_input: z.infer<typeof refundInput>, { key }: ToolCall): string {
    this.calls.push(key);
    if (this.failOnce) {
      this.failOnce = false;
      throw new PermanentError('The bank is closed.');
    }
    return 'refunded';
  }
}

@Agent({
  name: 'refunds',
  prompt: 'Call refund once, then say that it is done.',
  tools: [RefundTool],
  budget: { perDay: { tokens: 10_000_000 } },
})
export class RefundAgent extends LangChainAgent {}

/** Triggers whose outcome a test decides by what it sends. */
@Injectable()
export class TestTriggers {
  constructor(private readonly refunds: RefundAgent) {}

  @OnEvent(OrderReturned, { name: 'returns' })
  refund({ event }: DecisionContext<OrderReturned>): Promise<string> {
    return this.refunds.run(`Order ${event.order_id} came back.`);
  }

  @OnEvent(WebSocketMessage, { name: 'echo' })
  echo({ event }: DecisionContext<WebSocketMessage>): string {
    if (event.content === 'fail') throw new PermanentError('password=hunter2 in select * from secrets');
    return `You said: ${event.content}`;
  }

  @OnEvent(HttpPayload, { name: 'picky' })
  picky({ event }: DecisionContext<HttpPayload>): unknown {
    if (event.payload['fail'] === true) throw new PermanentError('It is not to be.');
    return { seen: event.payload };
  }

  /** As an agent whose tool `pay` was interrupted. */
  @OnEvent(OrderPaid, { name: 'paying' })
  async pay({ event }: DecisionContext<OrderPaid>): Promise<unknown> {
    const ledger = currentRun()!.ledger!;
    const past = await ledger.find('pay');
    if (past?.status === 'done') return { paid: past.result };
    if (past?.status === 'failed') throw new PermanentError('Not paid, and not tried again.');
    const call = {
      key: 'pay',
      kind: 'tool',
      name: 'pay',
      effect: 'unkeyed',
      input: { order: event.order_id },
    } as const;
    await ledger.start(call);
    const { id } = await ledger.finish('pay', { status: 'unknown' });
    throw new Parked('Nobody knows whether it was paid.', { waitsFor: effectWaitKey(id) });
  }

  @OnEvent(OrderPlaced, { name: 'billing' })
  billing({ event }: DecisionContext<OrderPlaced>): number {
    return event.total;
  }

  // Named as in the example of POST /backtests.
  @OnEvent(
    OrderPlaced,
    tunable({ threshold: 8 }, ({ threshold }) => ({
      name: 'error-threshold',
      filter: field('total', (total: number) => total >= threshold),
    })),
  )
  large({ event }: DecisionContext<OrderPlaced>): number {
    return event.total;
  }

  @OnEvent(Lifecycle, { name: 'watch' })
  watch({ event }: DecisionContext<Lifecycle>): string {
    return event.action;
  }
}

@Module({})
class TestDomainModule {}

export function testDomain(): DynamicModule[] {
  return [
    {
      module: TestDomainModule,
      imports: [EventsModule.forFeature([OrderPlaced, OrderPaid, OrderReturned])],
      providers: [TestTriggers, RefundTool, RefundAgent],
    },
  ];
}
