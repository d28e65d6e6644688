/** What data keys are wrapped with. It is in the settings of the service only, never in the database. */
export interface MasterKey {
  id: string;
  /** 32 bytes. */
  key: Buffer;
}

const ENTRY = /^([a-z0-9][a-z0-9._-]{0,31})=([A-Za-z0-9+/]{43}=)$/;

/** Reads `id=base64 of 32 bytes`, separated by commas, each id once; `null` when it is something else. */
export function readMasterKeys(text: string): MasterKey[] | null {
  const keys = text.split(',').map((entry) => keyOf(entry.trim()));
  const known = keys.filter((key) => key !== null);
  const ids = new Set(known.map(({ id }) => id));
  return ids.size === keys.length ? known : null;
}

function keyOf(entry: string): MasterKey | null {
  const [, id, text] = ENTRY.exec(entry) ?? [];
  return id === undefined || text === undefined ? null : { id, key: Buffer.from(text, 'base64') };
}
