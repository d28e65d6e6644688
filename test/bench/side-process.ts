import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Progress } from './crew';
import { forkBench } from './fork';
import type { SideAnswer, SideRequest } from './side-main';
import type { SideName } from './sides';
import type { SideSetup } from './sides/side';
import type { BulkOptions, DrainOptions, Latency, LatencyOptions, LiveOptions } from './workloads';

// Distributes over the union: each request keeps its own fields.
type Unnumbered = SideRequest extends infer R ? (R extends SideRequest ? Omit<R, 'id'> : never) : never;

/** A side in a process of its own, which ends with ours. */
export class SideProcess {
  private readonly pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  private requests = 0;

  private constructor(
    readonly name: SideName,
    private readonly child: ChildProcess,
  ) {
    child.on('message', ({ id, result, error }: SideAnswer) => {
      const waiting = this.pending.get(id);
      this.pending.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(`${name}: ${error}`));
    });
    child.on('exit', (code, signal) => {
      for (const { reject } of this.pending.values()) reject(new Error(`${name} ended (${signal ?? code}).`));
    });
  }

  static async open(name: SideName, setup: SideSetup, nodeArgs: string[]): Promise<SideProcess> {
    const child = forkBench('side-main.ts', [], nodeArgs);
    const side = new SideProcess(name, child);
    await side.request({ do: 'open', side: name, setup });
    return side;
  }

  live(options: LiveOptions): Promise<number> {
    return this.request({ do: 'live', options });
  }

  bulk(options: BulkOptions): Promise<number> {
    return this.request({ do: 'bulk', options });
  }

  drain(options: DrainOptions): Promise<number> {
    return this.request({ do: 'drain', options });
  }

  latency(options: LatencyOptions): Promise<Latency> {
    return this.request({ do: 'latency', options });
  }

  size(options: DrainOptions): Promise<number> {
    return this.request({ do: 'size', options });
  }

  stock(options: DrainOptions): Promise<void> {
    return this.request({ do: 'stock', options });
  }

  begin(): Promise<void> {
    return this.request({ do: 'begin', options: {} });
  }

  progress(): Promise<Progress> {
    return this.request({ do: 'progress', options: {} });
  }

  end(): Promise<void> {
    return this.request({ do: 'end', options: {} });
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    await this.request({ do: 'close' });
    await ended;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private request<T>(request: Unnumbered): Promise<T> {
    this.requests += 1;
    const id = this.requests;
    return new Promise<T>((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.child.send({ id, ...request });
    });
  }
}
