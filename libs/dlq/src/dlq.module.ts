import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { EventsModule } from '@reflex/events';
import { ApprovalService } from './approvals/approval.service';
import { BudgetService } from './budgets/budget.service';
import { DeadLetterService } from './dead-letter.service';
import { EffectService } from './effects/effect.service';
import { OperationDriver } from './operation-driver.service';
import { OperationService } from './operation.service';
import { Explainer } from './retry-forecast';

/** Needs an `EventStore` and an `Audit` from global modules. */
@Module({
  imports: [EventsModule],
  providers: [ApprovalService, BudgetService, DeadLetterService, EffectService, OperationDriver, OperationService],
  exports: [ApprovalService, BudgetService, DeadLetterService, EffectService, OperationService],
})
export class DlqModule {
  /** With a provider of a global module that explains what a trigger would do, for dry runs. */
  static explainedBy(explainer: Type<Explainer>): DynamicModule {
    return { module: DlqModule, providers: [{ provide: Explainer, useExisting: explainer }] };
  }
}
