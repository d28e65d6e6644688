import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { PermanentError } from '@reflex/core';
import { BaseEvent, EventsModule, EventType, HttpRequest } from '@reflex/events';
import { type DecisionContext, field, OnEvent, source } from '@reflex/triggers';
import { IsIn, IsInt, IsString } from 'class-validator';
import { IncidentsModule } from '../../apps/api/src/incidents/incidents.module';

/** `sound` answers, `shaky` does at the second attempt, `silent` never, `closed` does not exist any more. */
export const BANKS = ['sound', 'shaky', 'silent', 'closed'] as const;

@EventType('payment.received')
export class PaymentReceived extends BaseEvent {
  @IsString()
  payment_id!: string;

  @IsInt()
  amount!: number;

  @IsIn(BANKS)
  bank!: (typeof BANKS)[number];
}

/** Sent at an even pace when all is quiet, to see how long a handler takes to start. */
@EventType('demo.pulse')
export class DemoPulse extends BaseEvent {
  @IsInt()
  nr!: number;
}

interface Issue {
  number: number;
  title: string;
}

@Injectable()
export class DemoTriggers {
  @OnEvent(PaymentReceived, { name: 'book-payment' })
  book({ event, attempt }: DecisionContext<PaymentReceived>): { booked: number } {
    const { bank, amount } = event;
    if (bank === 'closed') throw new PermanentError('The bank "closed" does not exist any more. Correct the event.');
    if (bank === 'silent' || (bank === 'shaky' && attempt === 1)) {
      throw new Error(`The bank "${bank}" does not answer (the demo fails here on purpose).`);
    }
    return { booked: amount };
  }

  @OnEvent(HttpRequest, {
    name: 'new-issue',
    filter: source('webhook:github').and(field('headers.x-github-event', 'issues')).and(field('body.action', 'opened')),
  })
  triage({ event }: DecisionContext<HttpRequest>): string {
    const { issue } = event.body as unknown as { issue: Issue };
    return `#${issue.number} ${issue.title}`;
  }

  @OnEvent(DemoPulse, { name: 'pulse' })
  pulse({ event }: DecisionContext<DemoPulse>): number {
    return event.nr;
  }
}

@Module({ imports: [EventsModule.forFeature([PaymentReceived, DemoPulse])], providers: [DemoTriggers] })
class DemoModule {}

/** The example of the service as it is, and beside it triggers of the demo's own. */
export const DEMO_DOMAIN: DynamicModule[] = [{ module: IncidentsModule }, { module: DemoModule }];
