export { DeadLetterService } from './dead-letter.service';
export { DlqModule } from './dlq.module';
