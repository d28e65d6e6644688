import type { StoredEvent } from '@reflex/event-store';
import { count, every, orAfter, quietFor } from '../conditions/condition';
import { dedupe } from '../filters/dedupe';
import { rateLimit } from '../filters/rate-limit';
import { field, where } from '../filters/plain-filters';
import { Alert, EVENTS, stored } from '../specs/a-context';
import type { TriggerOptions } from '../trigger-options';
import { TriggerRegistry } from '../trigger-registry';
import { Agenda } from './agenda';
import { Rehearsal, type Rehearsed } from './rehearsal';

interface Told {
  verdict: string;
  at: number;
  tick: boolean;
}

/** Goes through alerts received at these seconds, until `until`. */
function rehearsed(options: TriggerOptions, events: StoredEvent[], until: number, witnessed = false): Rehearsed[] {
  const registry = new TriggerRegistry(EVENTS).add({ name: 'spec', on: Alert, handle: neverCalled, ...options });
  const told: Rehearsed[] = [];
  const agenda = new Agenda(0);
  const decode = (event: StoredEvent) => EVENTS.decode(event);
  const tell = (one: Rehearsed): void => void told.push(one);
  const rehearsal = new Rehearsal(registry.get('spec')!, { agenda, decode, tell, witnessed: () => witnessed });
  for (const event of events) {
    agenda.advance(event.receivedAt.getTime());
    rehearsal.deliver(event, rehearsal.trigger.definition.scope && event.source);
  }
  agenda.advance(until * 1_000);
  return told;
}

function neverCalled(): never {
  throw new Error('A rehearsal calls no handler.');
}

const short = ({ verdict, atMs, isTick }: Rehearsed): Told => ({ verdict, at: atMs / 1_000, tick: isTick });
const fired = (told: Rehearsed[]) => told.filter(({ verdict }) => verdict === 'fires').map(({ atMs }) => atMs / 1_000);
const at = (...seconds: number[]) => seconds.map((second) => stored(second));

it('accumulates, fires and begins anew, by scope and by time of receipt', () => {
  const events = [
    stored(0),
    stored(1, {}, 'other'),
    stored(10),
    stored(20),
    stored(21),
    stored(100),
    stored(110),
    stored(120),
  ];

  const told = rehearsed({ when: count(3).within('60s') }, events, 200);

  expect(fired(told)).toEqual([20, 120]);
  expect(told[0]).toMatchObject({ verdict: 'accumulated', reason: '1 of 3 within 60s', scope: 'spec' });
});

it('lets timers come in virtual time', () => {
  expect(rehearsed({ when: quietFor('5s') }, at(0, 3, 20), 100).map(short)).toEqual([
    { verdict: 'accumulated', at: 0, tick: false },
    { verdict: 'accumulated', at: 3, tick: false },
    { verdict: 'fires', at: 8, tick: true },
    { verdict: 'accumulated', at: 20, tick: false },
    { verdict: 'fires', at: 25, tick: true },
  ]);
  expect(fired(rehearsed({ when: orAfter('10s') }, at(0, 3, 20), 29))).toEqual([10]);
  expect(fired(rehearsed({ when: every(2).orAfter('10s') }, at(0, 3, 20), 100))).toEqual([3, 30]);
});

it('puts off what a rate limit says, and what is behind it', () => {
  const told = rehearsed({ filter: rateLimit(2, '10s') }, at(0, 1, 2, 3, 4), 100);

  expect(
    told
      .map(short)
      .filter(({ verdict }) => verdict === 'fires')
      .map((one) => one.at),
  ).toEqual([0, 1, 10.001, 11.001, 20.002]);
  const order = told
    .filter(({ verdict }) => verdict === 'fires')
    .map(({ event }) => event.receivedAt.getTime() / 1_000);
  expect(order).toEqual([0, 1, 2, 3, 4]);
});

it('remembers what a filter has seen, and tells of one that throws', () => {
  const told = rehearsed({ filter: dedupe('service', '10s') }, at(0, 5, 11), 20);
  const throwing = rehearsed({ filter: where(() => JSON.parse('{') as boolean) }, at(0), 1);

  expect(told.map(({ verdict }) => verdict)).toEqual(['fires', 'filtered', 'fires']);
  expect(throwing).toMatchObject([{ verdict: 'fails', reason: expect.stringMatching(/JSON/) as string }]);
});

it('asks before witnesses when told to', () => {
  const options: TriggerOptions = { filter: field('service', 'db'), when: every(2) };

  expect(rehearsed(options, at(0), 1)[0]).toMatchObject({ filter: null, condition: null });
  expect(rehearsed(options, at(0), 1, true)[0]).toMatchObject({
    filter: { name: 'field', pass: true, saw: { value: 'db' } },
    condition: { name: 'every', met: false, saw: { count: 1, of: 2 } },
  });
});
