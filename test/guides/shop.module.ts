import { Body, Controller, HttpCode, Injectable, Module, Post } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Agent, LangChainAgent, Tool, type ToolCall } from '@reflex/agents';
import { RequireScope } from '@reflex/auth';
import { PermanentError } from '@reflex/core';
import { EventStore } from '@reflex/event-store';
import { BaseEvent, EventsModule, EventType } from '@reflex/events';
import { type DecisionContext, dedupe, not, OnEvent, source } from '@reflex/triggers';
import { Type } from 'class-transformer';
import { ArrayNotEmpty, IsInt, IsString, Min, ValidateNested } from 'class-validator';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { z } from 'zod';

export class OrderLine {
  @IsString() sku!: string;
  @IsInt() @Min(1) pieces!: number;
}

@EventType('order.submitted', {
  description: 'A customer wants something.',
  example: { order_number: 'A7', customer: 'ann', lines: [{ sku: 'tea', pieces: 2 }] },
})
export class OrderSubmitted extends BaseEvent {
  @IsString() order_number!: string;
  @IsString() customer!: string;

  @ArrayNotEmpty()
  @ValidateNested({ each: true })
  @Type(() => OrderLine)
  lines!: OrderLine[];
}

@EventType('order.answered')
export class OrderAnswered extends BaseEvent {
  @IsString() customer!: string;
  @IsString() note!: string;
}

@Injectable()
export class StockTools {
  private readonly stock = new Map([['tea', 40]]);
  readonly reserved = new Map<string, number>();

  @Tool({ description: 'Pieces in stock, by SKU.', input: z.object({ sku: z.string() }), effect: 'none' })
  piecesInStock({ sku }: { sku: string }): number {
    return this.stock.get(sku) ?? 0;
  }

  @Tool({
    description: 'Sets pieces aside for a customer.',
    input: z.object({ sku: z.string(), pieces: z.int().min(1) }),
    effect: 'keyed',
  })
  reserve({ pieces }: { sku: string; pieces: number }, call: ToolCall): string {
    this.reserved.set(call.key, pieces); // the same key in every attempt: a retry reserves nothing again
    return 'Reserved.';
  }
}

const Answer = z.object({ note: z.string().describe('Two sentences to the customer.'), complete: z.boolean() });
type Answer = z.infer<typeof Answer>;

@Agent({
  name: 'clerk',
  prompt: 'You are the clerk of a tea shop. Look into the stock, reserve what is there, and write to the customer.',
  output: Answer,
  tools: [StockTools],
  budget: { toolCalls: 6, seconds: 60 },
})
export class ClerkAgent extends LangChainAgent<Answer> {}

@Injectable()
export class Orders {
  constructor(private readonly clerk: ClerkAgent) {}

  @OnEvent(OrderSubmitted, {
    name: 'answer-order',
    filter: not(source('test*')).and(dedupe('order_number', '1h')),
    scope: 'customer', // one order of a customer at a time, in order
    maxAttempts: 5,
    timeout: '90s',
  })
  async answer(context: DecisionContext<OrderSubmitted>): Promise<Answer> {
    const { customer, lines } = context.event;
    if (lines.length > 20) throw new PermanentError('An order has at most 20 lines. Let the customer split it.');
    const answer = await this.clerk.run({ task: `Answer ${customer}.`, data: lines });
    context.publish(OrderAnswered.of({ source: 'internal:shop', customer, note: answer.note }));
    context.transaction(async (manager) => {
      await manager.query('insert into notes (customer, note) values ($1, $2)', [customer, answer.note]);
    });
    return answer;
  }
}

export class Notes1800000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table notes (id bigserial primary key, customer text not null, note text not null)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table notes');
  }
}

class OrderDto {
  @ApiProperty({ example: 'A7' })
  @IsString()
  order_number!: string;

  @ApiProperty({ example: 'ann' })
  @IsString()
  customer!: string;

  @ApiProperty({ example: 'tea' })
  @IsString()
  sku!: string;
}

@ApiTags('orders')
@RequireScope('events:write')
@Controller('orders')
export class OrdersController {
  constructor(private readonly store: EventStore) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: 'Order one piece' })
  async order(@Body() { sku, ...order }: OrderDto): Promise<{ id: string }> {
    const event = OrderSubmitted.of({ source: 'http:orders', ...order, lines: [{ sku, pieces: 1 }] });
    const [published] = await this.store.publish(event);
    return { id: published!.id };
  }
}

@Module({
  imports: [EventsModule.forFeature([OrderSubmitted, OrderAnswered])],
  controllers: [OrdersController],
  providers: [ClerkAgent, Orders, StockTools],
})
export class ShopModule {}
