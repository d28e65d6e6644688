import { ConfigurableModuleBuilder } from '@nestjs/common';

export abstract class AuthOptions {
  /** `open` lets everybody do everything: only for a service that nobody but its developer can reach. */
  abstract readonly access: 'open' | 'keys';
  /** How long a key that was looked up is good for, in ms: as long as a revoked one may still be used. */
  abstract readonly cacheMs: number;
}

export const DEFAULT_AUTH_OPTIONS = { cacheMs: 10_000 };

export type AuthModuleOptions = Pick<AuthOptions, 'access'> & Partial<AuthOptions>;

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<AuthModuleOptions>({
  moduleName: 'Auth',
})
  .setClassMethodName('forRoot')
  .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
  .build();
