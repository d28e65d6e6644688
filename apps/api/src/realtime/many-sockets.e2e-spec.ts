import { eventually } from '@reflex/test';
import { openSocket, type SocketClient } from '../testing/socket-client';
import { testBed, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed({ WS_RATE_LIMIT: '1000', LOG_LEVEL: 'silent' });
  service = bed.service;
});
afterAll(() => bed.stop());

const CLIENTS = 200;

async function openMany(prefix: string, count: number): Promise<SocketClient[]> {
  return Promise.all(
    Array.from({ length: count }, (_value, index) => openSocket(service.url, `/ws/${prefix}-${index}`)),
  );
}

it('acknowledges and answers every message of many clients', async () => {
  const clients = await openMany('many', CLIENTS);

  for (const client of clients) for (let index = 0; index < 5; index += 1) client.send({ content: `${index}` });

  await eventually(
    () => {
      for (const { frames } of clients) {
        expect(frames.filter((frame) => 'ack' in frame)).toHaveLength(5);
        expect(frames.filter((frame) => frame['type'] === 'reply')).toHaveLength(5);
      }
    },
    { timeoutMs: 25_000 },
  );
  await Promise.all(clients.map((client) => client.close()));
});
