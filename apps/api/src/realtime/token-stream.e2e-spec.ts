import { ApiKeys } from '@reflex/auth';
import {
  calling,
  eventually,
  freshDatabase,
  startModelServer,
  type ModelServer,
  type TestDatabase,
} from '@reflex/test';
import { chatDomain } from '../testing/chat-domain';
import { openSocket, type SocketClient } from '../testing/socket-client';
import { startTestService, type TestService } from '../testing/test-service';
import { startTypist, type Typist } from '../testing/typist';

let database: TestDatabase;
let other: TestDatabase;
let typist: Typist;
let worker: TestService;
let api: TestService;

beforeAll(async () => {
  [database, other, typist] = await Promise.all([freshDatabase(), freshDatabase(), startTypist()]);
  worker = await startTestService(database, { OPENAI_BASE_URL: typist.url, ROLE: 'worker' }, chatDomain());
  api = await startTestService(database, { ROLE: 'api', WS_RATE_LIMIT: '1000' }, chatDomain());
});
afterAll(async () => {
  await Promise.all([worker?.stop(), api?.stop()]);
  await typist.stop();
  await Promise.all([database.drop(), other.drop()]);
});

const textOf = ({ frames }: SocketClient) =>
  frames.flatMap((frame) => (frame['type'] === 'token' ? [frame['text']] : [])).join('');

describe('a WebSocket', () => {
  it('gets what another process’s model writes for its message, while it writes it, then the reply', async () => {
    const client = await openSocket(api.url, '/ws/reader');
    client.send({ content: 'Tell me a story' });

    await typist.write('Once upon');
    await eventually(() => expect(textOf(client)).toBe('Once upon'));
    const before = client.frames.filter(({ type }) => type === 'reply');
    await typist.write(' a time');
    await typist.finish();
    const reply = await client.frame({ type: 'reply' });

    const [{ ack }, token] = client.frames as [{ ack: string }, Record<string, unknown>];
    expect(before).toEqual([]);
    expect(token).toMatchObject({ type: 'token', event_id: ack, trigger: 'chat', agent: 'clerk', turn: 1, seq: 1 });
    expect(textOf(client)).toBe('Once upon a time');
    expect(reply).toMatchObject({ event_id: ack, run_id: token['run_id'], content: 'Once upon a time' });
    expect(client.frames.at(-1)).toBe(reply);
    await client.close();
  });

  it('goes on after a reconnect to another process, where it was', async () => {
    const first = await openSocket(api.url, '/ws/traveller');
    first.send({ content: 'Tell me a story' });
    await typist.write('Once upon');
    const token = await first.frame({ type: 'token' });
    await first.close();
    await typist.write(' a time');

    const other = await startTestService(database, { ROLE: 'api' }, chatDomain());
    const second = await openSocket(other.url, '/ws/traveller');
    second.send({ resume: token['event_id'], after: { [String(token['run_id'])]: token['seq'] } });
    await eventually(() => expect(textOf(second)).toBe(' a time'));
    await typist.finish();

    expect(await second.frame({ type: 'reply' })).toMatchObject({ content: 'Once upon a time' });
    expect(second.frames[0]).toEqual({ ack: token['event_id'] });
    await second.close();
    await other.stop();
  });

  it('gets all of it again when it resumes without a place, also after the end', async () => {
    const first = await openSocket(api.url, '/ws/forgetful');
    first.send({ content: 'Tell me a story' });
    await typist.write('Once');
    await typist.finish();
    const reply = await first.frame({ type: 'reply' });
    await first.close();

    const second = await openSocket(api.url, '/ws/forgetful');
    second.send({ resume: reply['event_id'] });

    expect(await second.frame({ type: 'reply' })).toEqual(reply);
    expect(textOf(second)).toBe('Once');
    await second.close();
  });

  it.each([
    ['a message of somebody else', (id: string) => ({ resume: id }), 'not_found'],
    ['a message that there is not', () => ({ resume: 'nothing' }), 'not_found'],
    ['nothing', () => ({ resume: 7 }), 'invalid_frame'],
    ['a message at no place', (id: string) => ({ resume: id, after: { x: -1 } }), 'invalid_frame'],
    ['a message and more', (id: string) => ({ resume: id, content: 'x' }), 'invalid_frame'],
  ])('cannot resume %s', async (_what, frameOf, code) => {
    const [event] = (await api.get('/events?source=ws:forgetful&limit=1')).body.items;
    const client = await openSocket(api.url, '/ws/stranger');

    client.send(frameOf(event.id as string));

    await eventually(() => expect(client.frames).toMatchObject([{ error: expect.any(String), details: { code } }]));
    await client.close();
  });
});

describe('the tools of a run', () => {
  let model: ModelServer;
  let service: TestService;
  let keys: ApiKeys;

  beforeAll(async () => {
    model = await startModelServer();
    const variables = { OPENAI_BASE_URL: model.url, ACCESS: 'keys' };
    service = await startTestService(other, variables, chatDomain());
    keys = service.app.get(ApiKeys);
  });
  afterAll(async () => {
    await service?.stop();
    await model?.stop();
  });

  it.each([
    ['with what they took and gave to a key that may read events', ['events:write', 'events:read'], true],
    ['by name to one that may only write them', ['events:write'], false],
  ])('are shown %s', async (_what, scopes, all) => {
    model.replies.push(calling(['look_up', { word: 'secret' }]), { content: 'Nothing is on the shelf.' });
    const { key } = await keys.create({ name: 'test', scopes });
    const client = await openSocket(service.url, '/ws/reader', { headers: { 'x-api-key': key } });

    client.send({ content: 'What is on the shelf?' });
    await client.frame({ type: 'reply' });

    const [started, done] = client.frames.filter(({ type }) => type === 'tool');
    expect([started, done]).toMatchObject([
      { tool: 'look_up', status: 'started', agent: 'librarian' },
      { tool: 'look_up', status: 'done', call_id: started!['call_id'] },
    ]);
    expect([started!['input'], done!['output']]).toEqual(
      all ? [{ word: 'secret' }, { meaning: 'What secret means' }] : [undefined, undefined],
    );
    await client.close();
  });
});

it('replies come in the order of the messages, however many are sent', async () => {
  const client = await openSocket(api.url, '/ws/talkative');
  const messages = Array.from({ length: 100 }, (_value, index) => `count ${index}`);

  for (const content of messages) client.send({ content });
  const replies = () => client.frames.flatMap((frame) => (frame['type'] === 'reply' ? [frame['content']] : []));
  await eventually(() => expect(replies()).toHaveLength(messages.length), { timeoutMs: 20_000 });

  expect(replies()).toEqual(messages);
  await client.close();
});
