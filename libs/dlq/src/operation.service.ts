import { Injectable } from '@nestjs/common';
import { Audit, type Operator } from '@reflex/auth';
import { EventStore, type Operation, type ReplayRequest, UnknownTrigger } from '@reflex/event-store';
import { noOperation } from './errors';
import { OperationDriver } from './operation-driver.service';

/** Work of operators that takes a while: retries of many dead letters, and replays of history. */
@Injectable()
export class OperationService {
  constructor(
    private readonly store: EventStore,
    private readonly audit: Audit,
    private readonly driver: OperationDriver,
  ) {}

  /** Begins to deliver history again. It goes on by itself, also in another process when this one ends. Throws `UnknownTrigger`. */
  async replay(request: ReplayRequest, by: Operator): Promise<Operation> {
    const { from, to, types, triggers, rate, stopOnFailure } = request;
    const details = { from, to, types, rate_per_second: rate, stop_on_failure: stopOnFailure };
    const action = { ...by, action: 'replay.execute', target: triggers.join(', '), details };
    const act = async (): Promise<Operation> => {
      await this.assertTriggers(triggers);
      return this.store.operations.beginReplay(request, by.actor);
    };
    const operation = await this.audit.perform(action, act, ({ id, total }) => ({ operation: id, total }));
    void this.driver.drive(operation.id);
    return operation;
  }

  /** Throws `UnknownTrigger` for the first name that nobody has. */
  async assertTriggers(names: readonly string[]): Promise<void> {
    const known = new Set((await this.store.triggers()).map(({ name }) => name));
    const unknown = names.find((name) => !known.has(name));
    if (unknown !== undefined) throw new UnknownTrigger(unknown);
  }

  list(): Promise<Operation[]> {
    return this.store.operations.list();
  }

  /** Throws `NotFound`. */
  async get(id: string): Promise<Operation> {
    const operation = await this.store.operations.find(id);
    if (!operation) throw noOperation(id);
    return operation;
  }

  /** Gives nothing more back; what was given back goes on. Stopping what has ended changes nothing. */
  async stop(id: string, by: Operator): Promise<Operation> {
    await this.get(id);
    const action = { ...by, action: 'operation.stop', target: id };
    const act = async (): Promise<Operation> => (await this.store.operations.stop(id, by.actor))!;
    return this.audit.perform(action, act, ({ done, total }) => ({ done, total }));
  }
}
