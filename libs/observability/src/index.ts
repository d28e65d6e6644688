export { currentRun, runWith, type CurrentRun } from './current-run';
export { type ObservabilityOptions } from './log-options';
export { ObservabilityModule } from './observability.module';
export { requestId } from './request-log';
