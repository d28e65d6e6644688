import { RUN_STREAM } from '@reflex/core';
import { openPostgresStore } from '@reflex/event-store';
import { RunFollower } from '@reflex/realtime';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { SCHEMA } from '../app.module';
import { chatDomain } from '../testing/chat-domain';
import { openEventSource, type EventSourceClient } from '../testing/event-source';
import { startTestService, type TestService } from '../testing/test-service';
import { startTypist, type Typist } from '../testing/typist';

let database: TestDatabase;
let typist: Typist;
let worker: TestService;
let api: TestService;

beforeAll(async () => {
  [database, typist] = await Promise.all([freshDatabase(), startTypist()]);
  const variables = { OPENAI_BASE_URL: typist.url };
  // They know of each other only through the database.
  worker = await startTestService(database, { ...variables, ROLE: 'worker' }, chatDomain());
  api = await startTestService(database, { ...variables, ROLE: 'api' }, chatDomain());
});
afterAll(async () => {
  await Promise.all([worker?.stop(), api?.stop()]);
  await typist.stop();
  await database.drop();
});

/** A run that has written something and goes on. */
async function aLiveRun(text = 'Once upon', payload: Record<string, unknown> = {}): Promise<string> {
  const { body } = await api.post('/events', { type: 'http', source: 'test', payload });
  await typist.write(text);
  return eventually(async () => {
    const event = (await api.get(`/events/${body.id}`)).body;
    expect(event.deliveries).toMatchObject([{ trigger: 'ask', status: 'processing', run_id: expect.any(String) }]);
    return event.deliveries[0].run_id as string;
  });
}

const textOf = ({ events }: EventSourceClient) =>
  events.map(({ data }) => (data as { text?: string }).text ?? '').join('');
const streamOf = (runId: string, last?: string) =>
  openEventSource(`${api.url}/runs/${runId}/stream`, last === undefined ? {} : { 'last-event-id': last });

describe('GET /runs/:id/stream', () => {
  it('sends what another process’s run writes while it writes it, and then the record of the run', async () => {
    const runId = await aLiveRun();
    const client = await streamOf(runId);
    await eventually(() => expect(textOf(client)).toBe('Once upon'));
    const early = await api.get(`/runs/${runId}`);

    await typist.write(' a time');
    await eventually(() => expect(textOf(client)).toBe('Once upon a time'));
    await typist.finish();
    await client.ended;

    expect(early.body.error.message).toContain(`/runs/${runId}/stream`);
    expect(client.events.map(({ id, event }) => [id, event])).toEqual([
      ['1', 'token'],
      ['2', 'token'],
      ['end', 'end'],
    ]);
    expect(client.events[0]!.data).toMatchObject({
      type: 'token',
      agent: 'clerk',
      turn: 1,
      trigger: 'ask',
      attempt: 1,
    });
    expect(client.events.at(-1)!.data).toEqual((await api.get(`/runs/${runId}`)).body);
    const strangers = client.events.filter(
      ({ event, data }) => !RUN_STREAM[event as keyof typeof RUN_STREAM].safeParse(data).success,
    );
    expect(strangers).toEqual([]);
    expect(client.events.at(-1)!.data).toMatchObject({ outcome: 'completed', result: 'Once upon a time' });
  });

  it('goes on where a client was, at any process, and sends all to one that comes late', async () => {
    const runId = await aLiveRun();
    const first = await streamOf(runId);
    await eventually(() => expect(first.events).toHaveLength(1));
    first.close();
    await typist.write(' a time');
    await eventually(async () =>
      expect((await api.store.streams.read([{ runId, after: 1 }]))[0]!.frames).toHaveLength(1),
    );

    const other = await startTestService(database, { ROLE: 'api' }, chatDomain());
    const again = await openEventSource(`${other.url}/runs/${runId}/stream`, { 'last-event-id': '1' });
    await eventually(() => expect(textOf(again)).toBe(' a time'));
    await typist.finish();
    await again.ended;
    const late = await streamOf(runId);
    await late.ended;

    expect(again.events.map(({ id }) => id)).toEqual(['2', 'end']);
    expect(late.events.map(({ id }) => id)).toEqual(['1', '2', 'end']);
    expect((await streamOf(runId, 'end')).status).toBe(204);
    await other.stop();
  });

  it('sends the end alone of a run that told nothing', async () => {
    const [run] = (await api.store.searchRuns({ trigger: 'ask', limit: 1 })).items;

    const client = await streamOf(run!.id, '7');
    await client.ended;

    expect(client.events).toMatchObject([{ event: 'end', data: { id: run!.id } }]);
  });

  it('ends without a record when the attempt is given back', async () => {
    const store = await openPostgresStore({ url: database.url, poolSize: 2, app: 'other', ...SCHEMA });
    const [trigger] = await store.registerTriggers([
      {
        name: 'manual',
        types: ['http.request'],
        scope: null,
        stateful: false,
        onRetry: 'block',
        priority: 0,
        concurrency: null,
        throttle: null,
      },
    ]);
    const lease = await store.openLease();
    await api.post('/events', { type: 'http.request', source: 'test', method: 'GET', path: '/' });
    const [[delivery]] = (await store.claim([{ triggerId: trigger!.id, slots: 1 }])).runs as [[never]];
    const stream = store.streams.open(delivery);
    stream.tell({ type: 'token', agent: 'a', turn: 1, text: 'Half' });
    const client = await streamOf((await stream.end())!);

    await store.release([delivery]);
    await client.ended;

    expect(client.events.map(({ event }) => event)).toEqual(['token', 'end']);
    expect(client.events.at(-1)!.data).toMatchObject({ outcome: 'interrupted' });
    await lease.close();
    await store.close();
  });

  it.each([
    ['an unknown run', '/runs/999999999/stream', undefined, 404],
    ['no id', '/runs/x/stream', undefined, 404],
    ['a place that is none', '/runs/1/stream', 'x', 422],
  ])('refuses %s', async (_what, path, last, status) => {
    const headers = last === undefined ? undefined : { 'last-event-id': last };

    expect((await api.request('GET', path, { headers })).status).toBe(status);
  });
});

