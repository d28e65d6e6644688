import { KeyCache } from './key-cache';

describe('KeyCache', () => {
  it('forgets what is too old, or ends by itself before', () => {
    const cache = new KeyCache<string>(10, 100);
    cache.set('a', 'A', 0);
    cache.set('b', 'B', 0, 20);

    expect([cache.get('a', 99), cache.get('a', 100)]).toEqual(['A', undefined]);
    expect([cache.get('b', 19), cache.get('b', 20)]).toEqual(['B', undefined]);
  });

  it('never holds more than it may: the oldest go', () => {
    const cache = new KeyCache<number>(3, 1_000);
    for (let key = 0; key < 10; key += 1) cache.set(String(key), key, 0);

    expect(cache.size).toBe(3);
    expect(['6', '7', '8', '9'].map((key) => cache.get(key, 1))).toEqual([undefined, 7, 8, 9]);
  });

  it('makes what is put in again the newest', () => {
    const cache = new KeyCache<number>(2, 1_000);
    cache.set('a', 1, 0);
    cache.set('b', 2, 0);
    cache.set('a', 3, 0);
    cache.set('c', 4, 0);

    expect([cache.get('a', 1), cache.get('b', 1)]).toEqual([3, undefined]);
  });
});
