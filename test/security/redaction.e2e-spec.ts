import { ApiKeys } from '@reflex/auth';
import { eventually, freshDatabase, startProcess, type TestDatabase } from '@reflex/test';
import { startTestService } from '../../apps/api/src/testing/test-service';
import { connect } from './socket';

jest.setTimeout(120_000);

let database: TestDatabase;

beforeAll(async () => void (database = await freshDatabase()));
afterAll(() => database.drop());

it.each(['production', 'development'])(
  'S28: the log of a service in %s holds no key and no payload, wherever a client puts them',
  async (environment) => {
    const maker = await startTestService(database, { ROLE: 'api' });
    const { key, prefix } = await maker.app.get(ApiKeys).create({ name: 'canary', scopes: ['admin'] });
    await maker.stop();
    const secret = key.slice(-43);
    const canary = 'canary-in-a-payload';

    const service = startProcess('apps/api/src/main.ts', {
      env: {
        ENVIRONMENT: environment,
        ACCESS: 'keys',
        DATABASE_URL: database.url,
        API_HOST: '127.0.0.1',
        API_PORT: '0',
        LOG_LEVEL: 'trace',
        JWT_SECRET: 'Zk3vYq8sT1wXp5Rb7Nc2Md9Lg4Hf6Jt0',
        DEFAULT_MODEL: 'offline:rules',
      },
    });
    const url = /https?:\/\/[\d.:]+/.exec(await service.line(/Listening/))![0];
    const headers = { authorization: `Bearer ${key}` };
    const json = { ...headers, 'content-type': 'application/json' };
    const body = (fields: object) => ({ method: 'POST', headers: json, body: JSON.stringify(fields) });

    await fetch(`${url}/events`, { headers });
    await fetch(`${url}/events`, { headers: { 'x-api-key': key } });
    await fetch(`${url}/events?key=${key}&type=x`, { headers });
    await fetch(`${url}/events?access_token=${key}`);
    await fetch(`${url}/${key}`, { headers });
    await fetch(`${url}/events/${key}`, {
      headers: { ...headers, cookie: `session=${key}`, referer: `${url}/?${key}` },
    });
    await fetch(`${url}/triggers/${key}/pause`, { method: 'POST', headers: { ...headers, 'x-reason': key } });
    await fetch(`${url}/events`, body({ type: 'http', payload: { password: canary, text: key } }));
    await fetch(`${url}/events`, body({ type: key }));
    await fetch(`${url}/events`, { ...body({}), body: `{"key":"${key}"` });
    await fetch(`${url}/health`, { headers: { ...headers, 'x-request-id': key } });
    const socket = connect(url, { key });
    await socket.opened;
    socket.send({ content: `${canary} ${key}` });
    await eventually(() => expect(socket.frames.length).toBeGreaterThan(0));
    const late = connect(url);
    await late.opened;
    late.send({ auth: key });
    await eventually(() => expect(late.frames).toContainEqual({ auth: 'ok' }));
    await connect(url, { path: `/ws/${key}?key=${key}` }).opened;
    socket.raw.close();
    late.raw.close();
    await eventually(() => expect(service.output).toMatch(/health/));
    await service.kill('SIGTERM');

    expect(service.output.split('\n').length).toBeGreaterThan(10);
    expect(service.output).toContain(`rfx_${prefix}_[redacted]`);
    expect(service.output.split('\n').filter((line) => line.includes(secret))).toEqual([]);
    expect(service.output).not.toContain(canary);
  },
);