describe('limits of streams', () => {
  it.each([
    ['per client', 'SSE_MAX_CONNECTIONS_PER_KEY', 429],
    ['in all', 'SSE_MAX_CONNECTIONS', 503],
  ])('are a number of them, %s', async (_whose, setting, status) => {
    const runId = await aLiveRun();
    const strict = await startTestService(database, { ROLE: 'api', [setting]: '2' }, chatDomain());
    const open = () => openEventSource(`${strict.url}/runs/${runId}/stream`);
    const [one, two] = [await open(), await open()];

    const third = await strict.get(`/runs/${runId}/stream`);
    one.close();

    expect([one.status, two.status, third.status]).toEqual([200, 200, status]);
    expect(third.body.error.code).toBe('too_many_streams');
    expect(third.headers.get('retry-after')).toBe('5');
    await eventually(async () => {
      const next = await open();
      next.close();
      expect(next.status).toBe(200);
    });
    two.close();
    await strict.stop();
    await typist.finish();
  });

  it('leave in the database what a follower has no room for', async () => {
    const runId = await aLiveRun();
    const taken: number[] = [];
    let room = false;
    const following = api.app.get(RunFollower).follow(runId, 0, {
      ready: () => room,
      take: ({ frames }) => taken.push(...frames.map(({ seq }) => seq)),
      end: () => taken.push(0),
    });
    const quick = await streamOf(runId);
    await eventually(() => expect(textOf(quick)).toBe('Once upon'));
    const withoutRoom = [...taken];

    room = true;
    following.resume();
    await typist.finish();
    await quick.ended;

    expect(withoutRoom).toEqual([]);
    await eventually(() => expect(taken).toEqual([1, 0]));
  });

  it('end with the service, and clients are told to come back', async () => {
    const runId = await aLiveRun();
    const other = await startTestService(database, { ROLE: 'api' }, chatDomain());
    const client = await openEventSource(`${other.url}/runs/${runId}/stream`);
    await eventually(() => expect(client.events).toHaveLength(1));

    await other.stop();
    await client.ended;

    expect(client.events.map(({ event }) => event)).toEqual(['token']);
    await typist.finish();
  });
});
