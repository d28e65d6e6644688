import { eventually } from '@reflex/test';
import { Sweep } from './sweep';

describe('Sweep', () => {
  it('runs again after its interval', async () => {
    let runs = 0;
    const sweep = new Sweep(
      5,
      async () => {
        runs += 1;
      },
      () => undefined,
    );

    sweep.start();

    await eventually(() => expect(runs).toBeGreaterThan(3));
    await sweep.stop();
  });

  it('comes sooner when asked to, also while it runs', async () => {
    let runs = 0;
    let finish = (): void => undefined;
    const sweep = new Sweep(
      3_600_000,
      () => {
        runs += 1;
        return new Promise<void>((resolve) => (finish = resolve));
      },
      () => undefined,
    );
    sweep.start();
    await eventually(() => expect(runs).toBe(1));

    sweep.within(5);
    finish();

    await eventually(() => expect(runs).toBe(2));
    finish();
    await sweep.stop();
  });

  it('follows the wish of its work', async () => {
    let runs = 0;
    const sweep = new Sweep(
      3_600_000,
      async () => {
        runs += 1;
        return 5;
      },
      () => undefined,
    );

    sweep.start();

    await eventually(() => expect(runs).toBeGreaterThan(2));
    await sweep.stop();
  });

  it('survives a failure and says so', async () => {
    const errors: unknown[] = [];
    let runs = 0;
    const sweep = new Sweep(
      5,
      async () => {
        runs += 1;
        if (runs === 1) throw new Error('once');
      },
      (error) => errors.push(error),
    );

    sweep.start();

    await eventually(() => expect(runs).toBeGreaterThan(2));
    await sweep.stop();
    expect(errors).toHaveLength(1);
  });

  it('does not run after stop', async () => {
    let runs = 0;
    const sweep = new Sweep(
      1,
      async () => {
        runs += 1;
      },
      () => undefined,
    );
    sweep.start();
    await eventually(() => expect(runs).toBeGreaterThan(0));

    await sweep.stop();
    sweep.within(0);
    const stoppedAt = runs;
    await new Promise((resolve) => setTimeout(resolve, 20));

    expect(runs).toBe(stoppedAt);
  });
});
