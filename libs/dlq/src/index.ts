export { clusterJson, deadLetterJson } from './dead-letter-json';
export { DeadLetterService } from './dead-letter.service';
export { DlqModule } from './dlq.module';
export { SeveralDeadLetters, UnexpectedCount } from './errors';
export { OperationDriver } from './operation-driver.service';
export { operationJson } from './operation-json';
export { OperationService } from './operation.service';
export { Explainer, type RetryForecast } from './retry-forecast';
