import { RateLimit } from './rate-limit';

describe('RateLimit', () => {
  it('limits each client by itself and tells how long to wait', () => {
    const limit = new RateLimit(2, 1_000);

    expect([limit.take('a', 0), limit.take('a', 0), limit.take('a', 0)]).toEqual([0, 0, 500]);
    expect(limit.take('b', 0)).toBe(0);
    expect(limit.take('a', 500)).toBe(0);
  });

  it('counts a /64 of IPv6 as one client', () => {
    const limit = new RateLimit(1, 1_000);

    expect(limit.take('2001:db8:0:1::1', 0)).toBe(0);
    expect(limit.take('2001:db8:0:1:ffff::2', 0)).toBeGreaterThan(0);
    expect(limit.take('2001:db8:0:2::1', 0)).toBe(0);
    expect(limit.take('::1', 0)).toBe(0);
    expect(limit.take('::ffff:10.0.0.1', 0)).toBe(0);
    expect(limit.take('::ffff:10.0.0.2', 0)).toBe(0);
  });

  it('lets everything pass with a limit of 0', () => {
    const limit = new RateLimit(0, 1_000);

    expect(Array.from({ length: 100 }, () => limit.take('a', 0)).every((wait) => wait === 0)).toBe(true);
  });

  it('forgets clients that have been quiet', () => {
    const limit = new RateLimit(1, 1_000);
    for (let client = 0; client < 1_000; client += 1) limit.take(`10.0.0.${client}`, 0);

    limit.take('last', 20_000);

    expect((limit as unknown as { buckets: Map<string, unknown> }).buckets.size).toBe(1);
  });

  it('reports what busy clients took, once, and nothing of the quiet ones', () => {
    const limit = new RateLimit(10, 1_000);
    for (let n = 0; n < 5; n += 1) limit.take('busy', 0);
    limit.take('quiet', 0);

    expect([...limit.takeReports(0)]).toEqual([['busy', 5]]);
    limit.take('busy', 0);
    expect([...limit.takeReports(0)]).toEqual([['busy', 1]]);
    expect(limit.takeReports(0).size).toBe(0);
  });

  it('reports no more than a client still owes', () => {
    const limit = new RateLimit(10, 1_000);
    for (let second = 0; second < 50; second += 0.1) limit.take('steady', second * 1_000);
    for (let n = 0; n < 3; n += 1) limit.take('steady', 50_000);

    expect(limit.takeReports(50_000).get('steady')).toBeLessThanOrEqual(5);
  });

  it('lets a client wait for what it took elsewhere', () => {
    const limit = new RateLimit(10, 1_000);
    limit.take('a', 0);

    limit.lower('a', -5, 0);

    expect(limit.take('a', 0)).toBe(600);
    expect(limit.take('b', 0)).toBe(0);
  });
});
