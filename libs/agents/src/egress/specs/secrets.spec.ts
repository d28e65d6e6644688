import type { StoredSecret } from '@reflex/core';
import { EgressClient } from '../egress-client';
import { secret } from '../secret';
import { Secrets } from '../secrets';
import { callTo } from './site';

function stored(values: Record<string, string | null>): ReadonlyMap<string, StoredSecret> {
  return new Map(Object.entries(values).map(([name, value]) => [name, { value, keyId: 'k1' }]));
}

describe('stored secrets', () => {
  it('are found, changed and gone without a new start', () => {
    const secrets = new Secrets({});

    expect(secrets.has(secret('TOKEN'))).toBe(false);
    secrets.takeStored(stored({ TOKEN: 'first-value' }));
    expect(secrets.reveal(secret('TOKEN', 'Bearer '))).toBe('Bearer first-value');
    secrets.takeStored(stored({ TOKEN: 'second-value' }));
    expect(secrets.reveal(secret('TOKEN'))).toBe('second-value');
    secrets.takeStored(stored({}));
    expect(() => secrets.reveal(secret('TOKEN'))).toThrow('is not configured');
  });

  it('do not replace those of the settings', () => {
    const secrets = new Secrets({ TOKEN: 'of-the-settings' });

    secrets.takeStored(stored({ TOKEN: 'stored-value' }));

    expect(secrets.reveal(secret('TOKEN'))).toBe('of-the-settings');
  });

  it('stay hidden once they were replaced or deleted, the longest first', () => {
    const secrets = new Secrets({});
    secrets.takeStored(stored({ TOKEN: 'first-value' }));
    secrets.takeStored(stored({ TOKEN: 'first-value-and-more' }));
    secrets.takeStored(stored({}));

    const hex = Buffer.from('first-value').toString('hex');

    expect(secrets.redact(`first-value-and-more, first-value, ${hex}`)).toBe(
      '[secret TOKEN], [secret TOKEN], [secret TOKEN]',
    );
  });

  it('that cannot be opened are there, and say so when they are used', () => {
    const secrets = new Secrets({});
    secrets.takeStored(stored({ TOKEN: null }));

    expect(secrets.has(secret('TOKEN'))).toBe(true);
    expect(() => secrets.reveal(secret('TOKEN'))).toThrow(expect.objectContaining({ code: 'secret_locked' }));
    expect(() => secrets.reveal(secret('TOKEN'))).toThrow('key "k1"');
  });

  it('are no host when they are no URL, and the refusal does not show them', async () => {
    const secrets = new Secrets({});
    secrets.takeStored(stored({ HOOK: 'no-url-but-a-secret' }));
    const client = new EgressClient({}, secrets);

    const refused = client.send({ url: 'https://api.example.com/' }, callTo([secret('HOOK')]));

    await expect(refused).rejects.toThrow('The tool "send" may not connect to api.example.com.');
    await expect(client.send({ url: secret('HOOK') }, callTo(['*']))).rejects.toThrow('[secret HOOK] is no URL.');
  });
});
