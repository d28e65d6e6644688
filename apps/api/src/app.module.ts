import { type DynamicModule, Module } from '@nestjs/common';
import { AgentsModule } from '@reflex/agents';
import { AUTH_ENTITIES, AUTH_MIGRATIONS, AuthModule } from '@reflex/auth';
import { EventStoreModule, type BacklogBounds } from '@reflex/event-store';
import { EventsModule } from '@reflex/events';
import { HealthModule } from '@reflex/health';
import { ObservabilityModule } from '@reflex/observability';
import { RealtimeModule } from '@reflex/realtime';
import { TimersModule } from '@reflex/timers';
import { TriggersModule } from '@reflex/triggers';
import { ApiModule } from './api.module';
import { accessOf, isLoopback, listenHost } from './config';
import { HealthController } from './health/health.controller';
import { IncidentsModule } from './incidents/incidents.module';
import { LifecycleReporter } from './lifecycle/lifecycle-reporter';
import { MetricsModule } from './metrics/metrics.module';
import { agentsOf } from './model-settings';
import { hideSecrets, toolAccessOf } from './secret-settings';
import type { Settings } from './settings';
import { SettingsModule } from './settings.module';

/** Tables beside those of the event store: add your own. */
export const SCHEMA = { entities: AUTH_ENTITIES, migrations: AUTH_MIGRATIONS };

/** The settings of a service whose database is known. */
export type ServiceSettings = Settings & { databaseUrl: string };

/** What the service is about: replace the example by your own modules. */
function domainOf(): DynamicModule[] {
  return [{ module: IncidentsModule }];
}

/** The whole service. */
@Module({})
export class AppModule {
  static for(settings: ServiceSettings, domain: DynamicModule[] = domainOf()): DynamicModule {
    hideSecrets(settings);
    const answers = settings.role !== 'worker';
    return {
      module: AppModule,
      imports: [
        SettingsModule.for(settings),
        ObservabilityModule.forRoot(logOf(settings)),
        EventStoreModule.forRoot(storeOf(settings)),
        AuthModule.forRoot({ access: accessOf(settings) }),
        EventsModule,
        AgentsModule.forRoot({ ...agentsOf(settings), ...toolAccessOf(settings) }),
        TriggersModule.forRoot(workOf(settings)),
        TimersModule.forRoot({ enabled: settings.role !== 'api' }),
        HealthModule.forRoot({ works: settings.role !== 'api' }),
        MetricsModule,
        ...(answers ? [ApiModule, RealtimeModule.forRoot(socketsOf(settings))] : []),
        ...domain,
      ],
      controllers: [HealthController],
      providers: [LifecycleReporter],
    };
  }
}

function logOf({ logLevel, environment }: Settings): Parameters<typeof ObservabilityModule.forRoot>[0] {
  return {
    level: logLevel === 'warning' ? 'warn' : logLevel,
    pretty: environment === 'development',
    requests: logLevel === 'debug' || logLevel === 'trace',
  };
}

function storeOf(settings: ServiceSettings): Parameters<typeof EventStoreModule.forRoot>[0] {
  const days = settings.eventRetentionDays;
  return {
    url: settings.databaseUrl,
    secretKeys: settings.secretsKeys,
    poolSize: settings.databasePoolSize,
    app: 'api',
    // With what a request may have waited before, it is answered within a second.
    queueMs: 300,
    // Who takes nothing from clients need not look at what waits.
    quota: settings.role === 'worker' ? undefined : quotaOf(settings),
    ...SCHEMA,
    retention: { events: days, runs: days },
  };
}

function quotaOf({ eventMaxWaiting, eventMaxWaitingPerSource }: Settings): BacklogBounds {
  return { perTrigger: eventMaxWaiting, perSource: eventMaxWaitingPerSource };
}

function workOf(settings: Settings): Parameters<typeof TriggersModule.forRoot>[0] {
  return {
    enabled: settings.role !== 'api',
    concurrency: settings.eventConcurrency,
    defaults: {
      maxAttempts: settings.eventMaxAttempts,
      baseMs: settings.eventRetryBaseDelay * 1_000,
      maxMs: settings.eventRetryMaxDelay * 1_000,
    },
  };
}

function socketsOf(settings: Settings): Parameters<typeof RealtimeModule.forRoot>[0] {
  return {
    allowedOrigins: settings.allowedOrigins,
    loopbackOnly: isLoopback(listenHost(settings)),
    maxConnections: settings.wsMaxConnections,
    messagesPerSecond: settings.wsRateLimit,
    maxConnectionsPerKey: settings.wsMaxConnectionsPerKey,
    messagesPerSecondAndKey: settings.wsRateLimitPerKey,
  };
}
