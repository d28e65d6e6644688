export {
  Approvals,
  type Approval,
  type ApprovalPage,
  type ApprovalRefusal,
  type ApprovalSearch,
  type OwnRequest,
} from './approvals';
export { type Backlog, type BacklogBounds, type WaitingTrigger } from './backlog';
export { Budgets, type Budget, type BudgetLevel, type BudgetPage, type BudgetSearch, type BudgetUnit } from './budgets';
export {
  DeadLetters,
  type DeadLetter,
  type DeadLetterCluster,
  type DeadLetterFilter,
  type DeadLetterReason,
  type DeadLetterSearch,
  type LetterHistory,
} from './dead-letters';
export { delaysOf, InvalidDelay, MAX_DELAY_MS, type Delay, type DelayOptions } from './delay';
export { type ContextChange, type Delivery, type DeliveryKey, type StoredContext, type StoredEvent } from './delivery';
export { EffectLedger, type Effect, type EffectPage, type EffectResolution, type EffectSearch } from './effects';
export {
  ApprovalNotUsable,
  DatabaseUnreachable,
  DeliveryLive,
  EventLoop,
  HistoryBusy,
  IdempotencyConflict,
  InvalidCursor,
  LeaseLost,
  SchemaLocked,
  SchemaTooNew,
  SecretsOff,
  StaleLease,
  StoreOverloaded,
  StoreUnavailable,
  TooManyRuns,
  TooManySecrets,
  UnknownTrigger,
} from './errors';
export {
  type DeliveryStatus,
  type DeliverySummary,
  type EventPage,
  type EventSearch,
  type EventWithDeliveries,
} from './event-search';
export {
  EventStore,
  type Claim,
  type Lease,
  type Offer,
  type PublishOptions,
  type Published,
  type SlotRequest,
  type StoreStats,
  type Wake,
} from './event-store';
export { IngestQuota, QuotaExceeded } from './ingest-quota';
export { History, type Firing, type TakenEvent, type Taker } from './history';
export { LockLost, LockTimeout } from './locks/errors';
export { MemoryLocks } from './locks/memory-locks';
export { PostgresLocks } from './locks/postgres-locks';
export { ScopedLocks, type LockOptions } from './locks/scoped-locks';
export {
  Operations,
  type HistoryRange,
  type Operation,
  type ReplayForecast,
  type ReplayRequest,
  type RetryRequest,
} from './operation';
export { type RunPage, type RunRecord, type RunSearch } from './run-search';
export { type RunStats, type RunStatsPage, type RunStatsSearch, type StatsGroup } from './run-stats';
export { type RunStream, RunStreams, type StreamPart, type StreamPosition, type ToldRun } from './run-streams';
export { SecretStore, type Rotation, type SecretNote } from './secret-store';
export { type RunError, type RunOutcome, type RunReport, type Settlement } from './settlement';
export { type Situation } from './situation';
export { type AwaitedEvent, EventWaits, type WaitState } from './waits';
export { type RegisteredTrigger, type TriggerDefinition } from './trigger-definition';
export {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './postgres/embedded/embedded-postgres';
export { EventStoreModule } from './postgres/event-store.module';
export { MIGRATIONS } from './postgres/migrations';
export { openPostgresStore, runMigrations } from './postgres/open-postgres-store';
export { PostgresEventStore } from './postgres/postgres-event-store';
export { Sweep } from './postgres/sweep';
export { type PostgresStoreOptions } from './postgres/store-options';
export { failure, storableText, type RetryPolicy } from './failure';
export { readMasterKeys, type MasterKey } from './vault/master-keys';
export { type Received, type SubscribeOptions } from './subscription';
