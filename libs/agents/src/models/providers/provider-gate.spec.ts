import { RetryLater } from '@reflex/core';
import { ModelRefused, ModelUnavailable, ProviderClosed } from '../..';
import { ProviderGate } from './provider-gate';

const ok = () => Promise.resolve('answer');
const fails = () => Promise.reject(new ModelUnavailable('It is down.'));

async function delayOf(gate: ProviderGate): Promise<number> {
  const call = jest.fn(ok);
  const error: unknown = await gate.pass(call).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProviderClosed);
  expect(call).not.toHaveBeenCalled();
  return (error as RetryLater).delayMs;
}

let gate: ProviderGate;

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000, doNotFake: ['nextTick', 'queueMicrotask'] });
  gate = new ProviderGate('openai', () => 0);
});
afterEach(() => jest.useRealTimers());

describe('a provider that says when to come back', () => {
  it('is not called by anybody until then', async () => {
    const told = gate.pass(() => Promise.reject(new RetryLater('Slow down', 3_000)));
    await expect(told).rejects.toBeInstanceOf(ProviderClosed);

    jest.advanceTimersByTime(1_000);
    expect(await delayOf(gate)).toBe(2_000);
    jest.advanceTimersByTime(2_000);
    await expect(gate.pass(ok)).resolves.toBe('answer');
  });

  it('is closed for the longest that it asked for', async () => {
    const calls = [5_000, 1_000].map((ms) => gate.pass(() => Promise.reject(new RetryLater('Slow down', ms))));
    await Promise.allSettled(calls);

    expect(await delayOf(gate)).toBe(5_000);
  });

  it('gets those who wait back a little spread, and none too early', async () => {
    const spread = new ProviderGate('openai', () => 1);
    await spread.pass(() => Promise.reject(new RetryLater('Slow down', 3_000))).catch(() => undefined);

    expect(await delayOf(spread)).toBe(3_300);
  });
});

describe('a provider that keeps failing', () => {
  const failFiveTimes = async () => {
    for (let index = 0; index < 5; index += 1) await gate.pass(fails).catch(() => undefined);
  };

  it('is left alone, then tried by one call before all others', async () => {
    await failFiveTimes();
    expect(await delayOf(gate)).toBe(10_000);

    jest.advanceTimersByTime(10_000);
    const probe = Promise.withResolvers<string>();
    const trying = gate.pass(() => probe.promise);
    expect(await delayOf(gate)).toBe(5_000);
    probe.resolve('back');

    await expect(trying).resolves.toBe('back');
    await expect(gate.pass(ok)).resolves.toBe('answer');
  });

  it('is left alone again when that call fails', async () => {
    await failFiveTimes();
    jest.advanceTimersByTime(10_000);

    await expect(gate.pass(fails)).rejects.toBeInstanceOf(ModelUnavailable);

    expect(await delayOf(gate)).toBe(10_000);
  });

  it.each([
    ['a refusal', new ModelRefused('No', 'request')],
    ['a bug', new TypeError('Oops')],
  ])('is not one that answers with %s', async (_what, error) => {
    for (let index = 0; index < 9; index += 1) await gate.pass(() => Promise.reject(error)).catch(() => undefined);

    await expect(gate.pass(ok)).resolves.toBe('answer');
  });
});
