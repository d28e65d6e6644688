import * as fc from 'fast-check';
import { FairShares, type SharingTrigger } from './fair-shares';

function plain(...priorities: number[]): SharingTrigger[] {
  return priorities.map((priority, id) => ({ id, priority, concurrency: null, throttle: null }));
}

/** Claims as a store would, from so many waiting per trigger; starts what it gets. Answers how many each got. */
function claim(shares: FairShares, waiting: number[], free: number): number[] {
  const asked = shares.plan(free);
  const got = new Map<number, number>();
  for (const { triggerId, slots } of asked) {
    const taken = Math.min(slots, waiting[triggerId]!);
    waiting[triggerId]! -= taken;
    got.set(triggerId, taken);
    for (let count = 0; count < taken; count += 1) shares.started(triggerId);
  }
  shares.learn(asked, got);
  return waiting.map((_, id) => got.get(id) ?? 0);
}

const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);

/** Claims until nothing more is asked for. */
function claimAll(shares: FairShares, waiting: number[], slots: number): number[] {
  let running = waiting.map(() => 0);
  while (shares.plan(slots - sum(running)).length > 0) {
    const got = claim(shares, waiting, slots - sum(running));
    running = running.map((count, id) => count + got[id]!);
  }
  return running;
}

describe('FairShares', () => {
  it('gives a lone trigger everything', () => {
    const shares = new FairShares(plain(0), 64);

    expect(shares.plan(64)).toEqual([{ triggerId: 0, slots: 64 }]);
  });

  it('never asks for more than is free, nor for nothing', () => {
    const triggers = fc.array(fc.record({ priority: fc.integer({ min: -2, max: 2 }), waiting: fc.nat(50) }), {
      minLength: 1,
      maxLength: 100,
    });
    fc.assert(
      fc.property(triggers, fc.integer({ min: 1, max: 64 }), (all, slots) => {
        const shares = new FairShares(plain(...all.map(({ priority }) => priority)), slots);
        const waiting = all.map((each) => each.waiting);
        let free = slots;
        for (let round = 0; round < 300 && free > 0; round += 1) {
          const asked = shares.plan(free);
          if (asked.length === 0) break;
          expect(sum(asked.map((each) => each.slots))).toBeLessThanOrEqual(free);
          expect(asked.every((each) => each.slots > 0)).toBe(true);
          free -= sum(claim(shares, waiting, free));
        }
        // Everybody who waits either has something in work, or there is no room.
        expect(free <= Math.floor(slots / 4) || sum(waiting) === 0).toBe(true);
      }),
    );
  });

  it('divides evenly between triggers that all have a backlog', () => {
    const running = claimAll(new FairShares(plain(0, 0, 0, 0), 64), [1_000, 1_000, 1_000, 1_000], 64);

    expect(running).toEqual([16, 16, 16, 16]);
  });

  it('keeps room for the quiet ones when one has a huge backlog (D17)', () => {
    const shares = new FairShares(plain(0, 0, 0), 8);
    const running = claimAll(shares, [1_000, 0, 0], 8);
    expect(running).toEqual([6, 0, 0]);

    shares.hint();
    const waiting = [1_000, 5, 5];
    const got = claim(shares, waiting, 2);

    expect(got).toEqual([0, 1, 1]);
  });

  it('gives slots that come free to whoever has least in work', () => {
    const shares = new FairShares(plain(0, 0), 8);
    const waiting = [1_000, 0];
    claimAll(shares, waiting, 8);
    waiting[1] = 100;

    for (let ended = 0; ended < 100; ended += 1) {
      shares.ended(0);
      shares.hint();
      const got = claim(shares, waiting, 1);
      if (got[0] === 1) break;
    }

    expect(100 - waiting[1]).toBeGreaterThanOrEqual(3);
  });

  it('serves higher priority first, yet lets nobody starve', () => {
    const shares = new FairShares(plain(0, 10), 8);
    const running = claimAll(shares, [1_000, 1_000], 8);

    expect(running[1]).toBeGreaterThan(running[0]!);
    expect(running[0]).toBeGreaterThanOrEqual(1);
    expect(sum(running)).toBe(8);
  });

  it('asks everybody in turn when there are more triggers than slots', () => {
    const shares = new FairShares(plain(...Array<number>(50).fill(0)), 4);
    const waiting = Array.from({ length: 50 }, (_, id) => (id === 37 ? 1 : 0));

    let claims = 0;
    while (sum(waiting) > 0) {
      claim(shares, waiting, 4);
      claims += 1;
    }

    expect(claims).toBeLessThanOrEqual(50);
  });

  it('does not lose a hint that comes while a claim is under way', () => {
    const shares = new FairShares(plain(0), 4);
    const asked = shares.plan(4);

    shares.hint();
    shares.learn(asked, new Map());

    expect(shares.hungry).toBe(true);
  });

  it('asks no more of those who had nothing, until the next hint', () => {
    const shares = new FairShares(plain(0), 4);
    claim(shares, [0], 4);
    expect(shares.hungry).toBe(false);
    expect(shares.plan(4)).toEqual([]);

    shares.hint();

    expect(shares.plan(4)).toEqual([{ triggerId: 0, slots: 4 }]);
  });

  it('offers new deliveries half the free slots, in equal parts, once nothing waits', () => {
    const shares = new FairShares(plain(0, 0), 64);
    expect(shares.offer(64)).toEqual([]);

    claim(shares, [0, 0], 64);

    expect(shares.offer(64)).toEqual([
      { triggerId: 0, slots: 16 },
      { triggerId: 1, slots: 16 },
    ]);
  });

  it('offers nothing for a trigger with a backlog, and nothing for one with limits of its own', () => {
    const [backlogged, limited, idle] = plain(0, 0, 0);
    const shares = new FairShares([backlogged!, { ...limited!, concurrency: 5 }, idle!], 8);

    claim(shares, [1_000, 0, 0], 8);

    expect(shares.offer(2)).toEqual([{ triggerId: 2, slots: 1 }]);
  });
});
