import type { LookupAddress } from 'node:dns';
import { EgressRefused } from '../errors';
import type { ResolveHost } from '../vetted-lookup';
import { callTo, clientWith, startSite, type FakeSite } from './site';

let site: FakeSite;
beforeEach(async () => (site = await startSite((_request, response) => response.end('"reached"'))));
afterEach(() => site.stop());

/** Names that lead to these addresses; each time a name is asked for, to the next. */
function names(answers: Record<string, string[][]>): { resolve: ResolveHost; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    resolve: (hostname, _options, done) => {
      asked.push(hostname);
      const turns = answers[hostname] ?? [];
      const addresses = turns.length > 1 ? turns.shift()! : (turns[0] ?? []);
      done(
        null,
        addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    },
  };
}

describe('S20: addresses that tools cannot reach', () => {
  // Each leads to this machine, to its network, or to nobody; some only in the eyes of certain URL parsers.
  it.each([
    'http://127.0.0.1',
    'http://127.1.2.3',
    'http://127.1',
    'http://0',
    'http://0.0.0.0',
    'http://2130706433',
    'http://0177.0.0.1',
    'http://0x7f.0.0.1',
    'http://0x7f000001',
    'http://①②⑦.0.0.1',
    'http://10.1.2.3',
    'http://172.16.0.1',
    'http://172.31.255.255',
    'http://192.168.1.1',
    'http://169.254.169.254',
    'http://100.64.0.1',
    'http://198.18.0.1',
    'http://192.0.2.1',
    'http://224.0.0.1',
    'http://240.0.0.1',
    'http://255.255.255.255',
    'http://[::]',
    'http://[::1]',
    'http://[::ffff:127.0.0.1]',
    'http://[::ffff:a9fe:a9fe]',
    'http://[::127.0.0.1]',
    'http://[64:ff9b::7f00:1]',
    'http://[64:ff9b:1::a00:1]',
    'http://[2002:7f00:1::]',
    'http://[2001:db8::1]',
    'http://[fc00::1]',
    'http://[fd12:3456::1]',
    'http://[fe80::1]',
    'http://[fec0::1]',
    'http://[ff02::1]',
  ])('%s', async (url) => {
    const { hostname } = new URL(url);
    const client = clientWith();

    await expect(client.send({ url }, callTo([hostname]))).rejects.toThrow(/no public address/);
  });

  it.each([
    ['a private address', ['10.0.0.1']],
    ['loopback', ['127.0.0.1']],
    ['metadata of a cloud', ['169.254.169.254']],
    ['loopback in IPv6', ['::1']],
    ['a public address and a private one', ['8.8.8.8', '10.0.0.1']],
  ])('names that lead to %s', async (_what, addresses) => {
    const { resolve, asked } = names({ 'api.example.com': [addresses] });
    const client = clientWith({ resolve });

    const refused = client.send(
      { url: `http://api.example.com:${site.port}` },
      callTo([`api.example.com:${site.port}`]),
    );

    await expect(refused).rejects.toBeInstanceOf(EgressRefused);
    expect(asked).toEqual(['api.example.com']);
    expect(site.requests).toEqual([]);
  });

  it('a name that changes its mind after it was vetted: it is asked once, and the socket goes where it said', async () => {
    // 127.0.0.2 stands for the public address; what the name says afterwards would be refused.
    const { resolve, asked } = names({ 'api.example.com': [['127.0.0.1'], ['10.0.0.1'], ['10.0.0.1']] });
    const client = clientWith({ resolve, networks: ['127.0.0.0/8'] });
    const url = `http://api.example.com:${site.port}`;

    expect((await client.send({ url }, callTo([`api.example.com:${site.port}`]))).json()).toBe('reached');
    expect(asked).toEqual(['api.example.com']);
    expect(site.requests[0]!.headers.host).toBe(`api.example.com:${site.port}`);
  });

  it('a name that leads inside when a new connection is made', async () => {
    const { resolve } = names({ 'api.example.com': [['127.0.0.1'], ['10.0.0.1']] });
    const closing = await startSite((_request, response) => response.setHeader('connection', 'close').end());
    const client = clientWith({ resolve, networks: ['127.0.0.0/8'] });
    const url = `http://api.example.com:${closing.port}`;
    const call = callTo([`api.example.com:${closing.port}`]);

    await client.send({ url }, call);

    await expect(client.send({ url }, call)).rejects.toThrow('leads to 10.0.0.1');
    await closing.stop();
  });

  it('even when private networks are opened, those of link-local addresses', async () => {
    const client = clientWith({ networks: ['0.0.0.0/0', '::/0'] });

    await expect(client.send({ url: 'http://169.254.169.254' }, callTo(['169.254.169.254']))).rejects.toThrow(
      'linkLocal',
    );
    await expect(client.send({ url: 'http://[fe80::1]' }, callTo(['[fe80::1]']))).rejects.toThrow('linkLocal');
  });

  it('but those of a network that was named on purpose', async () => {
    const client = clientWith({ networks: ['127.0.0.1'] });

    const { status } = await client.send({ url: site.url }, callTo([new URL(site.url).host]));

    expect(status).toBe(200);
    await expect(client.send({ url: 'http://127.0.0.2' }, callTo(['127.0.0.2']))).rejects.toThrow(
      'EGRESS_PRIVATE_NETWORKS',
    );
  });
});
