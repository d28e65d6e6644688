/** A secret that somebody stored, as this process knows it. */
export interface StoredSecret {
  /** `null` when none of this process's keys opens it. */
  value: string | null;
  /** The master key that it is sealed with. */
  keyId: string;
}

/** Secrets that people store while the service runs. In the clear they are in memory only. */
export abstract class StoredSecrets {
  /** Calls back with all of them, by name: before it answers, and whenever one was changed, by whichever process. */
  abstract onChanged(listener: (secrets: ReadonlyMap<string, StoredSecret>) => void): Promise<() => void>;
}
