import type { Settings } from './settings';

/** `DATABASE_URL` is `databaseUrl` among the settings. */
export function nameInSettings(variable: string): keyof Settings {
  return variable.toLowerCase().replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase()) as keyof Settings;
}
