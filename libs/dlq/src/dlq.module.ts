import { Module } from '@nestjs/common';
import { DeadLetterService } from './dead-letter.service';

/** Needs an `EventStore` from a global module. */
@Module({ providers: [DeadLetterService], exports: [DeadLetterService] })
export class DlqModule {}
