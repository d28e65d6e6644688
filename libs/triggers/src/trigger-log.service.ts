import { Injectable, Logger } from '@nestjs/common';
import { TriggerWorker } from './worker/trigger-worker';

/** Writes to the log what an operator must know of the worker. */
@Injectable()
export class TriggerLog {
  private readonly logger = new Logger('Triggers');

  constructor(worker: TriggerWorker) {
    worker.on('failed', ({ delivery, run, retryInMs }) => {
      const next = `attempt ${delivery.attempt} failed, next in ${Math.round(retryInMs ?? 0)} ms`;
      this.logger.warn(`${delivery.trigger}: ${next}: ${run.error?.message}`);
    });
    worker.on('deadLettered', ({ delivery, run }) => {
      const event = delivery.event?.id ?? delivery.eventSeq;
      this.logger.error(`${delivery.trigger}: gave up on event ${event}: ${run.error?.message}`, run.error?.stack);
    });
    worker.on('stale', (delivery) => {
      this.logger.warn(
        `${delivery.trigger}: another process took over, the outcome of ${delivery.event?.id} is dropped`,
      );
    });
    worker.on('leaseLost', () => this.logger.warn('The lease was lost; handlers are aborted, a new one is opened'));
    worker.on('storeError', (error) => this.logger.warn(`The store does not answer, trying again: ${String(error)}`));
    worker.on('draining', (handlers) => this.logger.log(`Shutting down; waiting for ${handlers} handlers`));
  }
}
