import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { TriggerDefaults } from './trigger';
import type { WorkerOptions } from './worker/worker-options';

export interface TriggersOptions extends Partial<WorkerOptions> {
  /** For triggers that do not say otherwise. */
  defaults?: Partial<TriggerDefaults>;
  /** False: triggers are made known to the store, so that publishing fans out, but this process works on none. Default true. */
  enabled?: boolean;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: TRIGGERS_OPTIONS } =
  new ConfigurableModuleBuilder<TriggersOptions>({ moduleName: 'Triggers' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
