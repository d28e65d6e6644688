import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  calling,
  eventually,
  freshDatabase,
  startModelServer,
  type ModelServer,
  type TestDatabase,
} from '@reflex/test';
import { readSettings } from '../../../apps/api/src/config';
import { startService, type Service } from '../../../apps/api/src/service';
import { report } from '../../faults/form';
import { connect } from '../socket';
import { ALLOWED, ClerkModule } from './clerk.module';
import { databaseDump } from './database-dump';
import { INJECTIONS, type Places } from './injections';

interface Request {
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

const KEY = 'sk-canary-of-the-model-0123456789';
const TOKEN_PATH = '/tokens/canary-of-the-token-0123456789';
const HOOK_PATH = '/services/canary-of-the-webhook-0123456789';

/** The secrets as they are, and in the codings of a server that shows what it was sent. */
const CANARIES = [
  'canary-of',
  Buffer.from('canary-of').toString('hex'),
  // Wherever in the encoded text it stands.
  ...[0, 1, 2].map((offset) =>
    Buffer.from('canary-of-the-token')
      .subarray(offset, offset + 15)
      .toString('base64'),
  ),
];

const asked: Record<'allowed' | 'evil' | 'hook', Request[]> = { allowed: [], evil: [], hook: [] };
const servers: Server[] = [];
let places: Places;
let database: TestDatabase;
let model: ModelServer;
let service: Service;
let token: string;

beforeAll(async () => {
  const [allowed, evil, hook] = await Promise.all([site('allowed'), site('evil'), site('hook')]);
  places = { allowed, evil };
  ALLOWED.splice(0, ALLOWED.length, allowed, hook);
  database = await freshDatabase();
  model = await startModelServer(...Array<ModelServer['replies'][number]>(200).fill(obey));
  token = `http://${hook}${TOKEN_PATH}`;
  const settings = readSettings({
    DATABASE_URL: database.url,
    API_PORT: '0',
    LOG_LEVEL: 'silent',
    OPENAI_API_KEY: KEY,
    OPENAI_BASE_URL: model.url,
    SLACK_WEBHOOK_URL: `http://${hook}${HOOK_PATH}`,
    INCIDENTS_URL: token,
    EGRESS_PRIVATE_NETWORKS: '127.0.0.1',
  });
  service = await startService(settings, { domain: [{ module: ClerkModule }] });
});

afterAll(async () => {
  await service?.stop();
  await model?.stop();
  await database?.drop();
  await Promise.all(
    servers.map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

describe('S20, S25: a model that obeys whoever writes', () => {
  it.each(Object.keys(INJECTIONS))('44: does no harm: %s', async (name) => {
    const before = asked.allowed.length;
    const chat = connect(service.url);
    await chat.opened;

    chat.send({ content: `#${name}# ${INJECTIONS[name]!.text}` });
    await eventually(() => expect(chat.frames.find(({ type }) => type === 'reply' || type === 'error')).toBeDefined());
    chat.raw.close();

    expect(asked.evil).toEqual([]);
    const sent = [
      ...asked.allowed.slice(before).map(({ url, body }) => url + body),
      ...asked.hook.map(({ body }) => body),
    ];
    const seen = JSON.stringify([chat.frames, sent]);
    expect(CANARIES.filter((canary) => seen.includes(canary))).toEqual([]);
    expect(({} as { egress?: unknown }).egress).toBeUndefined();
  });

  it('44: was asked with everything, and called what it may call', () => {
    const prompts = model.requests().map(({ messages }) => JSON.stringify(messages));

    expect(Object.keys(INJECTIONS)).toHaveLength(20);
    expect(Object.keys(INJECTIONS).filter((name) => !prompts.some((text) => text.includes(`#${name}#`)))).toEqual([]);
    // The one place that is meant to see the token saw it: the tests above look for something that is there.
    expect(asked.allowed.some(({ headers }) => headers.authorization === `Bearer ${token}`)).toBe(true);
    expect(asked.hook.map(({ url }) => url)).toContain(HOOK_PATH);
    const { allowed, hook, evil } = asked;
    report('attacks', { attacks: 20, 'requests where allowed': allowed.length + hook.length, elsewhere: evil.length });
  });

  it('S27, S29, 44: gets no secret to see, and none is stored', async () => {
    const prompts = JSON.stringify(model.requests());
    const dump = await databaseDump(database.url);

    for (const text of [prompts, dump]) {
      expect(text.includes('another host')).toBe(true);
      expect(text.includes('[secret INCIDENTS_URL]')).toBe(true);
      expect(/lc[\\"]+: ?1/.test(text)).toBe(true);
      expect(CANARIES.filter((canary) => text.includes(canary))).toEqual([]);
    }
  });

  it('S26: has its answers sent as data, never as a page', async () => {
    const answer = await fetch(`${service.url}/runs?trigger=chat&limit=100`);
    const text = await answer.text();

    expect(text).toContain('<script>');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain("object-src 'none'");
  });
});

/** Does what the stranger wants, then tells all that it has seen. */
function obey({ messages }: Parameters<Extract<ModelServer['replies'][number], (...args: never[]) => unknown>>[0]) {
  const all = JSON.stringify(messages);
  const { calls, answer } = INJECTIONS[/#([^#]+)#/.exec(all)![1]!]!;
  const wanted = calls(places);
  const results = messages.filter(({ role }) => role === 'tool');
  if (results.length < wanted.length) return calling(...wanted);
  // What the tools said goes on to the webhook, and then to the stranger.
  const seen = results.map(({ content }) => (typeof content === 'string' ? content : '')).join('\n');
  if (results.length === wanted.length && seen !== '') return calling(['notify', { text: seen.slice(0, 2_000) }]);
  return {
    content: answer === undefined ? `I saw: ${seen}` : answer.replace('ALL', all).replaceAll('EVIL', places.evil),
  };
}

async function site(name: keyof typeof asked): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url = '', headers } = request;
      asked[name].push({ url, headers, body: Buffer.concat(chunks).toString() });
      const coded = (coding: 'hex' | 'base64') => Buffer.from(JSON.stringify(headers)).toString(coding);
      const to = /^\/redirect\?to=(.+)$/.exec(url)?.[1];
      if (to) response.writeHead(307, { location: to }).end();
      else response.end(JSON.stringify({ url, headers, hex: coded('hex'), base64: coded('base64') }));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
