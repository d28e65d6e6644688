import type { Lease } from '../event-store';
import { Heartbeat, type HeartbeatOptions } from './heartbeat';
import type { Maintenance } from './maintenance';
import { reachable } from './outage';

/** The time under one lease, shared by all that work on deliveries in this process. */
interface Tenure {
  heartbeat: Heartbeat;
  maintenance: Maintenance;
  holders: number;
}

export interface TenancySurroundings {
  heartbeat(): HeartbeatOptions;
  /** Ids of the triggers that this process serves. */
  served(): number[];
  /** The sweeps that run as long as the lease is held. */
  sweeps(workerId: () => number): Maintenance;
  /** Resolves once no outcome is under way. */
  settled(): Promise<void>;
}

/** Holds one lease for whoever works in this process: opened with the first, given back with the last. */
export class Tenancy {
  private tenure: Tenure | null = null;
  private beginning: Promise<void> | null = null;

  constructor(private readonly around: TenancySurroundings) {}

  get heartbeat(): Heartbeat | null {
    return this.tenure?.heartbeat ?? null;
  }

  /** `null` without a lease, or once it is lost. */
  get workerId(): number | null {
    const { heartbeat } = this;
    return heartbeat && !heartbeat.lost.aborted ? heartbeat.workerId : null;
  }

  /** Has the sweeps look in so many milliseconds; false when none run here. */
  sweepWithin(ms: number): boolean {
    this.tenure?.maintenance.due.within(ms);
    return this.tenure !== null;
  }

  async open(): Promise<Lease> {
    // A worker and subscriptions of one process share its lease, also when they open it at the same time.
    if (!this.tenure || this.tenure.heartbeat.lost.aborted) {
      this.beginning ??= this.begin().finally(() => (this.beginning = null));
      await this.beginning;
    }
    const tenure = this.tenure!;
    tenure.holders += 1;
    try {
      await reachable(() => tenure.heartbeat.serve(this.around.served()));
    } catch (error) {
      tenure.holders -= 1;
      throw error;
    }
    let closed = false;
    return {
      workerId: tenure.heartbeat.workerId,
      lost: tenure.heartbeat.lost,
      close: async () => {
        if (closed) return;
        closed = true;
        tenure.holders -= 1;
        if (tenure.holders === 0) await this.end(tenure);
      },
    };
  }

  /** Whoever still holds it. */
  async close(): Promise<void> {
    if (this.tenure) await this.end(this.tenure);
  }

  private async begin(): Promise<void> {
    await this.close();
    const heartbeat = new Heartbeat(this.around.heartbeat());
    await reachable(() => heartbeat.start());
    const maintenance = this.around.sweeps(() => heartbeat.workerId);
    maintenance.start();
    this.tenure = { heartbeat, maintenance, holders: 0 };
  }

  private async end(tenure: Tenure): Promise<void> {
    if (this.tenure === tenure) this.tenure = null;
    await tenure.maintenance.stop();
    await this.around.settled();
    await tenure.heartbeat.close();
  }
}
