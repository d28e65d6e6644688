import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { TriggerExplorer } from './trigger.explorer';
import { TriggerRegistry } from './trigger-registry';
import { TRIGGERS_OPTIONS, type TriggersOptions } from './triggers-options';
import { TriggerWorker } from './worker/trigger-worker';

/** Starts and stops the worker with the application. */
@Injectable()
export class TriggerRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly explorer: TriggerExplorer,
    private readonly registry: TriggerRegistry,
    private readonly worker: TriggerWorker,
    @Inject(TRIGGERS_OPTIONS) private readonly options: TriggersOptions,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const trigger of this.explorer.explore()) this.registry.add(trigger);
    if (this.options.enabled ?? true) await this.worker.start();
    else await this.worker.register();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.stop();
  }
}
