import { Injectable } from '@nestjs/common';
import { type DecisionContext, dedupe, OnEvent } from '@reflex/triggers';
import { ContentSubmitted, ModerationDecision } from './moderation.events';
import { ModeratorAgent } from './moderator.agent';
import { type Finding, judgeByRules, stricter } from './policy';

const sameText = ({ content_id, text }: ContentSubmitted): string => `${content_id} ${text}`;

/** Rules first, then an agent; of the two the stricter counts, so that no text can talk the agent out of a rule. */
@Injectable()
export class ModerateTrigger {
  constructor(private readonly moderator: ModeratorAgent) {}

  // A form that is sent twice is decided once; an edited text is another one.
  @OnEvent(ContentSubmitted, {
    name: 'moderate',
    filter: dedupe(sameText, '1h'),
    scope: 'content_id',
    timeout: '60s',
  })
  async moderate(context: DecisionContext<ContentSubmitted>): Promise<Finding> {
    const { content_id, author, text } = context.event;

    const finding = await this.judge(text);

    context.publish(ModerationDecision.of({ content_id, author, ...finding }));
    return finding;
  }

  private async judge(text: string): Promise<Finding> {
    const byRules = judgeByRules(text);
    // What a rule forbids needs no model.
    if (byRules.decision === 'rejected') return byRules;
    const verdict = await this.moderator.run({ task: 'May this be published?', data: text });
    const decision = stricter(byRules.decision, verdict.decision);
    return { decision, reasons: decision === 'approved' ? [] : [...byRules.reasons, verdict.reason] };
  }
}
