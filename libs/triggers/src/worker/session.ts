import { WorkInterrupted } from '../errors';
import type { Lease } from '@reflex/event-store';

/** The time under one lease. */
export class Session {
  /** No further delivery is begun; what was claimed and not begun goes back. */
  closing = false;
  private ended = false;
  private readonly sleepers = new Set<() => void>();

  constructor(readonly lease: Lease) {}

  get lost(): boolean {
    return this.lease.lost.aborted;
  }

  /** Nothing may, or need, be settled any more. */
  get over(): boolean {
    return this.ended || this.lost;
  }

  end(): void {
    this.ended = true;
    for (const wake of this.sleepers) wake();
  }

  /** Waits, but not beyond the session's end. */
  pause(ms: number): Promise<void> {
    if (this.over) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.sleepers.add(wake);
    });
  }
}

export function leaseLost(): WorkInterrupted {
  return new WorkInterrupted(
    'This process could not renew its lease in time. Another one takes the delivery over; stop.',
  );
}

export function shuttingDown(): WorkInterrupted {
  return new WorkInterrupted('This process shuts down. The delivery goes back and is attempted again elsewhere; stop.');
}
