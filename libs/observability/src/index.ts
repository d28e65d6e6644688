export { currentRun, runWith, type CurrentRun } from './current-run';
export { hideInLogs } from './log-masking';
export { type ObservabilityOptions } from './log-options';
export { ObservabilityModule } from './observability.module';
export { Redactor } from './redactor';
export { requestId } from './request-log';
