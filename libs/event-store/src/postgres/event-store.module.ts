import {
  ConfigurableModuleBuilder,
  Inject,
  Logger,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Pauses, StoredSecrets } from '@reflex/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { EventStore } from '../event-store';
import { IngestQuota } from '../ingest-quota';
import { PostgresLocks } from '../locks/postgres-locks';
import { ScopedLocks } from '../locks/scoped-locks';
import { connect, dataSourceOptions } from './data-source';
import { PostgresEventStore } from './postgres-event-store';
import type { PostgresStoreOptions } from './store-options';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<PostgresStoreOptions>()
    .setClassMethodName('forRoot')
    .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
    .build();

/** Provides `EventStore`, `ScopedLocks` and, for the owner's own tables, TypeORM's `DataSource`: one pool for both. */
@Module({
  providers: [
    {
      provide: EventStore,
      inject: [DataSource, MODULE_OPTIONS_TOKEN],
      useFactory: async (dataSource: DataSource, options: PostgresStoreOptions) => {
        const store = new PostgresEventStore(dataSource, options);
        await store.start();
        return store;
      },
    },
    {
      provide: ScopedLocks,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: ({ url }: PostgresStoreOptions) => new PostgresLocks(url),
    },
    { provide: Pauses, inject: [EventStore], useFactory: ({ pauses }: EventStore) => pauses },
    { provide: StoredSecrets, inject: [EventStore], useFactory: ({ secrets }: EventStore) => secrets },
    {
      provide: IngestQuota,
      inject: [EventStore, MODULE_OPTIONS_TOKEN],
      useFactory: (store: EventStore, { quota }: PostgresStoreOptions) =>
        new IngestQuota(store, quota ?? { perTrigger: 0, perSource: 0 }, new Logger('IngestQuota')),
    },
  ],
  exports: [EventStore, ScopedLocks, IngestQuota, Pauses, StoredSecrets, MODULE_OPTIONS_TOKEN],
})
export class EventStoreModule extends ConfigurableModuleClass implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(EventStore) private readonly store: PostgresEventStore,
    private readonly locks: ScopedLocks,
    private readonly quota: IngestQuota,
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: PostgresStoreOptions,
  ) {
    super();
  }

  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return withTypeOrm(super.forRoot(options));
  }

  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return withTypeOrm(super.forRootAsync(options));
  }

  onApplicationBootstrap(): void {
    if (this.options.quota) this.quota.start();
  }

  // The workers have drained by now; TypeORM's module closes the pool after us, since we depend on it.
  async onApplicationShutdown(): Promise<void> {
    await this.quota.stop();
    await this.locks.close();
    await this.store.stop();
  }
}

// TypeORM's core module is built from our options; they reach it through this module, which is global.
function withTypeOrm(module: DynamicModule): DynamicModule {
  const typeOrm = TypeOrmModule.forRootAsync({
    inject: [MODULE_OPTIONS_TOKEN],
    useFactory: (options: PostgresStoreOptions) => ({ ...dataSourceOptions(options), retryAttempts: 0 }),
    dataSourceFactory: (options) => connect(options as DataSourceOptions),
  });
  return { ...module, imports: [...(module.imports ?? []), typeOrm] };
}
