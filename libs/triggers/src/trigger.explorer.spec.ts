import { Injectable, Module, Scope } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { BaseEvent, EventRegistry, EventType } from '@reflex/events';
import { Allow } from 'class-validator';
import { count } from './conditions/condition';
import type { DecisionContext } from './context/decision-context';
import { dedupe } from './filters/dedupe';
import { Filter, PASS } from './filters/filter';
import { keyword } from './filters/plain-filters';
import { OnEvent } from './on-event.decorator';
import { TriggerExplorer } from './trigger.explorer';
import { TriggerRegistry } from './trigger-registry';

@EventType('explored.opened')
class Opened extends BaseEvent {
  @Allow()
  user!: { id: string };
}

@EventType('explored.forgotten')
class Forgotten extends BaseEvent {}

/** What a start would do with these providers: find their triggers and register them. */
async function boot(...providers: (new (...args: never[]) => object)[]): Promise<TriggerRegistry> {
  @Module({ imports: [DiscoveryModule], providers: [TriggerExplorer, ...providers] })
  class App {}
  const app = await Test.createTestingModule({ imports: [App] }).compile();
  const registry = new TriggerRegistry(new EventRegistry().register([Opened]));
  for (const trigger of app.get(TriggerExplorer).explore()) registry.add(trigger);
  return registry;
}

describe('TriggerExplorer', () => {
  it('finds all triggers and calls them on their provider', async () => {
    @Injectable()
    class Escalation {
      private readonly prefix = 'seen';

      @OnEvent(Opened)
      @OnEvent('explored.*')
      escalate(): string {
        return this.prefix;
      }

      @OnEvent(['explored.opened', 'ws.message'], { name: 'named', priority: 5 })
      other(): void {}

      ordinary(): void {}
    }

    const registry = await boot(Escalation);

    expect(registry.all().map(({ definition }) => definition.name)).toEqual([
      'Escalation.escalate',
      'Escalation.escalate:2',
      'named',
    ]);
    expect(registry.get('named')!.definition).toMatchObject({ types: ['explored.opened', 'ws.message'], priority: 5 });
    expect(registry.get('Escalation.escalate')!.handle({} as DecisionContext)).toBe('seen');
  });

  it('finds inherited triggers under the name of the subclass', async () => {
    class Inherited {
      @OnEvent(Opened)
      handle(): void {}
    }
    @Injectable()
    class First extends Inherited {}
    @Injectable()
    class Second extends Inherited {}

    const names = (await boot(First, Second)).all().map(({ definition }) => definition.name);

    expect(names).toEqual(['First.handle', 'Second.handle']);
  });

  it('stops the start for two triggers of one name', async () => {
    @Injectable()
    class Twice {
      @OnEvent(Opened, { name: 'same' })
      one(): void {}

      @OnEvent(Opened, { name: 'same' })
      two(): void {}
    }

    await expect(boot(Twice)).rejects.toThrow('Two triggers are named "same". Give one of them another name');
  });

  it('stops the start for an event class or type that nobody registered', async () => {
    @Injectable()
    class Lost {
      @OnEvent(Forgotten)
      lost(): void {}
    }
    @Injectable()
    class Misspelt {
      @OnEvent('explored.openend')
      lost(): void {}
    }

    await expect(boot(Lost)).rejects.toThrow('"Lost.lost" listens to Forgotten, which no module registered');
    await expect(boot(Misspelt)).rejects.toThrow('no event type of that name is registered');
  });

  it('stops the start for a request-scoped provider, also by what it injects', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {
      @OnEvent(Opened)
      handle(): void {}
    }
    @Injectable({ scope: Scope.REQUEST })
    class Session {}
    @Injectable()
    class Bubbled {
      constructor(readonly session: Session) {}

      @OnEvent(Opened)
      handle(): void {}
    }

    await expect(boot(PerRequest)).rejects.toThrow('PerRequest has triggers but is request-scoped');
    await expect(boot(Bubbled, Session)).rejects.toThrow('Bubbled has triggers but is request-scoped');
  });
});

describe('the options of a trigger', () => {
  const registry = () => new TriggerRegistry(new EventRegistry().register([Opened]));
  const add = (options: Record<string, unknown>) =>
    registry()
      .add({ name: 'spec', on: Opened, handle: () => undefined, ...options })
      .get('spec')!;

  it.each([
    [{}, null, false],
    [{ filter: keyword('x') }, null, false],
    [{ when: count(2).within('1s') }, ['source'], true],
    [{ when: () => true }, ['source'], true],
    [{ filter: keyword('x').and(dedupe('id', '1m')) }, ['source'], true],
    [{ when: count(2).within('1s'), scope: 'user.id' }, ['user.id'], true],
    [{ scope: ['type', 'source'] }, ['type', 'source'], false],
    [{ scope: '*' }, ['*'], false],
  ])('%# make the scope %j', (options, scope, stateful) => {
    expect(add(options).definition).toMatchObject({ scope, stateful });
  });

  it.each([
    [{ maxAttempts: 0 }, 'maxAttempts must be a whole number from 1'],
    [{ concurrency: 1.5 }, 'concurrency must be a whole number'],
    [{ maxWaiting: 0 }, 'maxWaiting must be a whole number from 1 to 2147483647'],
    [{ maxWaiting: 3e9 }, 'maxWaiting must be a whole number from 1 to 2147483647'],
    [{ priority: 0.5 }, 'priority must be a whole number'],
    [{ timeout: 'soon' }, '"soon" is not a duration'],
    [{ timeout: 0 }, 'timeout must be longer'],
    [{ throttle: { limit: 0, per: '1s' } }, 'throttle.limit must be a whole number'],
    [{ scope: 'user..id' }, '"user..id" is not a field path'],
    [{ scope: ['*', 'user'] }, 'scope "*"'],
    [{ scope: [] }, 'scope is an empty list'],
    [{ name: 'no spaces' }, 'a name is 1 to 128'],
    [{ on: [] }, 'it names no event'],
    [{ on: 'Order Created' }, 'is no event type'],
    [{ when: 5 }, '"when" is no condition'],
    [{ when: count(3) }, '"when" is no condition'],
    [{ filter: () => true }, '"filter" is no filter'],
    [{ onRetry: 'skip' }, 'onRetry is "block" or "pass"'],
    [{ tiemout: '5s' }, 'there is no option "tiemout"'],
  ])('are refused with one sentence: %j', (options, sentence) => {
    expect(() => add(options)).toThrow(sentence);
    expect(() => add(options)).toThrow(/^Trigger "/);
  });

  it('keep the memory of a filter when another joins it', () => {
    const places: string[] = [];
    const compile = (place: string) => {
      places.push(place);
      return () => PASS;
    };
    const filter = new Filter({ name: 'spy', args: [], text: 'spy', stateful: true, compile });

    add({ filter });
    add({ filter: filter.and(keyword('x')) });
    add({ filter: filter.and(keyword('x')).or(keyword('y')) });

    expect(places.slice(0, 2)).toEqual(['0.0', '0.0']);
    expect(places[2]).toBe('0.0.0');
  });
});
