import { Injectable, Module } from '@nestjs/common';
import { PermanentError } from '@reflex/core';
import { BaseEvent, EventsModule, EventType } from '@reflex/events';
import { type DecisionContext, field, OnEvent } from '@reflex/triggers';
import { IsInt, IsString } from 'class-validator';

@EventType('invoice.due')
export class InvoiceDue extends BaseEvent {
  @IsString() customer!: string;
  @IsInt() cents!: number;
}

const isPositive = (cents: number): boolean => cents > 0;

@Injectable()
export class Invoices {
  private readonly customers = ['ann', 'bob'];

  @OnEvent(InvoiceDue, { name: 'charge', filter: field('cents', isPositive) })
  charge({ event }: DecisionContext<InvoiceDue>): { charged: number } {
    if (!this.customers.includes(event.customer)) {
      throw new PermanentError(`There is no customer "${event.customer}".`);
    }
    return { charged: event.cents };
  }
}

@Module({ imports: [EventsModule.forFeature([InvoiceDue])], providers: [Invoices] })
export class InvoicesModule {}
