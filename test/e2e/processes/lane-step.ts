import { BaseEvent, EventType } from '@reflex/events';
import { IsInt, IsString } from 'class-validator';

@EventType('lane.step')
export class LaneStep extends BaseEvent {
  @IsString()
  lane!: string;

  @IsInt()
  n!: number;
}
