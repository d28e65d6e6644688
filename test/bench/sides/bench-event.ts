import { BaseEvent, EventType } from '@reflex/events';
import { IsInt, IsString } from 'class-validator';
import type { Payload } from './payload';

@EventType('bench.event')
export class BenchEvent extends BaseEvent implements Payload {
  @IsInt()
  number!: number;

  @IsString()
  account!: string;

  @IsString()
  note!: string;
}
