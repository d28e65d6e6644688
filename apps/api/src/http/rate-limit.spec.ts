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
});
