import { Injectable } from '@nestjs/common';
import { count, type DecisionContext, OnEvent } from '@reflex/triggers';
import { AuthorFlagged, ModerationDecision } from './moderation.events';

/** Three rejections of one author within a day. */
@Injectable()
export class RepeatOffenderTrigger {
  // With `match` other decisions are not even delivered.
  @OnEvent(ModerationDecision, {
    name: 'repeat-offender',
    match: { decision: 'rejected' },
    scope: 'author',
    when: count(3).within('1d'),
  })
  flag(context: DecisionContext<ModerationDecision>): void {
    const content_ids = context.events.map(({ content_id }) => content_id);
    context.publish(AuthorFlagged.of({ author: context.event.author, content_ids }));
  }
}
