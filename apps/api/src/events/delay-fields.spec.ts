import { BaseEvent, EventRegistry, EventType } from '@reflex/events';
import { IsInt } from 'class-validator';
import { takeDelay } from './delay-fields';

@EventType('train.late')
class TrainLate extends BaseEvent {
  @IsInt()
  delay!: number;
}

const registry = new EventRegistry().register([TrainLate]);

it('leaves a field to the type that has it', () => {
  const raw = { type: 'train.late', delay: 7, deliver_at: '2026-01-01T12:00:00+01:00' };

  expect(takeDelay(raw, registry)).toEqual({
    event: { type: 'train.late', delay: 7 },
    delay: { delayMs: null, deliverAt: new Date('2026-01-01T11:00:00Z') },
  });
});

it('keeps hostile keys for those who refuse them', () => {
  const raw = JSON.parse('{"type":"http","delay":"1s","__proto__":{"polluted":1}}') as object;

  const { event } = takeDelay(raw, registry);

  expect(Object.keys(event as object)).toContain('__proto__');
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

it.each([null, 7, 'text', [1]])('leaves %j to the parser', (raw) => {
  expect(takeDelay(raw, registry).event).toBe(raw);
});
