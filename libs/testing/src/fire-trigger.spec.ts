import { Injectable } from '@nestjs/common';
import { BaseEvent, EventType } from '@reflex/events';
import { count, type DecisionContext, OnEvent, TriggerSetupError } from '@reflex/triggers';
import { IsString } from 'class-validator';
import { fireTrigger } from '.';

@EventType('door.opened')
class DoorOpened extends BaseEvent {
  @IsString()
  house!: string;

  @IsString()
  door!: string;
}

class Bell {
  ring(_door: string): string {
    return 'real';
  }
}

@Injectable()
class Porter {
  constructor(private readonly bell: Bell) {}

  @OnEvent('door.*', { name: 'ring' })
  ring({ event }: DecisionContext): string {
    return this.bell.ring((event as DoorOpened).door);
  }

  @OnEvent(DoorOpened, { name: 'tell', scope: ['house', 'source'], when: count(3).within('1m') })
  tell(context: DecisionContext<DoorOpened>): unknown {
    context.publish(DoorOpened.of({ house: 'h', door: 'next' }));
    return {
      scope: context.scope,
      doors: context.events.map(({ door }) => door),
      late: context.event instanceof DoorOpened,
    };
  }
}

const opened = (door: string) => DoorOpened.of({ source: 'test', house: 'a:b', door });
const model = () => {
  throw new Error('No agent is run.');
};

it('calls the handler with the event, what was gathered before, and the scope', async () => {
  const fired = await fireTrigger(Porter, {
    name: 'tell',
    event: opened('back'),
    earlier: [opened('front'), opened('side')],
    model,
  });

  expect(fired.result).toEqual({ scope: 'a\\:b:test', doors: ['front', 'side', 'back'], late: true });
  expect(fired.published).toEqual([{ type: 'door.opened', house: 'h', door: 'next' }]);
  expect(fired.calls).toEqual([]);
});

it('takes what the trigger needs from providers, and names what is missing when it is used', async () => {
  const providers = [{ provide: Bell, useValue: { ring: (door: string) => `rang for ${door}` } }];
  const given = await fireTrigger(Porter, { name: 'ring', event: opened('back'), providers, model });

  expect(given.result).toBe('rang for back');
  await expect(fireTrigger(Porter, { name: 'ring', event: opened('back'), model })).rejects.toThrow(
    'This test uses Bell.ring, but brings no Bell. Add { provide: Bell, useValue: … } to its providers.',
  );
});

it('wants to know which trigger of the class is meant', async () => {
  const unclear = fireTrigger(Porter, { event: opened('back'), model });

  await expect(unclear).rejects.toThrow(TriggerSetupError);
  await expect(unclear).rejects.toThrow('Porter has the triggers ring, tell. Say which by { name }.');
  await expect(fireTrigger(Porter, { name: 'sing', event: opened('back'), model })).rejects.toThrow(/ring, tell/);
});
