import { RetryLater } from '@reflex/core';
import { eventually } from '@reflex/test';
import { secret } from '../secret';
import { callTo, clientWith, startSite, type FakeSite } from './site';

const LOCAL = { networks: ['127.0.0.1'] };
const TOKEN = 'xoxb-canary-0123456789';

const sites: FakeSite[] = [];
async function site(...args: Parameters<typeof startSite>): Promise<FakeSite> {
  const started = await startSite(...args);
  sites.push(started);
  return started;
}
afterEach(() => Promise.all(sites.splice(0).map((each) => each.stop())));

const host = ({ url }: FakeSite): string => new URL(url).host;

describe('S20, S25: where a tool may connect to', () => {
  const client = clientWith(LOCAL);

  it.each([
    ['file:///etc/passwd', 'http and https only'],
    ['ftp://api.example.com/x', 'http and https only'],
    ['gopher://api.example.com/', 'http and https only'],
    ['data:text/plain,hi', 'http and https only'],
    ['javascript:alert(1)', 'http and https only'],
    ['https://user:pass@api.example.com/', 'Credentials'],
    ['https://evil.com/', 'may not connect to evil.com'],
    ['https://api.example.com.evil.com/', 'may not connect to api.example.com.evil.com'],
    ['https://evil.com#api.example.com', 'may not connect to evil.com'],
    ['https://evil.com\\@api.example.com/', 'may not connect to evil.com'],
    ['https://api.example.com:8443/', 'may not connect to api.example.com:8443'],
    ['https://notexample.org/', 'may not connect to notexample.org'],
    ['https://example.org/', 'may not connect to example.org'],
    ['not a url', 'no URL'],
  ])('not %s', async (url, why) => {
    await expect(client.send({ url }, callTo(['api.example.com', '*.example.org']))).rejects.toThrow(why);
  });

  it('is what both the tool and its agent allow', async () => {
    const { url } = await site((_request, response) => response.end());
    const here = new URL(url).host;

    expect((await client.send({ url }, callTo(['*'], { agentHosts: [here] }))).status).toBe(200);
    expect((await client.send({ url }, callTo([here], { agentHosts: null }))).status).toBe(200);
    await expect(client.send({ url }, callTo([here], { agentHosts: ['a.com'] }))).rejects.toThrow('The agent "judge"');
    await expect(client.send({ url }, callTo([], { agentHosts: [here] }))).rejects.toThrow('The tool "send"');
  });

  it('counts host names without regard to case and the final dot', async () => {
    await expect(client.send({ url: 'http://LOCALHOST.:1/' }, callTo(['localhost:1']))).rejects.toThrow(
      'cannot be reached',
    );
  });
});

