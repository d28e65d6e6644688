import {
  Catch,
  Global,
  Module,
  type ArgumentsHost,
  type DynamicModule,
  type ExceptionFilter,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ReflexError } from '@reflex/core';
import { freshDatabase } from '@reflex/test';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { AuthModule } from '../auth.module';
import type { AuthModuleOptions } from '../auth-options';
import { AUTH_ENTITIES } from '../entities';
import { AUTH_MIGRATIONS } from '../migrations';

/** A database with the tables of this lib. */
export async function authDatabase(): Promise<{ dataSource: DataSource; stop(): Promise<void> }> {
  const database = await freshDatabase();
  const dataSource = new DataSource({
    type: 'postgres',
    url: database.url,
    entities: AUTH_ENTITIES,
    migrations: AUTH_MIGRATIONS,
    migrationsTableName: 'auth_test_migrations',
    schema: 'public',
  });
  await dataSource.initialize();
  await dataSource.runMigrations();
  return {
    dataSource,
    stop: async () => {
      await dataSource.destroy();
      await database.drop();
    },
  };
}

/** An application with the guard before the given controllers. */
export async function authApp(
  dataSource: DataSource,
  controllers: Type[],
  options: AuthModuleOptions = { access: 'keys' },
): Promise<NestFastifyApplication> {
  @Global()
  @Module({ providers: [{ provide: DataSource, useValue: dataSource }], exports: [DataSource] })
  class DatabaseModule {}

  const root: DynamicModule = {
    module: RootModule,
    imports: [DatabaseModule, AuthModule.forRoot(options)],
    controllers,
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new ReflexErrors());
  await app.init();
  return app;
}

@Module({})
class RootModule {}

@Catch(ReflexError)
class ReflexErrors implements ExceptionFilter {
  catch({ status, code, message }: ReflexError, host: ArgumentsHost): void {
    void host.switchToHttp().getResponse<FastifyReply>().status(status).send({ error: { code, message } });
  }
}
