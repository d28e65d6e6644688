import type { EffectClass, EffectKind, NewEffect, RecordedEffect } from '@reflex/core';
import { NotRecorded, RecordedLedger } from './recorded-ledger';

const act = (kind: EffectKind, effect: EffectClass = 'none', key = 'new'): NewEffect => ({
  key,
  kind,
  name: 'it',
  effect,
});

const recorded = (key: string, status: RecordedEffect['status']): RecordedEffect => ({
  ...act('tool', 'keyed', key),
  argsHash: null,
  input: null,
  id: '1',
  status,
  result: 'sent',
  error: null,
  attempt: 1,
  startedAt: new Date(0),
});

it('knows what the recorded run did, and what it only began it does not', async () => {
  const ledger = new RecordedLedger([recorded('a', 'done'), recorded('b', 'started')], 2, false);

  expect(await ledger.replay()).toBe(2);
  expect(await ledger.find('a')).toMatchObject({ status: 'done', result: 'sent' });
  expect(await ledger.find('b')).toBeUndefined();
});

it.each<[EffectClass, boolean, string]>([
  ['keyed', true, 'done'],
  ['unkeyed', true, 'done'],
  ['keyed', false, 'done'],
  ['none', false, 'done'],
  ['none', true, 'started'],
])('lets a tool of the effect %s be called with a model (%s): %s', async (effect, asksModels, status) => {
  const ledger = new RecordedLedger([], 0, asksModels);

  expect(await ledger.start(act('tool', effect))).toMatchObject({ status });
});

it('calls nothing that people would have to approve', async () => {
  const ledger = new RecordedLedger([], 0, true);
  const wish = { key: 'new', agent: 'a', tool: 'it', argsHash: '', input: {}, people: 1, withinMs: 1_000 };

  const { status, id } = await ledger.approval(wish);

  expect(status).toBe('approved');
  expect(await ledger.start({ ...act('tool', 'none'), approval: id })).toMatchObject({ status: 'done' });
});

it('asks a model only when it may, and takes no step', async () => {
  const strict = new RecordedLedger([], 0, false);
  const asking = new RecordedLedger([], 0, true);

  await expect(strict.start(act('model'))).rejects.toThrow(/No answer to this prompt of "it" is on record/);
  expect(await asking.start(act('model'))).toMatchObject({ status: 'started' });
  expect(await asking.finish('new', { status: 'done', result: 'yes' })).toMatchObject({
    status: 'done',
    result: 'yes',
  });
  await expect(asking.start(act('step', 'keyed'))).rejects.toThrow(NotRecorded);
  await expect(asking.start(act('wait', 'keyed'))).rejects.toThrow(NotRecorded);
});
