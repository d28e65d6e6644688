import { PassThrough } from 'node:stream';
import { InvalidKey } from '@reflex/auth';
import { eventually } from '@reflex/test';
import { EventStream } from './event-stream';

const LIMITS = { perProcess: 1, perClient: 1, aliveEveryMs: 20, patienceMs: 100 };

let body: PassThrough;

beforeEach(() => (body = new PassThrough()));
afterEach(() => body.destroy());

const streamTo = (stillAllowed: () => Promise<unknown> = () => Promise.resolve()) =>
  new EventStream(body, LIMITS, stillAllowed);
const event = (text: string) => ({ id: '1', event: 'token', data: { text } });

it('writes events as EventSource reads them', () => {
  streamTo().send(event('two\nlines'));

  expect(String(body.read())).toBe('retry: 1000\n\nid: 1\nevent: token\ndata: {"text":"two\\nlines"}\n\n');
});

it('has no room while its client does not read, and closes it after a while', async () => {
  const stream = streamTo();
  const closed = new Promise<void>((resolve) => stream.onClose(resolve));

  stream.send(event('x'.repeat(100_000)));

  expect(stream.ready).toBe(false);
  await closed;
});

it('has room again once its client has read, and says so', async () => {
  const stream = streamTo();
  stream.send(event('x'.repeat(100_000)));
  const ready = new Promise<void>((resolve) => stream.onReady(resolve));

  body.resume();
  await ready;

  expect(stream.ready).toBe(true);
  expect(body.destroyed).toBe(false);
});

it('shows that it is alive', async () => {
  streamTo();

  await eventually(() => expect(String(body.read())).toContain(': alive'));
});

it.each([
  ['ends when the key does not hold any more', new InvalidKey(), true],
  ['stays when nobody can say whether it does', new Error('The database is away'), false],
])('%s', async (_what, error, ends) => {
  const asked = jest.fn(() => Promise.reject(error));
  streamTo(asked);

  await eventually(() => expect(asked.mock.calls.length).toBeGreaterThan(ends ? 0 : 2));

  expect(body.writableEnded).toBe(ends);
});
