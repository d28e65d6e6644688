import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { BasicModule } from './basic/basic.module';
import { ContentModerationModule } from './content-moderation/content-moderation.module';
import { FraudDetectionModule } from './fraud-detection/fraud-detection.module';
import { IncidentResponseModule } from './incident-response/incident-response.module';
import { LogAnomalyModule } from './log-anomaly/log-anomaly.module';
import { SupportBotModule } from './support-bot/support-bot.module';

/** The examples by the name of their folder. */
export const EXAMPLES: Readonly<Record<string, Type>> = {
  basic: BasicModule,
  'support-bot': SupportBotModule,
  'content-moderation': ContentModerationModule,
  'fraud-detection': FraudDetectionModule,
  'incident-response': IncidentResponseModule,
  'log-anomaly': LogAnomalyModule,
};

/** The commands under "Try it" in the README of an example. */
export function commandsToTry(example: string): string {
  const readme = readFileSync(join(__dirname, example, 'README.md'), 'utf8');
  const section = /^## Try it$([^]*?)(?=^## |(?![^]))/m.exec(readme)?.[1] ?? '';
  return [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, commands]) => commands!).join('\n');
}
