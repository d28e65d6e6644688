import { StoredSecrets } from '@reflex/core';

/** All that is told of a stored secret: never its value. */
export interface SecretNote {
  name: string;
  /** The master key that it is sealed with. */
  keyId: string;
  /** Whether this process can open it. */
  usable: boolean;
  createdAt: Date;
  updatedAt: Date;
  /** Who gave it its value. */
  updatedBy: string;
}

export interface Rotation {
  /** The master key with which they are sealed now. */
  keyId: string;
  /** How many were sealed with another. */
  rotated: number;
  /** Names of those that this process cannot open; they stay as they are. */
  left: string[];
}

/** Secrets that people store: written here, never read from here. */
export abstract class SecretStore extends StoredSecrets {
  /** Throws `SecretsOff` without a key to seal it with, and `TooManySecrets`. */
  abstract set(name: string, value: string, by: string): Promise<SecretNote>;
  /** By name. */
  abstract list(): Promise<SecretNote[]>;
  /** False when there is none. */
  abstract delete(name: string): Promise<boolean>;
  /** Seals all of them with the first key, without changing their values. Throws `SecretsOff`. */
  abstract rotate(): Promise<Rotation>;
}
