import { TriggerSetupError } from '../errors';

const FIELD_PATH = /^[A-Za-z_][\w-]*(?:\.[\w-]+)*$/;

/** Reads a dotted path such as `user.id` of an event; own properties only, `undefined` where it leads nowhere. */
export function fieldReader(path: string): (event: object) => unknown {
  assertFieldPath(path);
  const names = path.split('.');
  return (event) => {
    let value: unknown = event;
    for (const name of names) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
      value = (value as Record<string, unknown>)[name];
    }
    return value;
  };
}

export function assertFieldPath(path: string): void {
  if (!FIELD_PATH.test(path)) {
    throw new TriggerSetupError(`"${path}" is not a field path. Write names joined by dots, such as user.id.`);
  }
}