describe('S20: redirects', () => {
  const client = clientWith(LOCAL, { TOKEN });
  const headers = { authorization: secret('TOKEN', 'Bearer '), 'x-token': secret('TOKEN'), 'x-plain': 'stays' };

  it('are followed three times, and not further', async () => {
    const here = await site((request, response) => {
      const turn = Number(request.url!.slice(1));
      if (turn === 0) response.end('"there"');
      else response.writeHead(302, { location: `/${turn - 1}` }).end();
    });
    const call = callTo([host(here)]);

    expect((await client.send({ url: `${here.url}/3` }, call)).json()).toBe('there');
    await expect(client.send({ url: `${here.url}/4` }, call)).rejects.toThrow('redirects more than 3 times');
  });

  it.each([
    ['another host', 'http://evil.example/', 'may not connect to evil.example'],
    ['another port', 'http://127.0.0.1:1/', 'may not connect to 127.0.0.1:1'],
    ['a private address', 'http://169.254.169.254/latest/meta-data', 'may not connect to 169.254.169.254'],
    ['another scheme', 'file:///etc/passwd', 'http and https only'],
  ])('to %s are vetted again', async (_what, location, why) => {
    const here = await site((_request, response) => response.writeHead(302, { location }).end());

    await expect(client.send({ url: here.url }, callTo([host(here)]))).rejects.toThrow(why);
  });

  it('to an allowed host with a forbidden address are refused', async () => {
    const here = await site((_request, response) => response.writeHead(307, { location: 'http://10.0.0.1/' }).end());

    await expect(client.send({ url: here.url }, callTo([host(here), '10.0.0.1']))).rejects.toThrow('no public address');
  });

  it('take no credentials to another origin, but keep them within one', async () => {
    const other = await site((_request, response) => response.end());
    const here = await site((request, response) => {
      if (request.url === '/away') response.writeHead(302, { location: `${other.url}/x` }).end();
      else if (request.url === '/within') response.writeHead(302, { location: '/end' }).end();
      else response.end();
    });
    const call = callTo([host(here), host(other)]);

    await client.send({ url: `${here.url}/away`, headers: { ...headers, cookie: 'a=b' } }, call);
    await client.send({ url: `${here.url}/within`, headers }, call);

    expect(other.requests).toHaveLength(1);
    expect(other.requests[0]!.headers).toMatchObject({ 'x-plain': 'stays' });
    expect(JSON.stringify(other.requests)).not.toContain(TOKEN);
    expect(other.requests[0]!.headers.cookie).toBeUndefined();
    expect(here.requests.at(-1)!.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  it('repeat a POST only where they say so, and never a secret body elsewhere', async () => {
    const other = await site((_request, response) => response.end());
    const here = await site((request, response) => {
      response.writeHead(Number(request.url!.slice(1)), { location: other.url }).end();
    });
    const call = callTo([host(here), host(other)]);

    await client.send({ url: `${here.url}/302`, body: { a: 1 } }, call);
    await client.send({ url: `${here.url}/307`, body: { a: 1 } }, call);
    const secretly = client.send({ url: `${here.url}/307`, body: { a: { b: secret('TOKEN') } } }, call);

    await expect(secretly).rejects.toThrow('carry a secret');
    expect(other.requests.map(({ method, body }) => [method, body])).toEqual([
      ['GET', ''],
      ['POST', '{"a":1}'],
    ]);
    expect(here.requests.at(-1)!.body).toBe(`{"a":{"b":"${TOKEN}"}}`);
  });
});

describe('S20: limits', () => {
  const client = clientWith(LOCAL);

  it('end an answer of more than 1 MiB', async () => {
    const here = await site((request, response) =>
      response.end('x'.repeat(1024 * 1024 + (request.url === '/' ? 0 : 1))),
    );
    const call = callTo([host(here)]);

    expect((await client.send({ url: here.url }, call)).text).toHaveLength(1024 * 1024);
    await expect(client.send({ url: `${here.url}/more` }, call)).rejects.toThrow('more than 1 MiB');
  });

  it('end an answer that never ends, and one that never begins', async () => {
    const drip = await site((_request, response) => {
      response.write('x');
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const silent = await site(() => undefined);

    for (const each of [drip, silent]) {
      const answer = client.send({ url: each.url, timeoutMs: 150 }, callTo([host(each)]));
      await expect(answer).rejects.toThrow(`${host(each)} did not answer in 150 ms.`);
    }
  });

  it('are no longer than 10 s, whatever a tool asks for', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const timeout = jest.spyOn(AbortSignal, 'timeout');

    await expect(client.send({ url: 'http://a.com', timeoutMs: 60_000 }, callTo([]))).rejects.toThrow(
      'may not connect',
    );

    expect(timeout).toHaveBeenCalledWith(10_000);
    timeout.mockRestore();
    jest.useRealTimers();
  });

  it('end with the attempt', async () => {
    const silent = await site(() => undefined);
    const ending = new AbortController();
    const answer = client.send({ url: silent.url }, callTo([host(silent)], { signal: ending.signal }));
    const outcome = answer.catch((error: unknown) => error);
    await eventually(() => expect(silent.requests).toHaveLength(1));

    ending.abort(new Error('shutting down'));

    expect(await outcome).toMatchObject({ message: 'shutting down' });
  });

  it('do not pass through proxies of the environment', async () => {
    const proxy = await site((_request, response) => response.end('"proxied"'));
    const here = await site((_request, response) => response.end('"direct"'));
    const before = { ...process.env };
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']) {
      process.env[name] = proxy.url;
    }
    process.env['NODE_USE_ENV_PROXY'] = '1';

    try {
      expect((await clientWith(LOCAL).send({ url: here.url }, callTo([host(here)]))).json()).toBe('direct');
    } finally {
      process.env = before;
    }
    expect(proxy.requests).toEqual([]);
  });
});

describe('a request', () => {
  it('carries the key of the call when it acts, and JSON', async () => {
    const here = await site((_request, response) => response.end());
    const client = clientWith(LOCAL);
    const call = callTo([host(here)], { key: 'k-7' });

    await client.post({ url: here.url, body: { a: 1 } }, call);
    await client.send({ url: here.url }, call);

    const [post, get] = here.requests;
    expect(post).toMatchObject({ method: 'POST', body: '{"a":1}', headers: { 'idempotency-key': 'k-7' } });
    expect(post!.headers['content-type']).toBe('application/json');
    expect(get!.headers['idempotency-key']).toBeUndefined();
  });

  it('that acts and gets no answer has an unknown outcome; one that never left has not', async () => {
    const hangUp = await site((request) => request.socket.destroy());
    const silent = await site(() => undefined);
    const call = callTo([host(hangUp), host(silent), '127.0.0.1:1']);
    const codeOf = (url: string, method: 'GET' | 'POST') =>
      clientWith(LOCAL)
        .send({ url, method, timeoutMs: 150 }, call)
        .catch(({ code }: { code: string }) => code);

    expect(await codeOf(hangUp.url, 'POST')).toBe('outcome_unknown');
    expect(await codeOf(silent.url, 'POST')).toBe('outcome_unknown');
    expect(await codeOf(silent.url, 'GET')).toBe('egress_failed');
    expect(await codeOf('http://127.0.0.1:1', 'POST')).toBe('egress_failed');
  });

  it('may not set what belongs to the connection', async () => {
    for (const name of ['Host', 'Content-Length', 'Transfer-Encoding', 'Connection']) {
      const sent = clientWith(LOCAL).send({ url: 'http://a.com', headers: { [name]: 'x' } }, callTo(['a.com']));
      await expect(sent).rejects.toThrow('is not a tool');
    }
  });

  it.each([
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after': '0.3' }, 300],
    [{ 'retry-after': new Date(Date.now() + 60_000).toUTCString() }, 60_000],
  ])('is put off when the server asks for it by %j', async (headers, ms) => {
    const here = await site((_request, response) => response.writeHead(429, headers).end());

    const error = await clientWith(LOCAL)
      .post({ url: here.url, body: {} }, callTo([host(here)]))
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(RetryLater);
    expect(Math.abs((error as RetryLater).delayMs - ms)).toBeLessThan(ms > 3_000 ? 30_000 : 1);
  });
});

describe('S27: a secret', () => {
  const webhook = (at: FakeSite): string => `${at.url}/services/T0/B0/canary-path-1234`;

  it('is taken out of all that comes back, however it is written', async () => {
    const here = await site((request, response) => {
      const told = [TOKEN, encodeURIComponent(`${TOKEN}/+`), Buffer.from(TOKEN).toString('base64'), request.url];
      response.writeHead(200, { 'x-echo': String(request.headers['authorization']), location: `/${TOKEN}` });
      response.end(JSON.stringify({ told, headers: request.headers }));
    });
    const client = clientWith(LOCAL, { TOKEN, HOOK: webhook(here) });
    const headers = { authorization: secret('TOKEN', 'Bearer ') };

    const answer = await client.send({ url: secret('HOOK'), headers }, callTo([secret('HOOK')]));

    expect(here.requests[0]).toMatchObject({ url: '/services/T0/B0/canary-path-1234' });
    const seen = JSON.stringify([answer, answer.json()]);
    expect(seen).toContain('[secret TOKEN]');
    expect(seen).toContain('[secret HOOK]');
    expect(seen).not.toContain('canary');
    expect(seen).not.toContain(Buffer.from(TOKEN).toString('base64').slice(0, 20));
  });

  it('is in no error', async () => {
    const here = await site((request, response) => {
      if (request.url!.includes('canary')) response.writeHead(500).end(`at ${request.url}`);
    });
    const client = clientWith(LOCAL, { TOKEN, HOOK: webhook(here), GONE: 'http://127.0.0.1:1/canary-path' });
    const call = callTo([secret('HOOK'), secret('GONE')]);

    const errors = await Promise.all(
      [
        client.post({ url: secret('HOOK'), body: {} }, call),
        client.post({ url: secret('GONE'), body: {} }, call),
        client.post({ url: secret('TOKEN'), body: {} }, call),
        client.post({ url: secret('HOOK'), body: {}, headers: { 'x-a': secret('TOKEN', '\n') } }, call),
      ].map((sent) => sent.catch((error: unknown) => error as Error)),
    );

    for (const error of errors as Error[]) {
      const all = `${error.stack} ${JSON.stringify(error)} ${(error.cause as Error | undefined)?.stack}`;
      expect(all).not.toContain('canary');
    }
    expect((errors as Error[]).map(({ message }) => message)).toEqual([
      `${host(here)} answered 500: at [secret HOOK]`,
      '127.0.0.1:1 cannot be reached.',
      '[secret TOKEN] is no URL.',
      `${host(here)} cannot be reached.`,
    ]);
  });

  it('shows its name when it is printed, and is refused when nobody gave it', async () => {
    const token = secret('TOKEN', 'Bearer ');

    expect(`${token.toString()} ${JSON.stringify({ token })}`).toBe(
      'Bearer [secret TOKEN] {"token":"Bearer [secret TOKEN]"}',
    );
    const sent = clientWith(LOCAL).send({ url: 'http://a.com', headers: { a: token } }, callTo(['a.com']));
    await expect(sent).rejects.toThrow('The secret TOKEN is not configured.');
    expect(clientWith(LOCAL).knows(token)).toBe(false);
  });
});
