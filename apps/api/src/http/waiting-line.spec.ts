import { WaitingLine } from './waiting-line';

/** A process whose requests cost so many milliseconds each, in turns of its event loop. */
class Machine {
  now = 0;
  readonly waits: number[] = [];
  readonly refusals: number[] = [];
  readonly turns: number[] = [];
  private next: (() => void) | undefined;
  readonly line = new WaitingLine({
    now: () => this.now,
    nextTurn: (act) => (this.next = act),
  });

  constructor(public costMs: number) {}

  come(count: number): void {
    for (let n = 0; n < count; n += 1) {
      const at = this.now;
      this.line.enter(
        () => {
          this.waits.push(this.now - at);
          this.now += this.costMs;
        },
        () => this.refusals.push(this.now - at),
      );
    }
  }

  /** One turn; an idle machine waits a millisecond for something to do. */
  turn(): void {
    const began = this.now;
    const { next } = this;
    this.next = undefined;
    next?.();
    this.turns.push(this.now - began);
    if (this.now === began) this.now += 1;
  }

  run(forMs: number, perMs: number): void {
    const began = this.now;
    for (let come = 0; this.now < began + forMs;) {
      this.turn();
      const due = Math.round((this.now - began) * perMs) - come;
      come += due;
      this.come(due);
    }
  }
}

describe('WaitingLine', () => {
  it('lets everybody go on at once while there is little to do', () => {
    const machine = new Machine(1);

    machine.run(5_000, 0.5);

    expect(machine.waits.length).toBeGreaterThan(2_400);
    expect(Math.max(...machine.waits)).toBeLessThanOrEqual(2);
    expect(machine.refusals).toEqual([]);
  });

  it.each([0.25, 1, 5])('does as much as it can and nothing late at ten times that, at %d ms each', (costMs) => {
    const machine = new Machine(costMs);

    machine.run(10_000, 10 / costMs);

    expect(machine.waits.length * costMs).toBeGreaterThan(9_900);
    expect(machine.waits.every((waitedMs) => waitedMs < 300)).toBe(true);
    expect(machine.refusals.length / machine.waits.length).toBeGreaterThan(7);
    expect(machine.refusals.every((waitedMs) => waitedMs > 200)).toBe(true);
    // The turns are short, once it knows.
    expect(Math.max(...machine.turns.slice(50))).toBeLessThanOrEqual(30);
  });

  it('is itself again as soon as the rush is over, in the order of arrival', () => {
    const machine = new Machine(1);
    machine.run(3_000, 10);
    machine.run(1_000, 0);
    const [waited, refused] = [machine.waits.length, machine.refusals.length];

    machine.run(2_000, 0.5);

    expect(Math.max(...machine.waits.slice(waited))).toBeLessThanOrEqual(2);
    expect(machine.waits.length - waited).toBeGreaterThan(900);
    expect(machine.refusals).toHaveLength(refused);
  });

  it('goes on with fewer at a time when each becomes slower', () => {
    const machine = new Machine(0.1);
    machine.run(1_000, 20);
    machine.costMs = 10;

    machine.run(5_000, 1);

    expect(Math.max(...machine.turns.slice(-100))).toBeLessThanOrEqual(30);
    expect(Math.max(...machine.waits.slice(-400))).toBeLessThan(300);
  });
});
