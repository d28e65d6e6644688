import { eventually } from '@reflex/test';
import { startTestService } from '../../apps/api/src/testing/test-service';
import { guardedService, type GuardedService } from './guarded-service';

const LIMIT = 10;

let bed: GuardedService;

beforeEach(async () => {
  bed = await guardedService({ RATE_LIMIT_REQUESTS: String(LIMIT), TRUSTED_PROXIES: '127.0.0.0/8' });
});
afterEach(() => bed.stop());

async function passing(times: number, key?: string, address = '203.0.113.1'): Promise<number> {
  let passed = 0;
  for (let n = 0; n < times; n += 1) {
    const headers = { 'x-forwarded-for': address };
    const { status } = await bed.inject('GET', '/events/types', { key, headers });
    if (status !== 429) passed += 1;
  }
  return passed;
}

describe('S10: the rate limit', () => {
  it('counts by key, from wherever its requests come; the first is counted by address, before the key is known', async () => {
    const [one, other] = [await bed.keyFor('admin'), await bed.keyFor('admin')];

    expect(await passing(LIMIT + 5, one)).toBe(LIMIT + 1);
    expect(await passing(5, one, '203.0.113.2')).toBe(0);
    expect(await passing(LIMIT + 5, other)).toBe(LIMIT + 1);
  });

  it('counts by address without a key, or with a wrong one: guessing is limited too', async () => {
    const wrong = Array.from(
      { length: LIMIT + 5 },
      (_value, n) => `rfx_${String(n).padStart(10, '0')}_${'a'.repeat(43)}`,
    );
    let passed = 0;
    for (const key of wrong) passed += await passing(1, key, '203.0.113.3');

    expect(passed).toBe(LIMIT);
    expect(await passing(5, undefined, '203.0.113.3')).toBe(0);
    expect(await passing(5, undefined, '203.0.113.4')).toBe(5);
  });
});

describe('S10: two processes', () => {
  it('share the limit of a client: what it took from one, it cannot take from the other', async () => {
    const variables = { RATE_LIMIT_REQUESTS: '1000', RATE_LIMIT_WINDOW: '3600' };
    const wide = await guardedService(variables);
    const other = await startTestService(wide.database, { ACCESS: 'keys', ...variables });
    const key = await wide.keyFor('admin');
    const ask = () => fetch(`${other.url}/events/types`, { headers: { authorization: `Bearer ${key}` } });
    let passed = 0;

    while ((await wide.inject('GET', '/events/types', { key })).status === 200) passed += 1;
    expect(passed).toBeLessThan(1_020);
    let passedElsewhere = 0;
    await eventually(
      async () => {
        const { status } = await ask();
        if (status === 200) passedElsewhere += 1;
        expect(status).toBe(429);
      },
      { timeoutMs: 25_000 },
    );

    expect(passedElsewhere).toBeLessThan(500);
    await other.stop();
    await wide.stop();
  });
});
