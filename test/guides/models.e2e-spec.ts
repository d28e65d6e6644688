import { execFile } from 'node:child_process';
import {
  eventually,
  freshDatabase,
  openaiPiece,
  startModelServer,
  startRawModelServer,
  streamHead,
  type ModelServer,
  type RawModelServer,
  type TestDatabase,
} from '@reflex/test';
import { readSettings } from '../../apps/api/src/config';
import { startService, type Service } from '../../apps/api/src/service';
import { Chat } from './chat';
import { guide } from './guide';
import { PoemsModule } from './poems.module';

describe('the guides to models and to streaming', () => {
  let database: TestDatabase;
  let ollama: RawModelServer;
  let openai: ModelServer;
  let service: Service;
  let goOn: () => void;

  beforeAll(async () => {
    database = await freshDatabase();
    openai = await startModelServer();
    ollama = await startRawModelServer(async (response) => {
      streamHead(response);
      response.write(openaiPiece('The sea, '));
      await new Promise<void>((resolve) => (goOn = resolve));
      response.end(openaiPiece('the sea!', 'stop'));
    });
    const settings = readSettings({
      DATABASE_URL: database.url,
      API_PORT: '0',
      LOG_LEVEL: 'silent',
      MODEL_PROVIDERS: `ollama=${ollama.url}`,
      OPENAI_BASE_URL: openai.url,
    });
    service = await startService(settings, { domain: [{ module: PoemsModule }] });
  });
  afterAll(async () => {
    await service?.stop();
    await Promise.all([ollama?.stop(), openai?.stop()]);
    await database.drop();
  });

  it('have settings that are read', () => {
    const [block] = guide('guides/models.md').blocks('sh');
    const texts = Object.fromEntries(
      [...block!.matchAll(/^(\w+)='?([^'\n]+)'?$/gm)].map(([, name, text]) => [name, text]),
    );

    expect(readSettings(texts)).toMatchObject({
      modelProviders: { ollama: { baseUrl: 'http://localhost:11434/v1' }, groq: { apiKey: 'gsk_1' } },
      defaultModel: 'ollama:qwen3:8b',
      fallbackModels: ['groq:llama-3.3-70b-versatile'],
    });
  });

  it('have commands that show a run from its first word to its end', async () => {
    const [commands] = guide('guides/streaming.md').blocks('sh');

    const printed = run(commands!);
    await eventually(() => expect(goOn).toBeDefined());
    goOn();

    expect(await printed).toMatch(
      /id: 1\nevent: token\ndata: .*One moment.*\n\n[^]*The sea, [^]*the sea![^]*id: end\nevent: end\ndata: .*"outcome":"completed"/,
    );
  });

  it('have a chat that goes on after a broken connection', async () => {
    const asked = ollama.requests;
    const chat = new Chat(`${service.url.replace('http', 'ws')}/ws/poet`);
    chat.connect();
    await eventually(() => chat.ask('Roses are red'));
    await eventually(() => expect([ollama.requests, Object.values(chat.texts)]).toEqual([asked + 1, ['The sea, ']]));

    (chat as unknown as { socket: WebSocket }).socket.close();
    goOn();
    chat.connect();

    await eventually(() => expect(chat.reply).toBe('The sea, the sea!'));
    expect(Object.values(chat.texts)).toEqual(['The sea, the sea!']);
  });

  function run(commands: string): Promise<string> {
    const script = commands.replaceAll('localhost:8000', service.url.replace('http://', ''));
    return new Promise((resolve, reject) => {
      execFile('bash', ['-euo', 'pipefail', '-c', script], (error, stdout, stderr) =>
        error ? reject(new Error(`${script}\n${stdout}${stderr}`)) : resolve(stdout),
      );
    });
  }
});
