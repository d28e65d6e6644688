import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { listenHost } from './config';
import { createApp } from './create-app';
import { openDatabase, type Database } from './database';
import { assertPortFree } from './free-port';
import { LifecycleReporter } from './lifecycle/lifecycle-reporter';
import type { Settings } from './settings';

/** A service that answers. */
export interface Service {
  app: NestFastifyApplication;
  /** Where it answers, such as `http://127.0.0.1:8000`. */
  url: string;
  database: Database;
  /** Takes nothing new, lets the work at hand end, and closes everything that was opened. */
  stop(signal?: string): Promise<void>;
}

export interface StartOptions {
  /** Told when something unusual was put right on the way. */
  log?: (line: string) => void;
  /** Modules in place of the example's. */
  domain?: DynamicModule[];
}

/** Starts database, application and server, in this order; what was started is stopped again when a later one fails. */
export async function startService(settings: Settings, { log, domain }: StartOptions = {}): Promise<Service> {
  const host = listenHost(settings);
  await assertPortFree(host, settings.apiPort);
  const database = await openDatabase(settings, log ?? (() => undefined));
  let app: NestFastifyApplication | undefined;
  try {
    app = await createApp({ ...settings, databaseUrl: database.url }, domain);
    await app.listen({ host, port: settings.apiPort });
    await app.get(LifecycleReporter).started();
    const url = await app.getUrl();
    return { app, url, database, stop: (signal) => stop(app!, database, signal) };
  } catch (error) {
    await app?.close();
    await database.stop();
    throw error;
  }
}

async function stop(app: NestFastifyApplication, database: Database, signal?: string): Promise<void> {
  try {
    await (app as unknown as { close(signal?: string): Promise<void> }).close(signal);
  } finally {
    await database.stop();
  }
}
