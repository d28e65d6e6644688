import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { IsString } from 'class-validator';
import { BaseEvent, EventRegistry, EventsModule, EventType } from '@reflex/events';

@EventType('door.opened')
class DoorOpened extends BaseEvent {
  @IsString()
  door!: string;
}

@EventType('door.opened')
class DoorOpenedAgain extends BaseEvent {}

@EventType('door.closed')
class DoorClosed extends BaseEvent {}

@Injectable()
class Porter {
  constructor(readonly registry: EventRegistry) {}
}

@Module({ imports: [EventsModule.forFeature([DoorOpened])], providers: [Porter] })
class DoorModule {}

@Module({ imports: [EventsModule.forFeature([DoorClosed])] })
class LockModule {}

it('gives one registry to the whole app, with the built-in events and those of each feature', async () => {
  const app = await Test.createTestingModule({ imports: [EventsModule, DoorModule, LockModule] }).compile();

  const registry = app.get(EventRegistry);

  expect(app.get(Porter).registry).toBe(registry);
  expect(registry.types()).toEqual(expect.arrayContaining(['door.closed', 'door.opened', 'http', 'ws.message']));
});

it('does not start with two classes of one type', async () => {
  const starting = Test.createTestingModule({
    imports: [EventsModule, DoorModule, EventsModule.forFeature([DoorOpenedAgain])],
  }).compile();

  await expect(starting).rejects.toThrow(/DoorOpened and DoorOpenedAgain both claim the event type "door.opened"/);
});
