import type { Firing } from '@reflex/event-store';
import { stored } from '../specs/a-context';
import { matchFirings } from './firings';
import type { Rehearsed } from './rehearsal';

function would(
  second: number,
  { id, isTick = false, scope = 'a' }: { id?: string; isTick?: boolean; scope?: string } = {},
): Rehearsed {
  const event = { ...stored(second), ...(id && { id }) };
  const atMs = second * 1_000;
  return { event, scope, isTick, atMs, verdict: 'fires', reason: '', filter: null, condition: null };
}

function did(second: number, { id = 'x', isTick = false, scope = 'a' } = {}): Firing {
  const receivedAt = new Date(second * 1_000);
  return { eventId: id, type: 't', source: 's', receivedAt, scope, isTick, outcome: 'completed', runId: id };
}

it('matches events by id, whenever they fired', () => {
  const { fresh, gone } = matchFirings(
    [would(1, { id: 'a' }), would(2, { id: 'b' })],
    [did(1, { id: 'a' }), did(3, { id: 'c' })],
  );

  expect([fresh.map(({ event }) => event.id), gone.map(({ eventId }) => eventId)]).toEqual([['b'], ['c']]);
});

it('matches ticks by scope and time, each once, also with an event that was faster', () => {
  const ticks = [would(10, { isTick: true }), would(11, { isTick: true }), would(30, { isTick: true, scope: 'b' })];
  const recorded = [
    did(10.2, { id: 'tick', isTick: true }),
    did(30, { id: 'tick2', isTick: true }),
    did(14, { id: 'event' }),
  ];

  const { fresh, gone } = matchFirings(ticks, recorded);

  expect(fresh.map(({ scope }) => scope)).toEqual(['b']);
  expect(gone.map(({ eventId }) => eventId)).toEqual(['tick2']);
});
