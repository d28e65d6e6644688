import { Inject, Logger, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { Access } from './access.service';
import { ApiKeyGuard } from './api-key.guard';
import { ApiKeys } from './api-keys.service';
import { Audit } from './audit.service';
import {
  AuthOptions,
  ConfigurableModuleClass,
  DEFAULT_AUTH_OPTIONS,
  MODULE_OPTIONS_TOKEN,
  type AuthModuleOptions,
} from './auth-options';
import { RouteExplorer } from './route.explorer';

/** Closes every route to those without a key. Needs TypeORM's `DataSource` with `AUTH_MIGRATIONS` from a global module. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    Access,
    ApiKeys,
    Audit,
    RouteExplorer,
    ApiKeyGuard,
    { provide: APP_GUARD, useExisting: ApiKeyGuard },
    {
      provide: AuthOptions,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: AuthModuleOptions): AuthOptions => ({ ...DEFAULT_AUTH_OPTIONS, ...options }),
    },
  ],
  exports: [Access, ApiKeyGuard, ApiKeys, Audit],
})
export class AuthModule extends ConfigurableModuleClass implements OnApplicationBootstrap {
  private readonly logger = new Logger('Auth');

  constructor(
    @Inject(ApiKeys) private readonly keys: ApiKeys,
    @Inject(Access) private readonly access: Access,
  ) {
    super();
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.access.isOpen || (await this.keys.countValid()) > 0) return;
    this.logger.warn(
      'There is no API key yet, so every request is refused. Make one: npx reflex keys create --name operator --scopes admin',
    );
  }
}
