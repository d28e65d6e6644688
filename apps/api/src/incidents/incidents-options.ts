import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface IncidentsOptions {
  /** An incoming webhook of Slack; without it nothing is sent, and the agent is told so. */
  slackWebhookUrl?: string;
  /** Takes an incident by POST as JSON; without it no ticket is made, and the agent is told so. */
  incidentsUrl?: string;
  /** Longest wait for an answer of either, in milliseconds; default 10,000. */
  timeoutMs?: number;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: INCIDENTS_OPTIONS } =
  new ConfigurableModuleBuilder<IncidentsOptions>({ moduleName: 'Incidents' }).setClassMethodName('forRoot').build();
