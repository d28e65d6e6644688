/** Who waits longer than this is sent away: its answer would come so late that nobody waits for it any more. */
const MOST_WAIT_MS = 200;
/** A turn of the event loop that takes longer keeps everybody waiting, also those whose work is nearly done. */
const LONG_TURN_MS = 20;
const MOST_PER_TURN = 64;

interface Waiting {
  since: number;
  goOn: () => void;
  sendAway: () => void;
}

interface Clock {
  now(): number;
  nextTurn(act: () => void): void;
}

const REAL: Clock = { now: () => performance.now(), nextTurn: (act) => void setImmediate(act) };

/**
 * Lets so many requests begin in each turn of the event loop that the turns stay short. The others wait in line, before
 * anything was done for them, and are sent away when they have waited for too long. So a process that is asked for more
 * than it can do does as much as it can, soon, instead of everything too late.
 *
 * It needs no estimate of what a request costs, or of how quick the machine is: when either changes, the line moves more
 * slowly, and more of those in it are sent away.
 */
export class WaitingLine {
  private readonly line: Waiting[] = [];
  private perTurn = MOST_PER_TURN;
  private begun = 0;
  private turnBegan = 0;
  private isTurning = false;

  constructor(private readonly clock: Clock = REAL) {}

  /** Calls one of both: `goOn` at once while there is little to do. */
  enter(goOn: () => void, sendAway: () => void): void {
    if (!this.isTurning) this.turn();
    if (this.line.length === 0 && this.begun < this.perTurn) {
      this.begun += 1;
      goOn();
    } else {
      this.line.push({ since: this.clock.now(), goOn, sendAway });
    }
  }

  // Runs for as long as there is something to do, and then once more.
  private turn(): void {
    this.isTurning = true;
    this.turnBegan = this.clock.now();
    this.begun = 0;
    this.clock.nextTurn(() => this.endTurn());
  }

  private endTurn(): void {
    const now = this.clock.now();
    if (now - this.turnBegan > LONG_TURN_MS) this.perTurn = Math.max(1, Math.floor(this.perTurn / 2));
    else this.perTurn = Math.min(MOST_PER_TURN, this.perTurn + 1);
    if (this.begun === 0 && this.line.length === 0) {
      this.isTurning = false;
      return;
    }
    this.turn();
    const tooLate = this.line.findIndex(({ since }) => now - since <= MOST_WAIT_MS);
    for (const { sendAway } of this.line.splice(0, tooLate === -1 ? this.line.length : tooLate)) sendAway();
    for (const { goOn } of this.line.splice(0, this.perTurn)) {
      this.begun += 1;
      goOn();
    }
  }
}
