import { createServer, type AddressInfo, type Socket } from 'node:net';
import { promisify } from 'node:util';
import {
  anthropicBeginning,
  eventually,
  openaiPiece,
  startRawModelServer,
  streamHead,
  type RawAnswer,
} from '@reflex/test';
import { AnswerTooLong, ModelUnavailable, type ModelLimits } from '..';
import type { AgentsOptions } from '../agents-options';
import { asking, failureOf } from '../testing/ask';

const LIMITS = { firstTokenMs: 10_000, totalMs: 20_000, answerChars: 64 * 1024, answerBytes: 4 * 1024 * 1024 };
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function serverOf(...answers: RawAnswer[]) {
  const server = await startRawModelServer(...answers);
  stops.push(server.stop);
  return server;
}

/** Models on that server, by both protocols. */
function on(url: string, limits: Partial<ModelLimits> = {}): AgentsOptions {
  return {
    openai: { apiKey: 'sk-canary', baseUrl: url },
    anthropic: { apiKey: 'sk-canary', baseUrl: url.replace(/\/v1$/, '') },
    limits: { ...LIMITS, ...limits },
  };
}

const beginning = (model: string, text: string) =>
  model.startsWith('openai') ? openaiPiece(text) : anthropicBeginning(text);

describe.each(['openai:gpt-4o-mini', 'anthropic:claude-sonnet-4-5'])('an answer of %s', (model) => {
  const faults: [string, RawAnswer, RegExp][] = [
    [
      'that is cut with the connection',
      (response) => {
        streamHead(response);
        response.write(beginning(model, 'Half'), () => response.destroy());
      },
      /did not answer.*terminated/,
    ],
    [
      'that ends without an end',
      (response) => {
        streamHead(response);
        response.end(beginning(model, 'Half'));
      },
      /was cut off|did not answer/,
    ],
    [
      'that is no SSE in its middle',
      (response) => {
        streamHead(response);
        response.end(
          `${beginning(model, 'Half')}event: content_block_delta\ndata: {"type":"content_block_delta", oops\n\n`,
        );
      },
      /did not answer.*JSON/,
    ],
    [
      'that stalls in its middle',
      (response) => {
        streamHead(response);
        response.write(beginning(model, 'Half'));
      },
      /said nothing within 0.3 s/,
    ],
    ['that never begins', (response) => streamHead(response), /said nothing within 0.3 s/],
    [
      'that keeps alive and says nothing',
      (response) => {
        streamHead(response);
        const timer = setInterval(() => response.write('event: ping\ndata: {"type": "ping"}\n\n: alive\n\n'), 20);
        response.on('close', () => clearInterval(timer));
      },
      /said nothing within 0.3 s|did not answer/,
    ],
  ];

  it.each(faults)('%s is left to the next attempt, and its connection closed', async (_what, answer, sentence) => {
    const server = await serverOf(answer);
    const { ask } = asking(on(server.url, sentence.source.includes('nothing') ? { firstTokenMs: 300 } : {}));

    const error = await failureOf(ask(model));

    expect(error).toBeInstanceOf(ModelUnavailable);
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toContain('sk-canary');
    expect(server.requests).toBe(1);
    await eventually(() => expect(server.open).toBe(0));
  });

  it('that never ends is left off after its time, and its connection closed', async () => {
    const server = await serverOf((response) => {
      streamHead(response);
      response.write(beginning(model, 'On'));
      const more = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' and on' } };
      const piece = model.startsWith('openai')
        ? openaiPiece(' and on')
        : `event: content_block_delta\ndata: ${JSON.stringify(more)}\n\n`;
      const timer = setInterval(() => response.write(piece), 20);
      response.on('close', () => clearInterval(timer));
    });
    const { ask, heard } = asking(on(server.url, { totalMs: 1_500 }));

    const error = await failureOf(ask(model));

    expect(error).toBeInstanceOf(ModelUnavailable);
    expect(error.message).toContain('did not come to an end within 1.5 s');
    expect(heard.length).toBeGreaterThan(10);
    await eventually(() => expect(server.open).toBe(0));
  });

  it('of a megabyte is cut off at the bound, and not asked for again', async () => {
    const server = await serverOf((response) => {
      streamHead(response);
      response.end(beginning(model, 'x'.repeat(1024 * 1024)));
    });
    const { ask } = asking(on(server.url));

    const error = await failureOf(ask(model));

    expect(error).toBeInstanceOf(AnswerTooLong);
    // Which of the two bounds is met first depends on how the answer arrives.
    expect(error.message).toMatch(/65536 characters|524288 bytes/);
    expect(server.requests).toBe(1);
  });

  it('that is an endless comment is cut off at the bound of bytes', async () => {
    const server = await serverOf(async (response) => {
      streamHead(response);
      const some = `: ${'x'.repeat(64 * 1024)}\n`;
      while (!response.destroyed) await new Promise<void>((resolve) => response.write(some, () => resolve()));
    });
    const { ask } = asking(on(server.url));

    const error = await failureOf(ask(model));

    expect(error).toBeInstanceOf(AnswerTooLong);
    expect(error.message).toContain('4194304 bytes');
    await eventually(() => expect(server.open).toBe(0));
  });

  it('that is one endless line is cut off long before', async () => {
    const server = await serverOf(async (response) => {
      streamHead(response);
      response.write('data: "');
      const some = 'x'.repeat(256 * 1024);
      while (!response.destroyed) await new Promise<void>((resolve) => response.write(some, () => resolve()));
    });
    const { ask } = asking(on(server.url));

    const error = await failureOf(ask(model));

    expect(error).toBeInstanceOf(AnswerTooLong);
    expect(error.message).toContain('524288 bytes');
    await eventually(() => expect(server.open).toBe(0));
  });

  it('that points elsewhere is not followed there', async () => {
    const elsewhere = await serverOf((response) => void response.writeHead(200).end());
    const server = await serverOf((response) => void response.writeHead(307, { location: elsewhere.url }).end());
    const { ask } = asking(on(server.url));

    await expect(ask(model)).rejects.toBeInstanceOf(ModelUnavailable);
    expect(elsewhere.requests).toBe(0);
  });
});

it('a connection that does not come to stand is given up after its time', async () => {
  // Takes the connection, and never answers the greeting of TLS.
  const mute = createServer();
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const taken = new Set<Socket>();
  mute.on('connection', (socket) => taken.add(socket.on('error', () => undefined)));
  stops.push(async () => {
    for (const socket of taken) socket.destroy();
    await promisify(mute.close.bind(mute))();
  });
  const { ask } = asking({
    openai: { baseUrl: `https://127.0.0.1:${(mute.address() as AddressInfo).port}/v1` },
    limits: { ...LIMITS, connectMs: 300 },
  });

  await expect(ask('openai:m')).rejects.toThrow(/openai:m did not answer.*timed out/i);
});

it('a key that a provider quotes gets no further than its own error', async () => {
  const server = await serverOf((response) => {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: 'The key sk-canary is not good for this request' } }));
  });
  const { ask } = asking(on(server.url));

  const error = await failureOf(ask('openai:m'));

  expect(error.message).toContain('The key [key] is not good');
  expect(JSON.stringify(error) + error.stack + String(error.cause)).not.toContain('sk-canary');
});
