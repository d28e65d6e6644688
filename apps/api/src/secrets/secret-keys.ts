import { type MasterKey, readMasterKeys } from '@reflex/event-store';
import { z } from 'zod';

/** How the setting `SECRETS_KEYS` is read. */
export function secretKeys() {
  return {
    schema: z.string().transform((text, context): MasterKey[] => {
      const keys = readMasterKeys(text);
      if (keys) return keys;
      context.addIssue({ code: 'custom' });
      return z.NEVER;
    }),
    expected: 'id=key, each id once, separated by commas, and each key 32 bytes in base64',
    secret: true,
  };
}
