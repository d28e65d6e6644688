import { eventually } from '@reflex/test';
import { guardedService, type GuardedService } from './guarded-service';

let bed: GuardedService;
let admin: string;
let operator: string;
let operatorName: string;

beforeAll(async () => {
  bed = await guardedService();
  admin = await bed.keyFor('admin');
  const { key, prefix } = await bed.keys.create({ name: 'ops', scopes: ['dlq:write'] });
  operator = key;
  operatorName = `key:ops/${prefix}`;
});
afterAll(() => bed.stop());

const audit = async (query = ''): Promise<Record<string, unknown>[]> =>
  (await bed.inject('GET', `/audit${query}`, { key: admin })).body.items as Record<string, unknown>[];

async function deadLetter(): Promise<string> {
  const event = JSON.stringify({ type: 'http', payload: { fail: true } });
  const { body } = await bed.inject('POST', '/events', { key: admin, payload: event });
  const id = String(body.id);
  await eventually(async () => expect((await bed.inject('GET', `/events/dlq/${id}`, { key: admin })).status).toBe(200));
  return id;
}

describe('S30: the audit', () => {
  it('has a row for a dead letter that is retried or deleted: who, what, why, and what came of it', async () => {
    const retried = await deadLetter();
    const deleted = await deadLetter();

    const retry = { key: operator, payload: '{"reason":"The bug is fixed."}' };
    expect((await bed.inject('POST', `/events/dlq/${retried}/retry`, retry)).status).toBe(200);
    const remove = { key: operator, headers: { 'x-reason': 'Spam.' } };
    expect((await bed.inject('DELETE', `/events/dlq/${deleted}`, remove)).status).toBe(200);

    expect(await audit(`?target=${retried}`)).toMatchObject([
      {
        actor: operatorName,
        action: 'dead_letter.retry',
        reason: 'The bug is fixed.',
        outcome: 'done',
        details: { event_id: retried, retried: 1 },
      },
    ]);
    expect(await audit(`?target=${deleted}`)).toMatchObject([
      { actor: operatorName, action: 'dead_letter.delete', reason: 'Spam.', outcome: 'done', details: { deleted: 1 } },
    ]);
  });

  it('has a row for pausing, resuming and replaying, but none for a dry run', async () => {
    const replay = { from: '1h ago', to: '0s', triggers: ['billing'], reason: 'Again.' };
    const send = (url: string, body?: object) =>
      bed.inject('POST', url, { key: admin, ...(body ? { payload: JSON.stringify(body) } : {}) });

    expect((await send('/triggers/billing/pause', { reason: 'Maintenance.' })).status).toBe(200);
    expect((await send('/triggers/billing/resume')).status).toBe(200);
    expect((await send('/events/replay', { ...replay, mode: 'dry_run' })).status).toBe(200);
    expect((await send('/events/replay', { ...replay, mode: 'execute' })).status).toBe(202);

    expect((await audit('?target=billing')).map(({ action, reason, outcome }) => [action, reason, outcome])).toEqual([
      ['replay.execute', 'Again.', 'done'],
      ['trigger.resume', null, 'done'],
      ['trigger.pause', 'Maintenance.', 'done'],
    ]);
  });

  it('has a row for what failed, and none for what nobody was allowed to try', async () => {
    await bed.inject('POST', '/triggers/nobody/pause', { key: admin });
    await bed.inject('POST', '/triggers/forbidden/pause', { key: operator });

    expect(await audit('?target=nobody')).toMatchObject([{ outcome: 'failed', details: { error: 'unknown_trigger' } }]);
    expect(await audit('?target=forbidden')).toEqual([]);
  });

  it.each([
    ['a reason too long', { 'x-reason': 'x'.repeat(501) }],
    ['a reason with a line break', { 'x-reason': 'fixed%0a' }],
  ])('takes or refuses %s with a sentence', async (_what, headers) => {
    const { status, body } = await bed.inject('POST', '/triggers/billing/resume', { key: admin, headers });

    if (headers['x-reason'].length > 500) expect([status, body.error.code]).toEqual([422, 'invalid_reason']);
    else expect(status).toBe(200);
  });

  it('keeps UTF-8 as it was written', async () => {
    const reason = Buffer.from('Müde Schlange 🐍').toString('latin1');

    const answer = await fetch(`${bed.service.url}/triggers/watch/resume`, {
      method: 'POST',
      headers: { 'x-api-key': admin, 'x-reason': reason },
    });

    expect(answer.status).toBe(200);
    expect(await audit('?target=watch')).toMatchObject([{ reason: 'Müde Schlange 🐍' }]);
  });

  it('does nothing when its row cannot be written', async () => {
    const { dataSource } = bed.service.store as unknown as { dataSource: { query(sql: string): Promise<unknown> } };
    const id = await deadLetter();
    await dataSource.query('alter table reflex.audit rename to audit_elsewhere');

    const answer = await bed.inject('DELETE', `/events/dlq/${id}`, { key: operator });
    await dataSource.query('alter table reflex.audit_elsewhere rename to audit');

    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/relation|audit/);
    expect((await bed.inject('GET', `/events/dlq/${id}`, { key: operator })).status).toBe(200);
  });
});

describe('S30: what only insiders see', () => {
  it('health in detail is not public, and tells neither versions nor addresses', async () => {
    expect((await bed.inject('GET', '/health/detailed')).status).toBe(401);

    const { text } = await bed.inject('GET', '/health/detailed', { key: operator });

    expect(text).toContain('database');
    expect(text).not.toMatch(/postgres:\/\/|127\.0\.0\.1|version|PostgreSQL \d|node/i);
    expect((await bed.inject('GET', '/health')).body).toEqual({ status: 'healthy', timestamp: expect.any(String) });
  });
});

describe('S12: an answer', () => {
  it.each([
    ['/events', 200],
    ['/nothing', 404],
    ['/events/nothing', 404],
    ['/events?limit=x', 422],
    ['/%E0%A4%A', 400],
  ])('to %s has the headers of helmet, and none that names the software', async (path, status) => {
    const answer = await bed.inject('GET', path, { key: admin });

    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'") as string,
    });
    expect(Object.keys(answer.headers)).not.toEqual(expect.arrayContaining(['server']));
    expect(Object.keys(answer.headers)).not.toEqual(expect.arrayContaining(['x-powered-by']));
    expect(answer.text).not.toMatch(/fastify|nest|node\.js|stack/i);
  });
});
