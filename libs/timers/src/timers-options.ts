import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface TimersOptions {
  /** False for a process that makes no ticks. Default true. */
  enabled?: boolean;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: TIMERS_OPTIONS } =
  new ConfigurableModuleBuilder<TimersOptions>()
    .setClassMethodName('forRoot')
    .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
    .build();
