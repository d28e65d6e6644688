import { count } from './conditions/condition';
import { OnEvent, triggersOf } from './on-event.decorator';
import { Alert, EVENTS } from './specs/a-context';
import { TriggerRegistry } from './trigger-registry';
import { tunable } from './tunable';

class Watch {
  @OnEvent(
    Alert,
    tunable({ threshold: 5, window: '60s', strict: false }, ({ threshold, window, strict }) => ({
      name: 'watch',
      scope: strict ? 'service' : 'source',
      when: count(threshold).within(window),
    })),
  )
  act(): void {}
}

function registry(): TriggerRegistry {
  const [{ patterns, options, tunable: made }] = triggersOf(Watch.prototype.act) as [
    ReturnType<typeof triggersOf>[number],
  ];
  return new TriggerRegistry(EVENTS).add({
    ...options,
    name: 'watch',
    on: patterns,
    tunable: made,
    handle: () => 'done',
  });
}

it('is as its defaults say', () => {
  expect(registry().get('watch')).toMatchObject({ conditionText: '5 within 60s', definition: { scope: ['source'] } });
  expect(registry().parameters('watch')).toEqual({ threshold: 5, window: '60s', strict: false });
});

it('takes other values, texts included, and leaves the registered trigger as it is', () => {
  const triggers = registry();

  const tuned = triggers.tuned('watch', { threshold: '8', window: '5m', strict: 'true' })!;

  expect(tuned.params).toEqual({ threshold: 8, window: '5m', strict: true });
  expect(tuned.trigger).toMatchObject({
    conditionText: '8 within 5m',
    definition: { name: 'watch', scope: ['service'] },
  });
  expect(tuned.trigger.handle).toBe(triggers.get('watch')!.handle);
  expect(triggers.get('watch')!.conditionText).toBe('5 within 60s');
  expect(triggers.tuned('watch', {})!.trigger).toBe(triggers.get('watch'));
  expect(triggers.tuned('nobody', {})).toBeUndefined();
});

it.each([
  [{ speed: 1 }, 'Trigger "watch" has no parameter "speed"; it has threshold (5), window (60s), strict (false).'],
  [{ threshold: 'many' }, 'Parameter "threshold" must be a number, such as 5, not "many".'],
  [{ strict: 1 }, 'Parameter "strict" must be a boolean, such as false, not 1.'],
  [{ threshold: 0 }, /These values cannot be: .*count\(0\) needs a whole number/],
  [{ window: 'soon' }, /These values cannot be: .*"soon"/],
])('refuses %j with a sentence', (changes, sentence) => {
  expect(() => registry().tuned('watch', changes)).toThrow(sentence);
});

it('knows the kinds of its values at compile time', () => {
  // @ts-expect-error A text is no duration.
  const wrong = () => tunable({ window: 'soon' }, ({ window }) => ({ when: count(2).within(window) }));

  expect(wrong().defaults).toEqual({ window: 'soon' });
});
