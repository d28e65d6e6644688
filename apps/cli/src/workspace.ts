import { userInfo } from 'node:os';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ApiKeys, Audit, AUTH_ENTITIES, AUTH_MIGRATIONS, type Operator } from '@reflex/auth';
import {
  ApprovalService,
  BudgetService,
  DeadLetterService,
  EffectService,
  OperationDriver,
  OperationService,
} from '@reflex/dlq';
import { openPostgresStore, type EventStore } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import { TimerService, TimerTable } from '@reflex/timers';
import { loadSettings } from './config';
import { openDatabase } from './database';

export interface Tools {
  store: EventStore;
  keys: ApiKeys;
  audit: Audit;
  deadLetters: DeadLetterService;
  effects: EffectService;
  approvals: ApprovalService;
  budgets: BudgetService;
  operations: OperationService;
  timers: TimerService;
}

/** What commands work with. Opened by the first that needs it, so that help and mistakes need no database. */
@Injectable()
export class Workspace implements OnApplicationShutdown {
  private readonly close: (() => Promise<void>)[] = [];
  private opened: Promise<Tools> | undefined;

  open(): Promise<Tools> {
    this.opened ??= this.openTools();
    return this.opened;
  }

  async onApplicationShutdown(): Promise<void> {
    for (const close of this.close.splice(0).toReversed()) await close();
  }

  private async openTools(): Promise<Tools> {
    const database = await openDatabase(loadSettings());
    this.close.push(() => database.stop());
    const store = await openPostgresStore({
      url: database.url,
      poolSize: 2,
      app: 'cli',
      notify: false,
      entities: AUTH_ENTITIES,
      migrations: AUTH_MIGRATIONS,
    });
    this.close.push(() => store.close());
    const audit = new Audit(store.dataSource);
    const driver = new OperationDriver(store);
    this.close.push(() => driver.beforeApplicationShutdown());
    return {
      store,
      keys: new ApiKeys(store.dataSource, { access: 'keys', cacheMs: 0 }),
      audit,
      deadLetters: new DeadLetterService(store, audit, new EventRegistry(), driver),
      effects: new EffectService(store, audit),
      approvals: new ApprovalService(store, audit),
      budgets: new BudgetService(store, audit),
      operations: new OperationService(store, audit, driver),
      timers: new TimerService(new TimerTable(store.dataSource)),
    };
  }
}

/** As the audit names whoever sits at this terminal. */
export function operator(reason: string | undefined): Operator {
  return { actor: `cli:${userInfo().username}`, reason: reason ?? null };
}
