import { ApprovalEntity } from './approval.entity';
import { BudgetEntity, BudgetReservationEntity } from './budget.entity';
import { ContextEntity, ContextEventEntity } from './context.entity';
import { ConversationEntity, ConversationMessageEntity } from './conversation.entity';
import { DeadLetterEntity } from './dead-letter.entity';
import { DeliveryEntity, LaneEntity } from './delivery.entity';
import { EffectEntity, ReplayEntity } from './effect.entity';
import { EventEntity, EventKeyEntity } from './event.entity';
import { OperationEntity, OperationItemEntity } from './operation.entity';
import { PauseEntity } from './pause.entity';
import { RunEntity } from './run.entity';
import { RunFrameEntity, RunStreamEntity } from './run-stream.entity';
import { SecretEntity } from './secret.entity';
import { TimerEntity } from './timer.entity';
import { TriggerEntity } from './trigger.entity';
import { WaitEntity, WaitMatchEntity, WaitShapeEntity } from './wait.entity';
import { WakeEntity } from './wake.entity';
import { WorkerEntity } from './worker.entity';

/** The tables as TypeORM sees them: for reports and the owner's own queries. Only the store writes to them. */
export const ENTITIES = [
  OperationEntity,
  OperationItemEntity,
  EventEntity,
  EventKeyEntity,
  TriggerEntity,
  WorkerEntity,
  DeliveryEntity,
  LaneEntity,
  ApprovalEntity,
  EffectEntity,
  ReplayEntity,
  PauseEntity,
  ContextEntity,
  ContextEventEntity,
  RunEntity,
  RunFrameEntity,
  RunStreamEntity,
  SecretEntity,
  DeadLetterEntity,
  TimerEntity,
  WaitEntity,
  WaitMatchEntity,
  WaitShapeEntity,
  WakeEntity,
  ConversationEntity,
  ConversationMessageEntity,
  BudgetEntity,
  BudgetReservationEntity,
];

export {
  BudgetEntity,
  BudgetReservationEntity,
  ConversationEntity,
  ConversationMessageEntity,
  ApprovalEntity,
  OperationEntity,
  OperationItemEntity,
  ContextEntity,
  ContextEventEntity,
  DeadLetterEntity,
  DeliveryEntity,
  EffectEntity,
  EventEntity,
  EventKeyEntity,
  LaneEntity,
  PauseEntity,
  ReplayEntity,
  RunEntity,
  RunFrameEntity,
  RunStreamEntity,
  SecretEntity,
  TimerEntity,
  TriggerEntity,
  WaitEntity,
  WaitMatchEntity,
  WaitShapeEntity,
  WakeEntity,
  WorkerEntity,
};
