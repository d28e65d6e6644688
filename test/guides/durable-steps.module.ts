import { Injectable, Module } from '@nestjs/common';
import { BaseEvent, EventsModule, EventType } from '@reflex/events';
import { type DecisionContext, OnEvent } from '@reflex/triggers';
import { IsInt, IsString } from 'class-validator';

@EventType('trip.ordered')
export class TripOrdered extends BaseEvent {
  @IsString() trip!: string;
  @IsString() city!: string;
  @IsInt() cents!: number;
}

@EventType('trip.confirmed')
export class TripConfirmed extends BaseEvent {
  @IsString() trip!: string;
  @IsString() by!: string;
}

@EventType('trip.reminder')
export class TripReminder extends BaseEvent {
  @IsString() trip!: string;
}

@EventType('trip.priced')
export class TripPriced extends BaseEvent {
  @IsInt() total!: number;
}

@EventType('trip.price_asked')
export class TripPriceAsked extends BaseEvent {
  @IsInt() cents!: number;
}

/** Two services of somebody else, who drop what they saw before by its key. */
@Injectable()
export class Agency {
  readonly calls: { what: string; key: string }[] = [];
  broken = false;

  book(what: string, key: string): string {
    this.calls.push({ what, key });
    if (this.broken) throw new Error('The agency does not answer.');
    return `${what}-${this.calls.length}`;
  }
}

@Injectable()
export class Trips {
  constructor(private readonly agency: Agency) {}

  @OnEvent(TripOrdered, { name: 'book-trip' })
  async bookTrip(context: DecisionContext<TripOrdered>): Promise<object> {
    const { trip, city } = context.event;
    const hotel = await context.step('hotel', ({ key }) => this.agency.book(`hotel in ${city}`, key));
    const train = await context.step('train', ({ key }) => this.agency.book(`train to ${city}`, key));

    const confirmed = await context.waitFor(TripConfirmed, { match: { trip }, timeout: '2d' });
    if (!confirmed) {
      await context.step('cancel', ({ key }) => this.agency.book(`nothing in ${city}`, key));
      return { cancelled: hotel };
    }
    context.schedule(TripReminder.of({ trip }), { delay: '30d' });
    return { hotel, train, by: confirmed.by };
  }

  @OnEvent(TripOrdered, { name: 'price-trip' })
  async priceTrip(context: DecisionContext<TripOrdered>): Promise<number | null> {
    context.publish(TripPriceAsked.of({ cents: context.event.cents }));
    const priced = await context.waitFor(TripPriced, { timeout: '1m' });
    return priced && priced.total;
  }

  @OnEvent(TripPriceAsked, { name: 'pricing' })
  price(context: DecisionContext<TripPriceAsked>): void {
    context.publish(TripPriced.of({ total: Math.round(context.event.cents * 1.19) }));
  }
}

@Module({
  imports: [EventsModule.forFeature([TripOrdered, TripConfirmed, TripReminder, TripPriced, TripPriceAsked])],
  providers: [Agency, Trips],
})
export class TripsModule {}
