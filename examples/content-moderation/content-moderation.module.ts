import { Module } from '@nestjs/common';
import { EventsModule } from '@reflex/events';
import { ModerateTrigger } from './moderate.trigger';
import { AuthorFlagged, ContentSubmitted, ModerationDecision } from './moderation.events';
import { ModeratorAgent } from './moderator.agent';
import { RepeatOffenderTrigger } from './repeat-offender.trigger';

/** Decides what may be published, and notices who is rejected often. */
@Module({
  imports: [EventsModule.forFeature([ContentSubmitted, ModerationDecision, AuthorFlagged])],
  providers: [ModerateTrigger, RepeatOffenderTrigger, ModeratorAgent],
})
export class ContentModerationModule {}
