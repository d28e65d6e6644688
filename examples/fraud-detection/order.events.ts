import { BaseEvent, EventType } from '@reflex/events';
import { IsArray, IsIn, IsISO31661Alpha2, IsNotEmpty, IsNumber, IsPositive, IsString, Max, Min } from 'class-validator';

/** What all events of this example are about. */
abstract class OrderEvent extends BaseEvent {
  @IsString()
  @IsNotEmpty()
  order_id!: string;

  @IsString()
  @IsNotEmpty()
  customer_id!: string;
}

@EventType('order.created', {
  description: 'A customer ordered.',
  example: { order_id: 'o-1', customer_id: 'ann', amount: 80, country: 'DE', card_country: 'DE' },
})
export class OrderCreated extends OrderEvent {
  @IsNumber()
  @IsPositive()
  amount!: number;

  @IsISO31661Alpha2()
  country!: string;

  @IsISO31661Alpha2()
  card_country!: string;
}

@EventType('order.fraud_check', { description: 'How risky an order looks. Published by this example.' })
export class OrderFraudCheck extends OrderEvent {
  @IsNumber()
  amount!: number;

  /** 0 harmless, 100 fraud. */
  @IsNumber()
  @Min(0)
  @Max(100)
  score!: number;

  @IsArray()
  @IsString({ each: true })
  signals!: string[];
}

@EventType('order.approved', { description: 'May be shipped. Published by this example.' })
export class OrderApproved extends OrderEvent {}

@EventType('order.held', { description: 'A person has to look. Published by this example.' })
export class OrderHeld extends OrderEvent {
  @IsString()
  reason!: string;
}

@EventType('order.rejected', { description: 'Will not be shipped. Published by this example.' })
export class OrderRejected extends OrderEvent {
  @IsString()
  reason!: string;
}

export const FLAG_REASONS = ['orders_rejected'] as const;

@EventType('user.flagged', { description: 'A customer to be careful with. Published by this example.' })
export class UserFlagged extends BaseEvent {
  @IsString()
  @IsNotEmpty()
  customer_id!: string;

  @IsIn(FLAG_REASONS)
  reason!: (typeof FLAG_REASONS)[number];

  @IsArray()
  @IsString({ each: true })
  order_ids!: string[];
}
