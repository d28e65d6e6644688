import { Module } from '@nestjs/common';
import { EventsModule } from '@reflex/events';
import { EscalationTrigger } from './escalation.trigger';
import { SearchHelpTool } from './search-help.tool';
import { SupportBotTrigger } from './support-bot.trigger';
import { ChatBotResponse, ChatMessage, SupportEscalation } from './support.events';
import { SupportAgent } from './support.agent';

/** A bot that answers customers, and knows when to call a person. */
@Module({
  imports: [EventsModule.forFeature([ChatMessage, ChatBotResponse, SupportEscalation])],
  providers: [SupportBotTrigger, EscalationTrigger, SupportAgent, SearchHelpTool],
})
export class SupportBotModule {}
