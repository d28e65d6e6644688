import { BaseEvent, EventType } from '@reflex/events';
import { IsArray, IsIn, IsNotEmpty, IsString, MaxLength } from 'class-validator';

/** The mildest first. */
export const DECISIONS = ['approved', 'needs_review', 'rejected'] as const;
export type Decision = (typeof DECISIONS)[number];

@EventType('content.submitted', {
  description: 'Somebody wants to publish a text.',
  example: { content_id: 'post-1', author: 'ann', text: 'What a lovely garden.' },
})
export class ContentSubmitted extends BaseEvent {
  @IsString()
  @IsNotEmpty()
  content_id!: string;

  @IsString()
  @IsNotEmpty()
  author!: string;

  @IsString()
  @MaxLength(20_000)
  text!: string;
}

@EventType('moderation.decision', { description: 'May it be published? Published by this example.' })
export class ModerationDecision extends BaseEvent {
  @IsString()
  content_id!: string;

  @IsString()
  author!: string;

  @IsIn(DECISIONS)
  decision!: Decision;

  @IsArray()
  @IsString({ each: true })
  reasons!: string[];
}

@EventType('moderation.author_flagged', { description: 'An author is rejected often. Published by this example.' })
export class AuthorFlagged extends BaseEvent {
  @IsString()
  author!: string;

  @IsArray()
  @IsString({ each: true })
  content_ids!: string[];
}
