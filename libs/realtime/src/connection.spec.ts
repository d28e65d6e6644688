import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer, type ClientOptions } from 'ws';
import { CLOSE, Connection, type FrameRefusal } from './connection';
import { DEFAULT_REALTIME_OPTIONS } from './realtime-options';

let server: WebSocketServer;

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
});
afterAll(async () => {
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

/** Both ends of a connection over loopback. */
async function pair(
  options: Partial<typeof DEFAULT_REALTIME_OPTIONS> = {},
  clientOptions: ClientOptions = {},
): Promise<{ connection: Connection; client: WebSocket; closed: Promise<number>; heard: string[] }> {
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, clientOptions);
  const heard: string[] = [];
  client.on('message', (data: Buffer) => heard.push(data.toString()));
  const closed = new Promise<number>((resolve) => client.on('close', (code) => resolve(code)));
  const [[socket]] = await Promise.all([accepted, once(client, 'open')]);
  return { connection: new Connection(socket, { ...DEFAULT_REALTIME_OPTIONS, ...options }), client, closed, heard };
}

const refusedAs = (refusals: FrameRefusal[]) => refusals.map(({ reason }) => reason);

describe('Connection', () => {
  it('closes a client that leaves too much unread with 1013, and keeps no more for it', async () => {
    const { connection, client, closed, heard } = await pair({ maxBufferedBytes: 100_000 });
    client.pause();
    const frame = { text: 'x'.repeat(50_000) };

    let sent = 0;
    while (connection.isOpen && sent < 1_000) {
      connection.send(frame);
      sent += 1;
      await new Promise(setImmediate);
    }

    expect(sent).toBeLessThan(1_000);
    client.resume();
    expect(await closed).toBe(CLOSE.tryAgainLater);
    expect(heard.length).toBeLessThan(sent);
  });

  it('drops a client that answers no ping', async () => {
    const { connection, closed } = await pair({}, { autoPong: false });

    connection.ping();
    connection.ping();

    expect(await closed).toBe(1006);
  });

  it('keeps a client that answers', async () => {
    const { connection, client } = await pair();

    for (let round = 0; round < 3; round += 1) {
      const pinged = once(client, 'ping');
      connection.ping();
      await pinged;
      // The pong travels ahead of this, so it has arrived when this is answered.
      const echoed = new Promise<void>((resolve) =>
        connection.onFrame(
          async () => resolve(),
          () => undefined,
        ),
      );
      client.send('x');
      await echoed;
    }

    expect(connection.isOpen).toBe(true);
    client.close();
  });

  it('refuses binary frames and those that come too fast, and lets twice a second’s worth pass at once', async () => {
    const { connection, client } = await pair({ messagesPerSecond: 5 });
    const taken: string[] = [];
    const refusals: FrameRefusal[] = [];
    const done = new Promise<void>((resolve) => {
      connection.onFrame(
        async (text) => void taken.push(text),
        (refusal) => {
          refusals.push(refusal);
          if (taken.length + refusals.length === 13) resolve();
        },
      );
    });

    client.send(Buffer.from('binary'));
    for (let index = 0; index < 12; index += 1) client.send(`${index}`);
    await done;

    expect(taken).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
    expect(refusedAs(refusals)).toEqual(['binary', 'too_fast', 'too_fast', 'too_fast']);
    client.close();
  });

  it('reads no further while 64 frames are at work, and goes on when one is done', async () => {
    const { connection, client } = await pair({ messagesPerSecond: 10_000 });
    const finish: (() => void)[] = [];
    connection.onFrame(
      () => new Promise<void>((resolve) => finish.push(resolve)),
      () => undefined,
    );

    // Larger than what one read of the socket brings in, all of which is taken still.
    for (let index = 0; index < 200; index += 1) client.send('x'.repeat(20_000));
    const pong = { seen: false };
    client.on('pong', () => (pong.seen = true));
    client.ping();
    await until(() => finish.length >= 64);
    // The ping travels behind the frames, so it is answered only when all of them have been read.
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    expect(pong.seen).toBe(false);
    expect(finish.length).toBeLessThan(100);

    await until(() => {
      for (const one of finish) one();
      return finish.length === 200 && pong.seen;
    });
    client.close();
  });

  it('answers what it has read before it is drained, and reads no more', async () => {
    const { connection, client } = await pair();
    const taken: string[] = [];
    let finish: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      connection.onFrame(
        async (text) => {
          taken.push(text);
          resolve();
          await new Promise<void>((done) => (finish = done));
        },
        () => undefined,
      );
    });
    client.send('before');
    await started;

    let drained = false;
    const draining = connection.drain().then(() => (drained = true));
    client.send('after');
    await new Promise(setImmediate);
    expect(drained).toBe(false);
    finish();
    await draining;

    expect(taken).toEqual(['before']);
    connection.close(CLOSE.goingAway, 'Bye.');
    expect((await once(client, 'close'))[0]).toBe(CLOSE.goingAway);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}
