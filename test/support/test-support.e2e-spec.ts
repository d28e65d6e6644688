import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freshDatabase, startProcess, startProxy, type TcpProxy } from '@reflex/test';
import { Client } from 'pg';

describe('freshDatabase', () => {
  it('gives every caller a database of its own', async () => {
    const databases = await Promise.all([freshDatabase(), freshDatabase()]);

    await Promise.all(databases.map(({ url }) => query(url, 'create table mine as select 1')));

    expect(new Set(databases.map(({ url }) => url)).size).toBe(2);
    await Promise.all(databases.map((database) => database.drop()));
    await expect(query(databases[0].url, 'select 1')).rejects.toThrow(/does not exist/);
  });

  it('drops a database also while somebody is connected', async () => {
    const database = await freshDatabase();
    const client = new Client({ connectionString: database.url });
    client.on('error', () => undefined);
    await client.connect();

    await database.drop();

    await expect(query(database.url, 'select 1')).rejects.toThrow(/does not exist/);
  });
});

describe('eventually', () => {
  it('returns what the assertion returns once it passes', async () => {
    let calls = 0;

    const value = await eventually(() => {
      if (++calls < 3) throw new Error('not yet');
      return 'done';
    });

    expect([value, calls]).toEqual(['done', 3]);
  });

  it('throws the last failure when time is up', async () => {
    await expect(eventually(() => Promise.reject(new Error('never')), { timeoutMs: 50 })).rejects.toThrow('never');
  });
});

describe('startProcess', () => {
  let folder: string;

  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'reflex-script-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it('runs TypeScript with our aliases, stops, continues and kills it', async () => {
    const counter = startProcess(
      await script(`import { backoffMs } from '@reflex/core';
        console.log('ready', typeof backoffMs, process.env.GREETING);
        let n = 0; setInterval(() => console.log('tick', ++n), 5);`),
      { env: { GREETING: 'hello' } },
    );
    expect(await counter.line(/^ready/)).toBe('ready function hello');
    await counter.line(/tick 3/);

    counter.stop();
    const frozen = await settledOutput(() => counter.output);
    counter.cont();

    await eventually(() => expect(counter.output.length).toBeGreaterThan(frozen.length));
    expect(await counter.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('fails with the output when the process ends before the line', async () => {
    const failing = startProcess(await script(`console.error('no such luck'); process.exit(3);`));

    await expect(failing.line(/ready/)).rejects.toThrow(/ended \(3\)[^]*no such luck/);
  });

  it('leaves no process behind when the one that started it is killed', async () => {
    const grandchild = await script(`console.log('ready'); setInterval(() => undefined, 1000);`);
    const parent = startProcess(
      await script(`import { startProcess } from '@reflex/test';
        const child = startProcess(${JSON.stringify(grandchild)});
        void child.line(/ready/).then(() => console.log('child', child.pid));`),
    );
    const pid = Number((await parent.line(/^child/)).split(' ')[1]);

    await parent.kill('SIGKILL');

    await eventually(() => expect(() => process.kill(pid, 0)).toThrow(/ESRCH/));
  });

  async function script(source: string): Promise<string> {
    const file = join(folder, `${Math.random().toString(36).slice(2)}.ts`);
    await writeFile(file, source);
    return file;
  }

  async function settledOutput(output: () => string): Promise<string> {
    let before: string;
    do {
      before = output();
      await new Promise((resolve) => setTimeout(resolve, 50));
    } while (output() !== before);
    return before;
  }
});

describe('startProxy', () => {
  let echo: Server;
  let proxy: TcpProxy;
  let client: Socket;
  let received: string;
  let ended: boolean;

  beforeEach(async () => {
    echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    proxy = await startProxy((echo.address() as AddressInfo).port);
    [received, ended] = ['', false];
    client = connect(proxy.port, '127.0.0.1');
    client.on('data', (chunk) => (received += String(chunk)));
    client.on('error', () => undefined);
    client.on('close', () => (ended = true));
    client.write('one ');
    await eventually(() => expect(received).toBe('one '));
  });

  afterEach(async () => {
    client.destroy();
    await eventually(() => expect(ended).toBe(true));
    await proxy.close();
    await new Promise((resolve) => echo.close(resolve));
  });

  it('holds everything back while paused and loses nothing', async () => {
    proxy.pause();
    client.write('two');
    await turn();
    expect(received).toBe('one ');

    proxy.resume();

    await eventually(() => expect(received).toBe('one two'));
  });

  it('swallows everything in the black hole, without ending the connection, for good', async () => {
    proxy.blackhole();
    client.write('two');
    await turn();
    proxy.resume();
    client.write('three');
    await turn();

    expect([received, ended, proxy.connections]).toEqual(['one ', false, 1]);
  });

  it('resets connections', async () => {
    proxy.reset();

    await eventually(() => expect([ended, proxy.connections]).toEqual([true, 0]));
  });

  it('delays in order', async () => {
    proxy.delay(40);
    const before = performance.now();
    client.write('two ');
    client.write('three');

    await eventually(() => expect(received).toBe('one two three'));
    expect(performance.now() - before).toBeGreaterThan(75);
  });

  it('puts itself into a URL', () => {
    expect(proxy.through('postgres://me:secret@db:5432/reflex')).toBe(
      `postgres://me:secret@127.0.0.1:${proxy.port}/reflex`,
    );
  });

  // Long enough for a chunk to go round on loopback if it could.
  const turn = () => new Promise((resolve) => setTimeout(resolve, 50));
});

async function query(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
