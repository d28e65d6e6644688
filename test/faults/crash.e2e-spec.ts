import { eventually } from '@reflex/test';
import { full, report } from './form';
import { FLAWLESS } from './oracle';
import { items, LANED, LEASE_MS, PLAIN, Scene } from './scene';

const EVENTS = full ? 10_000 : 2_000;

describe('a worker that goes away', () => {
  let scene: Scene;
  beforeEach(async () => (scene = await Scene.open()));
  afterEach(() => scene.close());

  it(`1: kill -9 of one of three with ${EVENTS} deliveries in flight or queued: none lost, all retaken in time`, async () => {
    const [victim] = await scene.start(3, { worker: { concurrency: 200 } });
    await scene.publish(items(EVENTS, 'slow', 50));
    await eventually(async () => expect(await scene.heldBy(victim!)).toBeGreaterThan(50));

    await victim!.kill('SIGKILL');
    const killedAt = Date.now();
    const inFlight = await scene.heldBy(victim!);
    await eventually(async () => expect(await scene.heldBy(victim!)).toBe(0), { timeoutMs: 40_000 });
    const retakenMs = Date.now() - killedAt;
    await scene.empty(60_000);

    const verdict = await scene.oracle.judge(scene.ids);
    report('1 kill -9', { events: EVENTS, inFlight, retakenMs, leaseMs: LEASE_MS, ...verdict });
    expect(inFlight).toBeGreaterThan(0);
    expect(verdict).toEqual(FLAWLESS);
    expect(await scene.oracle.effects()).toBe(EVENTS);
    // 30 s with the default lease of 20 s.
    expect(retakenMs).toBeLessThan(LEASE_MS * 1.5);
    expect(await scene.count('reflex.dead_letters')).toBe(0);
  }, 120_000);

  it('1: kill -9 of one of two that work on what they publish themselves: what was answered is done, in order', async () => {
    const own = { triggers: [PLAIN, LANED], publishes: EVENTS, worker: { concurrency: 200 } };
    const [one, other] = await scene.start(2, own);
    // The last line of a killed process may be cut off.
    const answered = () =>
      scene.workers.flatMap(({ output }) => [...output.matchAll(/^published (\S{36})\n/gm)].map(([, id]) => id!));
    // They need not be equally far; the first that is well at work dies.
    const victim = await eventually(
      async () => {
        expect(answered().length).toBeGreaterThan(EVENTS / 4);
        for (const each of [one!, other!]) if ((await scene.heldBy(each)) > 20) return each;
        throw new Error('No worker holds anything.');
      },
      { timeoutMs: 60_000 },
    );

    await victim.kill('SIGKILL');
    const inFlight = await scene.heldBy(victim);
    await (victim === one ? other! : one!).line(/^published all/, { timeoutMs: 60_000 });
    await scene.empty(60_000);

    const ids = answered();
    const verdict = await scene.oracle.judge(ids);
    report('1 kill -9 of a publishing worker', { answered: ids.length, inFlight, ...verdict });
    expect(inFlight).toBeGreaterThan(0);
    expect(verdict).toEqual(FLAWLESS);
    // Also what was stored and not answered any more is done, once.
    expect(await scene.oracle.effects()).toBe(await scene.count('reflex.events'));
  }, 180_000);

  it('3: SIGSTOP for two leases, then SIGCONT: late outcomes change nothing, handlers abort within 1 s', async () => {
    const [zombie] = await scene.start(1);
    await scene.publish([...items(20, 'slow', LEASE_MS), ...items(5, 'slow', 600_000)]);
    await eventually(async () => expect(await scene.count('oracle.starts')).toBe(25));
    zombie!.stop();
    const stoppedAt = Date.now();
    await scene.start(1, { slowMs: 10 });
    await scene.empty(LEASE_MS * 2);
    await eventually(() => expect(Date.now() - stoppedAt).toBeGreaterThan(LEASE_MS * 2), { timeoutMs: LEASE_MS * 2 });
    const before = [await scene.oracle.effects(), await scene.count('reflex.runs')];

    const wokenAt = Date.now();
    zombie!.cont();
    await zombie!.line(/^lease lost/);
    const aborted = await eventually(() => {
      const times = [...zombie!.output.matchAll(/^aborted \d+ at (\d+)$/gm)].map(([, at]) => Number(at) - wokenAt);
      expect(times.length).toBeGreaterThanOrEqual(5);
      return Math.max(...times);
    });
    // It works again, under a new lease.
    await scene.publish(items(20, 'slow', 10));
    await scene.empty(10_000);

    const verdict = await scene.oracle.judge(scene.ids);
    report('3 SIGSTOP', { leaseMs: LEASE_MS, abortedAfterMs: aborted, ...verdict });
    expect([await scene.oracle.effects(), await scene.count('reflex.runs')]).toEqual(before.map((count) => count + 20));
    expect(before[0]).toBe(25);
    expect(verdict).toEqual(FLAWLESS);
    expect(aborted).toBeLessThanOrEqual(1_000);
  }, 180_000);

  it('4: an event loop blocked for 0.6 leases keeps its deliveries, also when blocked again and again', async () => {
    const [worker] = await scene.start(1, { worker: { concurrency: 1 } });
    await scene.start(1, { worker: { concurrency: 1 }, triggers: [LANED] });
    // With pauses in between, so that they do not all begin at the same moment of a beat.
    for (const pause of [0.03, 0.07, 0.11, 0.15]) {
      await scene.publish([...items(1, 'slow', LEASE_MS * pause), ...items(1, 'block', LEASE_MS * 0.6)]);
    }

    await scene.empty(LEASE_MS * 6);

    const starts = await scene.count('oracle.starts');
    report('4 blocked for 0.6 leases, four times', { leaseMs: LEASE_MS, starts });
    expect(worker!.output).not.toContain('lease lost');
    expect(starts).toBe(8);
  }, 180_000);

  it('4: an event loop blocked for 1.25 leases loses its delivery once, and its late outcome is refused', async () => {
    const [other] = await scene.start(1, { slowMs: 1 });
    const [blocked] = await scene.start(1);
    other!.stop();
    await scene.publish(items(1, 'block', LEASE_MS * 1.25));
    await eventually(async () => expect(await scene.heldBy(blocked!)).toBe(1));
    other!.cont();

    await blocked!.line(/^lease lost/, { timeoutMs: LEASE_MS * 3 });
    await scene.empty(LEASE_MS * 6);

    const { rescues } = await scene.oracle.one<{ rescues: number }>(
      `select count(*)::int as rescues from reflex.runs where error ->> 'code' = 'worker_died'`,
    );
    const verdict = await scene.oracle.judge(scene.ids);
    report('4 blocked for 1.25 leases', { leaseMs: LEASE_MS, rescues, ...verdict });
    expect(verdict).toEqual(FLAWLESS);
    expect(rescues).toBe(1);
  }, 180_000);
});
