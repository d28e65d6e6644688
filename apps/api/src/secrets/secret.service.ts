import { Inject, Injectable } from '@nestjs/common';
import { Audit, type Operator } from '@reflex/auth';
import { NotFound } from '@reflex/core';
import { EventStore, type Rotation, type SecretNote } from '@reflex/event-store';
import { RequestRefused } from '../http/refusals';
import { isTakenBySettings } from '../secret-settings';
import { SETTINGS, type Settings } from '../settings';

const NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Stores secrets of tools, with a row in the audit that tells everything but the value. */
@Injectable()
export class SecretService {
  constructor(
    private readonly store: EventStore,
    private readonly audit: Audit,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  list(): Promise<SecretNote[]> {
    return this.store.secrets.list();
  }

  set(name: string, value: string, by: Operator): Promise<SecretNote> {
    assertName(name);
    if (isTakenBySettings(name, this.settings)) throw inSettings(name);
    return this.audit.perform(
      { ...by, action: 'secret.set', target: name },
      () => this.store.secrets.set(name, value, by.actor),
      ({ keyId }) => ({ key_id: keyId }),
    );
  }

  async delete(name: string, by: Operator): Promise<void> {
    assertName(name);
    await this.audit.perform({ ...by, action: 'secret.delete', target: name }, async () => {
      if (await this.store.secrets.delete(name)) return;
      throw new NotFound(`There is no stored secret ${name}. List them with GET /secrets.`);
    });
  }

  rotate(by: Operator): Promise<Rotation> {
    return this.audit.perform(
      { ...by, action: 'secret.rotate', target: 'secrets' },
      () => this.store.secrets.rotate(),
      ({ keyId, rotated, left }) => ({ key_id: keyId, rotated, left }),
    );
  }
}

// What is no name is not quoted: it may be a value in the wrong place.
function assertName(name: string): void {
  if (NAME.test(name)) return;
  throw new RequestRefused(
    422,
    'invalid_secret_name',
    'The name of a secret is like that of a setting: capital letters, digits and _, such as BILLING_TOKEN, up to 64.',
  );
}

function inSettings(name: string): RequestRefused {
  return new RequestRefused(
    409,
    'secret_in_settings',
    `${name} is a setting of the service. Change it there, or choose another name; nothing was stored.`,
  );
}
