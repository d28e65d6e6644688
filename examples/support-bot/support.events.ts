import { BaseEvent, EventType, WebSocketMessage } from '@reflex/events';
import { IsArray, IsIn, IsNotEmpty, IsString, MaxLength } from 'class-validator';

export const ESCALATION_REASONS = ['asked_for_a_person', 'frustrated'] as const;
export type EscalationReason = (typeof ESCALATION_REASONS)[number];

@EventType('chat.message', {
  description: 'A customer wrote, over a chat system that talks HTTP. Over a WebSocket it is a ws.message.',
  example: { customer: 'ann', content: 'Where is my parcel?' },
})
export class ChatMessage extends BaseEvent {
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  customer!: string;

  @IsString()
  @MaxLength(5_000)
  content!: string;
}

@EventType('chat.bot_response', { description: 'The bot answered. Published by this example.' })
export class ChatBotResponse extends BaseEvent {
  @IsString()
  customer!: string;

  @IsString()
  answer!: string;
}

@EventType('support.escalation', { description: 'A person has to take over. Published by this example.' })
export class SupportEscalation extends BaseEvent {
  @IsString()
  customer!: string;

  @IsIn(ESCALATION_REASONS)
  reason!: EscalationReason;

  /** What was said, the newest last. */
  @IsArray()
  @IsString({ each: true })
  messages!: string[];
}

/** Both ways in which a customer may write. */
export const MESSAGES = [ChatMessage, WebSocketMessage] as const;
export type Message = ChatMessage | WebSocketMessage;

export function customerOf(message: Message): string {
  return message instanceof ChatMessage ? message.customer : message.connection_id;
}
