import { Injectable, Module } from '@nestjs/common';
import { BaseEvent, EventsModule, EventType } from '@reflex/events';
import { count, type DecisionContext, OnEvent, where } from '@reflex/triggers';
import { IsInt, IsString, Min } from 'class-validator';

@EventType('coffee.brewed')
export class CoffeeBrewed extends BaseEvent {
  @IsString() machine!: string;
  @IsInt() @Min(0) beans_left!: number;
}

@EventType('beans.ordered')
export class BeansOrdered extends BaseEvent {
  @IsString() machine!: string;
}

@Injectable()
export class Refill {
  @OnEvent(CoffeeBrewed, {
    name: 'refill',
    filter: where(({ beans_left }) => beans_left < 100, 'is low'),
    scope: 'machine', // each machine is counted by itself
    when: count(3).within('1h'), // over all replicas, and over restarts
  })
  order(context: DecisionContext<CoffeeBrewed>): { machine: string; seen: number } {
    const { machine } = context.event;
    context.publish(BeansOrdered.of({ source: 'internal:coffee', machine })); // together with the result, or not at all
    return { machine, seen: context.events.length };
  }
}

@Module({ imports: [EventsModule.forFeature([CoffeeBrewed, BeansOrdered])], providers: [Refill] })
export class CoffeeModule {}
