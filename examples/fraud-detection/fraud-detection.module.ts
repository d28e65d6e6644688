import { Module } from '@nestjs/common';
import { EventsModule } from '@reflex/events';
import { DecideOrderTrigger } from './decide-order.trigger';
import { FlagUserTrigger } from './flag-user.trigger';
import { FraudAgent } from './fraud.agent';
import { OrderApproved, OrderCreated, OrderFraudCheck, OrderHeld, OrderRejected, UserFlagged } from './order.events';
import { ScoreOrderTrigger } from './score-order.trigger';

/** Decides which orders may be shipped. */
@Module({
  imports: [
    EventsModule.forFeature([OrderCreated, OrderFraudCheck, OrderApproved, OrderHeld, OrderRejected, UserFlagged]),
  ],
  providers: [ScoreOrderTrigger, DecideOrderTrigger, FlagUserTrigger, FraudAgent],
})
export class FraudDetectionModule {}
