import { ContextEntity, ContextEventEntity } from './context.entity';
import { DeadLetterEntity } from './dead-letter.entity';
import { DeliveryEntity, LaneEntity } from './delivery.entity';
import { EffectEntity, ReplayEntity } from './effect.entity';
import { EventEntity, EventKeyEntity } from './event.entity';
import { OperationEntity, OperationItemEntity } from './operation.entity';
import { RunEntity } from './run.entity';
import { TimerEntity } from './timer.entity';
import { TriggerEntity } from './trigger.entity';
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
  EffectEntity,
  ReplayEntity,
  ContextEntity,
  ContextEventEntity,
  RunEntity,
  DeadLetterEntity,
  TimerEntity,
  WakeEntity,
];

export {
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
  ReplayEntity,
  RunEntity,
  TimerEntity,
  TriggerEntity,
  WakeEntity,
  WorkerEntity,
};
