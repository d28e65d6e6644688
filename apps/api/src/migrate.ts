import 'reflect-metadata';
import { runMigrations } from '@reflex/event-store';
import { SCHEMA } from './app.module';
import { loadSettings } from './config';
import { openDatabase } from './database';
import type { Settings } from './settings';
import { startFailure } from './start-failure';

// `npm run migrate`: the service migrates by itself when it starts; this is for those who do it before.
async function main(): Promise<void> {
  let settings: Settings | undefined;
  try {
    settings = loadSettings();
    const database = await openDatabase(settings, say);
    try {
      await runMigrations(database.url, SCHEMA);
    } finally {
      await database.stop();
    }
    say(`The schema is up to date: ${database.description}.`);
  } catch (error) {
    process.stderr.write(`${startFailure(error, settings)}\n`);
    process.exitCode = 1;
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

void main();
