export { clusterJson, deadLetterJson, operationJson } from './dead-letter-json';
export { DeadLetterService } from './dead-letter.service';
export { DlqModule } from './dlq.module';
export { SeveralDeadLetters, UnexpectedCount } from './errors';
export { RetryDriver } from './retry-driver.service';
export { Explainer, type RetryForecast } from './retry-forecast';
