import { TokenBucket } from './token-bucket';

describe('TokenBucket', () => {
  it('lets its capacity through at once and then tells how long to wait', () => {
    const bucket = new TokenBucket(2, 1 / 100, 0);

    expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 100]);
  });

  it('fills again with time, never above its capacity', () => {
    const bucket = new TokenBucket(2, 1 / 100, 0);
    bucket.take(0);
    bucket.take(0);

    expect(bucket.take(50)).toBe(50);
    expect(bucket.take(100)).toBe(0);
    expect(bucket.isFull(1_000_000)).toBe(true);
    expect([bucket.take(1_000_000), bucket.take(1_000_000), bucket.take(1_000_000)]).toEqual([0, 0, 100]);
  });

  it('does not lose tokens when the clock steps back', () => {
    const bucket = new TokenBucket(1, 1 / 100, 1_000);

    expect(bucket.take(500)).toBe(0);
  });
});
