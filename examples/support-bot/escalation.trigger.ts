import { Injectable } from '@nestjs/common';
import { count, type DecisionContext, dedupe, field, OnEvent } from '@reflex/triggers';
import { customerOf, type EscalationReason, type Message, MESSAGES, SupportEscalation } from './support.events';

const WANTS_A_PERSON = /\b(a|real|human) (person|human|being|agent)\b|\bcomplaint\b|\blawyer\b/i;
const IS_FRUSTRATED = /\b(useless|terrible|angry|nonsense|ridiculous|still (not|does))\b/i;

const asksForAPerson = field('content', (content: unknown) => WANTS_A_PERSON.test(String(content)));
const soundsFrustrated = field('content', (content: unknown) => IS_FRUSTRATED.test(String(content)));

/** Calls a person by rules, so that nobody has to convince a model first. */
@Injectable()
export class EscalationTrigger {
  // Whoever asks twice within ten minutes is still one case.
  @OnEvent(MESSAGES, {
    name: 'escalate-on-request',
    filter: asksForAPerson.and(dedupe('source', '10m')),
    scope: 'source',
  })
  onRequest(context: DecisionContext<Message>): string {
    return this.escalate(context, 'asked_for_a_person');
  }

  @OnEvent(MESSAGES, {
    name: 'escalate-frustration',
    filter: soundsFrustrated,
    scope: 'source',
    when: count(3).within('10m'),
  })
  onFrustration(context: DecisionContext<Message>): string {
    return this.escalate(context, 'frustrated');
  }

  private escalate(context: DecisionContext<Message>, reason: EscalationReason): string {
    const messages = context.events.map(({ content }) => content);
    context.publish(SupportEscalation.of({ customer: customerOf(context.event), reason, messages }));
    return 'A colleague of ours has been called and will write to you here.';
  }
}
